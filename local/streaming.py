"""A function's streamed answer: from the thread of its handler, piece by piece, to the client.

Not imitated: the bandwidth that Lambda and API Gateway leave to the later part of a large stream (2 MB/s), and the end
that API Gateway makes to a stream that is idle for minutes.
"""

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any

from starlette.types import Message, Send

from local.events import MalformedAnswer, to_head

MAX_STREAM_BYTES = 200 * 1024 * 1024
"""Lambda's bound on a streamed response. API Gateway has none of its own for it."""
MAX_PRELUDE_BYTES = 16 * 1024
"""API Gateway's bound on the JSON before a stream, with the delimiter that follows."""
DELIMITER_BYTES = 8

Transmit = Callable[[Message], None]


class StreamTooLarge(Exception):
    """The function streams more than Lambda takes."""


def from_thread(send: Send, gone: threading.Event) -> Transmit:
    """The running event loop's `send` for other threads: it waits while the client is slow.

    Once `gone`, and where the host ends meanwhile, nothing is sent, in silence.
    """
    loop = asyncio.get_running_loop()

    async def deliver(message: Message) -> None:
        await send(message)

    def transmit(message: Message) -> None:
        if not gone.is_set():
            with suppress(CancelledError):
                asyncio.run_coroutine_threadsafe(deliver(message), loop).result()

    return transmit


class StreamedAnswer:
    """The answer of one invocation, if its handler opens it. Without an `end`, the client sees it break off."""

    def __init__(self, transmit: Transmit, request_id: str) -> None:
        self._transmit = transmit
        self._request_id = request_id
        self._size = 0
        self.opened = False
        self.status = 0

    def open(self, head: dict[str, Any]) -> Callable[[bytes], None]:
        """Send status and headers; returned is what sends a piece of the body.

        Raises MalformedAnswer for a head that API Gateway would not accept, RuntimeError where the stream is open.
        """
        if self.opened:
            raise RuntimeError("the stream is open already, and a request has one answer")
        answer = to_head(head)
        self._size = len(json.dumps(head, ensure_ascii=False).encode()) + DELIMITER_BYTES
        if self._size > MAX_PRELUDE_BYTES:
            raise MalformedAnswer(f"status and headers of a stream must fit into {MAX_PRELUDE_BYTES} bytes")
        self.opened, self.status = True, answer.status
        headers = [*answer.headers, ("x-amzn-requestid", self._request_id)]
        raw_headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers]
        self._transmit({"type": "http.response.start", "status": answer.status, "headers": raw_headers})
        return self._write

    def end(self) -> None:
        """The body is whole. Raises StreamTooLarge where it is not."""
        self._send(b"", more=False)

    def _write(self, piece: bytes) -> None:
        self._size += len(piece)
        self._send(piece, more=True)

    def _send(self, piece: bytes, more: bool) -> None:
        if self._size > MAX_STREAM_BYTES:
            raise StreamTooLarge(f"a stream may not be larger than {MAX_STREAM_BYTES} bytes")
        self._transmit({"type": "http.response.body", "body": piece, "more_body": more})

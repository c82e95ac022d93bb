"""A function's streaming response, sent piece by piece from the thread of its handler to the client.

Not imitated: the bandwidth limit of Lambda and API Gateway for the later part of a large stream (2 MB/s), and API
Gateway's idle timeout of several minutes.
"""

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any

from starlette.types import Message, Send

from local.events import MalformedResponse, to_response_head

MAX_STREAM_BYTES = 200 * 1024 * 1024
"""Lambda's limit for a streaming response. API Gateway has none of its own."""
MAX_PRELUDE_BYTES = 16 * 1024
"""API Gateway's limit for the JSON before a stream, with the delimiter that follows."""
DELIMITER_BYTES = 8

ThreadSafeSend = Callable[[Message], None]


class StreamTooLarge(Exception):
    """The function streams more than Lambda accepts."""


def thread_safe_send(send: Send, gone: threading.Event) -> ThreadSafeSend:
    """The running event loop's `send` for other threads. It blocks while the client is slow.

    A client that takes nothing does not block it for longer than `ClientLimits.stall`: the connection is closed then.
    Once `gone` is set, and when the host ends, it does nothing.
    """
    loop = asyncio.get_running_loop()

    async def deliver(message: Message) -> None:
        await send(message)

    def send_from_thread(message: Message) -> None:
        if not gone.is_set():
            with suppress(CancelledError):
                asyncio.run_coroutine_threadsafe(deliver(message), loop).result()

    return send_from_thread


class StreamingResponse:
    """The response of one invocation, if its handler opens it. Without `end`, the client sees it break off."""

    def __init__(self, send: ThreadSafeSend, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self._size = 0
        self.opened = False
        self.status = 0

    def open(self, head: dict[str, Any]) -> Callable[[bytes], None]:
        """Send status and headers. Returns the function that sends a piece of the body.

        Raises MalformedResponse for a head that API Gateway would not accept, RuntimeError if the stream is open.
        """
        if self.opened:
            raise RuntimeError("the stream is open already, and a request has one response")
        response = to_response_head(head)
        self._size = len(json.dumps(head, ensure_ascii=False).encode()) + DELIMITER_BYTES
        if self._size > MAX_PRELUDE_BYTES:
            raise MalformedResponse(f"status and headers of a stream must fit into {MAX_PRELUDE_BYTES} bytes")
        self.opened, self.status = True, response.status
        headers = [*response.headers, ("x-amzn-requestid", self._request_id)]
        raw_headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers]
        self._send({"type": "http.response.start", "status": response.status, "headers": raw_headers})
        return self._write

    def end(self) -> None:
        """Send that the body is complete. Raises StreamTooLarge if it is not."""
        self._send_body(b"", more=False)

    def _write(self, piece: bytes) -> None:
        self._size += len(piece)
        self._send_body(piece, more=True)

    def _send_body(self, piece: bytes, more: bool) -> None:
        if self._size > MAX_STREAM_BYTES:
            raise StreamTooLarge(f"a stream may not be larger than {MAX_STREAM_BYTES} bytes")
        self._send({"type": "http.response.body", "body": piece, "more_body": more})

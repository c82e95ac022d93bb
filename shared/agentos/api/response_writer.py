"""Writes a response in pieces.

The pieces go to the client at once if the Lambda context has `open_stream(head)`, which begins the response with its
status and headers and returns a function that sends a piece of the body. `lambda_streaming` and the local host have it.
AWS's own runtime client, which runs under `sam local`, does not: there the pieces are buffered into one response.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

OpenStream = Callable[[dict[str, Any]], Callable[[bytes], None]]

KEEP_ALIVE = b": keep-alive\n\n"
"""A comment of server-sent events, which clients ignore.

https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes
"""


class ResponseWriter:
    """One response with status 200. Its status and headers cannot change once it is open.

    `keep_alive`: seconds without a piece after which a streamed response gets `ping`, because proxies close silent
    connections; 0 for none. Nothing is sent before the response is open, so that an error can still have a status.
    """

    def __init__(
        self,
        open_stream: OpenStream | None,
        headers: Mapping[str, str],
        keep_alive: float = 0,
        ping: bytes = KEEP_ALIVE,
    ) -> None:
        self._open_stream = open_stream
        self._headers = headers
        self._keep_alive_seconds = keep_alive
        self._ping = ping
        self._keep_alive: KeepAlive | None = None
        self._buffer: list[bytes] = []
        self._send: Callable[[bytes], None] = self._buffer.append
        self.opened = False

    def open(self, headers: Mapping[str, str]) -> None:
        """Begin the response with these headers besides its own. Called once."""
        self._headers = {**self._headers, **headers}
        if self._open_stream:
            self._send = self._open_stream(self._head())
            if self._keep_alive_seconds:
                self._keep_alive = KeepAlive(self._send, self._keep_alive_seconds, self._ping)
                self._send = self._keep_alive.send
        self.opened = True

    def write(self, piece: str) -> None:
        """Write a piece of the body."""
        self._send(piece.encode())

    def close(self) -> None:
        """Nothing is sent by itself from now on. The pieces must have been written."""
        if self._keep_alive:
            self._keep_alive.stop()

    def response(self) -> dict[str, Any]:
        """The function's return value: everything that was buffered. A response that was streamed ignores it."""
        return {**self._head(), "body": b"".join(self._buffer).decode(), "isBase64Encoded": False}

    def _head(self) -> dict[str, Any]:
        return {"statusCode": 200, "headers": dict(self._headers)}


class KeepAlive:
    """Sends `ping` whenever nothing else was sent for so many seconds, but not before the first piece.

    No ping interrupts a piece.
    """

    def __init__(self, send: Callable[[bytes], None], seconds: float, ping: bytes = KEEP_ALIVE) -> None:
        self._send = send
        self._ping = ping
        self._seconds = seconds
        self._sent_at = time.monotonic()
        self._stopped = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="keep-alive", daemon=True)

    def send(self, piece: bytes) -> None:
        """Send a piece."""
        with self._changed:
            self._send(piece)
            self._sent_at = time.monotonic()
        if self._thread.ident is None:
            self._thread.start()

    def stop(self) -> None:
        """Send no more of them. Returns when none is being sent."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        with self._changed:
            while not self._stopped:
                silence = time.monotonic() - self._sent_at
                if silence < self._seconds:
                    self._changed.wait(self._seconds - silence)
                else:
                    self._send(self._ping)
                    self._sent_at = time.monotonic()


class StreamingResponse(ABC):
    """A result that is written in pieces. An error before `open` is answered like an error of any other endpoint."""

    content_type: ClassVar[str] = "text/event-stream"
    keep_alive_seconds: float = 0
    """Seconds without an event after which `ping` is sent; 0 for none."""

    ping: ClassVar[bytes] = KEEP_ALIVE
    """What keeps the connection open: a comment, or an event that the vendor's clients ignore."""

    @abstractmethod
    def run(self, writer: ResponseWriter) -> None:
        """Open the writer and write all pieces. Raises ApiError."""

    @abstractmethod
    def fail(self, error: Mapping[str, Any]) -> None:
        """Write the error's JSON as the last piece of a response that was opened."""

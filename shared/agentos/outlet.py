"""Where a result goes that comes in pieces: to the client at once if the environment can, else into one answer.

An environment that can, gives its context an `open_stream(head)`, which begins the response by its status and headers
and returns what sends a piece: `streaming/runtime.py` on Lambda, and the local host. AWS's own runtime client for
Python has none; it serves under sam local, so there the answer is gathered.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

OpenStream = Callable[[dict[str, Any]], Callable[[bytes], None]]


class Outlet:
    """One response with status 200. Once it is open, nothing can be taken back."""

    def __init__(self, open_stream: OpenStream | None, headers: Mapping[str, str]) -> None:
        self._open_stream = open_stream
        self._headers = headers
        self._gathered: list[bytes] = []
        self._send: Callable[[bytes], None] = self._gathered.append
        self.opened = False

    def open(self, headers: Mapping[str, str]) -> None:
        """Begin, once, with these headers besides."""
        self._headers = {**self._headers, **headers}
        if self._open_stream:
            self._send = self._open_stream(self._head())
        self.opened = True

    def write(self, piece: str) -> None:
        """More of the body."""
        self._send(piece.encode())

    def response(self) -> dict[str, Any]:
        """What the function returns: all that was gathered. Where it was sent at once, nobody looks at it."""
        return {**self._head(), "body": b"".join(self._gathered).decode(), "isBase64Encoded": False}

    def _head(self) -> dict[str, Any]:
        return {"statusCode": 200, "headers": dict(self._headers)}


class Stream(ABC):
    """A result in pieces. What `run` raises before it has opened its outlet is answered as any other error is."""

    content_type: ClassVar[str] = "text/event-stream"

    @abstractmethod
    def run(self, outlet: Outlet) -> None:
        """Open it and write all pieces. Raises ApiError."""

    @abstractmethod
    def fail(self, error: Mapping[str, Any]) -> None:
        """Write the last piece of a result that has broken off: the error's JSON."""

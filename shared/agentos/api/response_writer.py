"""Writes a response in pieces.

The pieces go to the client at once if the Lambda context has `open_stream(head)`, which begins the response with its
status and headers and returns a function that sends a piece of the body. `lambda_streaming` and the local host have it.
AWS's own runtime client, which runs under `sam local`, does not: there the pieces are buffered into one response.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

OpenStream = Callable[[dict[str, Any]], Callable[[bytes], None]]


class ResponseWriter:
    """One response with status 200. Its status and headers cannot change once it is open."""

    def __init__(self, open_stream: OpenStream | None, headers: Mapping[str, str]) -> None:
        self._open_stream = open_stream
        self._headers = headers
        self._buffer: list[bytes] = []
        self._send: Callable[[bytes], None] = self._buffer.append
        self.opened = False

    def open(self, headers: Mapping[str, str]) -> None:
        """Begin the response with these headers besides its own. Called once."""
        self._headers = {**self._headers, **headers}
        if self._open_stream:
            self._send = self._open_stream(self._head())
        self.opened = True

    def write(self, piece: str) -> None:
        """Write a piece of the body."""
        self._send(piece.encode())

    def response(self) -> dict[str, Any]:
        """The function's return value: everything that was buffered. A response that was streamed ignores it."""
        return {**self._head(), "body": b"".join(self._buffer).decode(), "isBase64Encoded": False}

    def _head(self) -> dict[str, Any]:
        return {"statusCode": 200, "headers": dict(self._headers)}


class StreamingResponse(ABC):
    """A result that is written in pieces. An error before `open` is answered like an error of any other endpoint."""

    content_type: ClassVar[str] = "text/event-stream"

    @abstractmethod
    def run(self, writer: ResponseWriter) -> None:
        """Open the writer and write all pieces. Raises ApiError."""

    @abstractmethod
    def fail(self, error: Mapping[str, Any]) -> None:
        """Write the error's JSON as the last piece of a response that was opened."""

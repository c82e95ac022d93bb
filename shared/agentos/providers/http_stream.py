"""A provider's response that is read as it arrives, in the thread of its reader."""

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress

from urllib3 import BaseHTTPResponse

from agentos.kernel.clock import Timeouts
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.connections import Exchange
from agentos.providers.http_failures import FAILURES, body_too_long, classified
from agentos.providers.transport import HttpResponse

PIECE_BYTES = 65536
"""The most that is read at once. What has arrived is handed on, however little it is."""

OVERHEAD = 100
"""Bytes of a stream for one byte of its text: an event of some hundred bytes around every word."""


class HttpStream:
    """A response whose headers have arrived at a call that began at `began` (monotonic).

    `max_bytes`: the longest body that is read whole, and the longest text of one that is streamed. `stall_seconds`: the
    longest time between two events of an answer that has begun.
    """

    def __init__(
        self, exchange: Exchange, timeouts: Timeouts, began: float, max_bytes: int, stall_seconds: float
    ) -> None:
        self._response: BaseHTTPResponse = exchange.response
        self._end_at = exchange.end_at
        self._timeouts = timeouts
        self._began = began
        self._stall_seconds = stall_seconds
        self._seconds = timeouts.first_output
        self._stalled_at: float | None = None
        self._peeked: list[bytes] = []
        self._length = 0
        self.status: int = exchange.response.status
        self.headers: Mapping[str, str] = exchange.response.headers
        self.max_bytes = max_bytes

    def __iter__(self) -> Iterator[bytes]:
        while self._peeked:
            yield self._peeked.pop(0)
        while piece := self._next():
            yield piece

    def peek(self) -> bytes:
        beginning = b"".join(self._peeked).lstrip()
        while not beginning and (piece := self._next()):
            self._peeked.append(piece)
            beginning = piece.lstrip()
        return beginning

    def read(self) -> HttpResponse:
        body = bytearray()
        for piece in self:
            body += piece
            if len(body) > self.max_bytes:
                raise body_too_long(self.max_bytes, self.status)
        return HttpResponse(self.status, self.headers, bytes(body))

    def progress(self) -> None:
        self._seconds = self._timeouts.total
        self._stalled_at = time.monotonic() + self._stall_seconds
        self._end_at(min(self._began + self._timeouts.total, self._stalled_at))

    def finish(self) -> None:
        """Keep the connection if the rest of the body has arrived already; close it otherwise."""
        self._end_at(time.monotonic())
        with suppress(*FAILURES):
            if self._response.read1(PIECE_BYTES):
                self._response.read1(PIECE_BYTES)
        if not self._response.closed:
            self._response.close()

    def _next(self) -> bytes:
        """The next piece; empty at the end. Raises UpstreamError."""
        try:
            piece = self._response.read1(PIECE_BYTES)
        except FAILURES as error:
            raise self._failure(error) from error
        self._length += len(piece)
        if self._length > self.max_bytes * OVERHEAD:
            raise body_too_long(self.max_bytes * OVERHEAD, self.status)
        return piece

    def _failure(self, error: BaseException) -> UpstreamError:
        failure = classified(error, self._seconds, self.status)
        timed_out = failure.error_class is ErrorClass.TIMEOUT
        if timed_out and self._stalled_at and self._stalled_at <= time.monotonic():
            failure.reason = f"the stream stalled: no event for {self._stall_seconds:g} s"
        return failure

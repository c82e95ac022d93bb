"""A provider's response on its way from the event loop's thread to the thread of the caller."""

import time
from collections.abc import Callable, Iterator, Mapping
from queue import Empty, SimpleQueue

from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.transport import HttpResponse


class HttpStream:
    """A response that is read as it arrives. A slow reader blocks nobody, because every response is bounded.

    `max_bytes`: the longest body that is read whole, and the longest text of one that is streamed. `extend` lets the
    response take its total time. `stall_seconds`: the longest time between two events of an answer that has begun.
    """

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        max_bytes: int,
        extend: Callable[[], object],
        stall_seconds: float,
    ) -> None:
        self.status = status
        self.headers = headers
        self.max_bytes = max_bytes
        self._extend = extend
        self._stall_seconds = stall_seconds
        self._stalled_at: float | None = None
        self._peeked: list[bytes] = []
        self._pieces: SimpleQueue[bytes | Exception | None] = SimpleQueue()

    def put(self, piece: bytes | Exception | None) -> None:
        """Add a piece of the body; None or an error ends it."""
        self._pieces.put(piece)

    def __iter__(self) -> Iterator[bytes]:
        while self._peeked:
            yield self._peeked.pop(0)
        while (piece := self._next()) is not None:
            yield piece

    def peek(self) -> bytes:
        beginning = b"".join(self._peeked).lstrip()
        while not beginning and (piece := self._next()) is not None:
            self._peeked.append(piece)
            beginning = piece.lstrip()
        if not beginning:
            self.put(None)  # the end has been read here, and the next reader must find it too
        return beginning

    def read(self) -> HttpResponse:
        body = bytearray()
        for piece in self:
            body += piece
            if len(body) > self.max_bytes:
                raise body_too_long(self.max_bytes, self.status)
        return HttpResponse(self.status, self.headers, bytes(body))

    def progress(self) -> None:
        if self._stalled_at is None:
            self._extend()
        self._stalled_at = time.monotonic() + self._stall_seconds

    def _next(self) -> bytes | None:
        """The next piece; None at the end. Raises UpstreamError."""
        try:
            seconds = None if self._stalled_at is None else max(0.0, self._stalled_at - time.monotonic())
            piece = self._pieces.get(timeout=seconds)
        except Empty as error:
            reason = f"the stream stalled: no event for {self._stall_seconds:g} s"
            raise UpstreamError(ErrorClass.TIMEOUT, reason, status=self.status) from error
        if isinstance(piece, Exception):
            raise piece
        return piece


def body_too_long(max_bytes: int, status: int) -> UpstreamError:
    """The error for a body that is longer than what is read of one."""
    return UpstreamError(ErrorClass.BAD_RESPONSE, f"the body is longer than {max_bytes} bytes", status=status)

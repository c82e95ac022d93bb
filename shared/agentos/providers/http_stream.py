"""A provider's reply on its way from the event loop's thread to the caller's."""

from collections.abc import Callable, Iterator, Mapping
from queue import SimpleQueue

from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.transport import HttpResponse


class HttpStream:
    """A response that is read as it arrives. A slow reader blocks nobody, because every response is bounded.

    `max_bytes`: the longest body that is read whole, and the longest text of one that is streamed. `extend` gives the
    response its total time.
    """

    def __init__(self, status: int, headers: Mapping[str, str], max_bytes: int, extend: Callable[[], object]) -> None:
        self.status = status
        self.headers = headers
        self.max_bytes = max_bytes
        self._extend = extend
        self._extended = False
        self._pieces: SimpleQueue[bytes | Exception | None] = SimpleQueue()

    def put(self, piece: bytes | Exception | None) -> None:
        """A piece of the body; None or an error behind the last."""
        self._pieces.put(piece)

    def __iter__(self) -> Iterator[bytes]:
        while (piece := self._pieces.get()) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def read(self) -> HttpResponse:
        body = bytearray()
        for piece in self:
            body += piece
            if len(body) > self.max_bytes:
                raise body_too_long(self.max_bytes, self.status)
        return HttpResponse(self.status, self.headers, bytes(body))

    def output_started(self) -> None:
        if not self._extended:
            self._extended = True
            self._extend()


def body_too_long(max_bytes: int, status: int) -> UpstreamError:
    return UpstreamError(ErrorClass.BAD_RESPONSE, f"the body is longer than {max_bytes} bytes", status=status)

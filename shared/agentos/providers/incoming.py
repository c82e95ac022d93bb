"""A provider's reply on its way from the event loop's thread to the caller's."""

from collections.abc import Callable, Iterator, Mapping
from queue import SimpleQueue

from agentos.errors import UpstreamError
from agentos.providers.exchange import HttpReply


class Stream:
    """A reply that is read as it comes. Nobody waits for a slow reader: no reply is without bound.

    `extend` allows the reply its whole time.
    """

    def __init__(self, status: int, headers: Mapping[str, str], extend: Callable[[], object]) -> None:
        self.status = status
        self.headers = headers
        self._extend = extend
        self._extended = False
        self._pieces: SimpleQueue[bytes | UpstreamError | None] = SimpleQueue()

    def put(self, piece: bytes | UpstreamError | None) -> None:
        """A piece of the body; None or an error behind the last."""
        self._pieces.put(piece)

    def __iter__(self) -> Iterator[bytes]:
        while (piece := self._pieces.get()) is not None:
            if isinstance(piece, UpstreamError):
                raise piece
            yield piece

    def read(self) -> HttpReply:
        return HttpReply(self.status, self.headers, b"".join(self))

    def begun(self) -> None:
        if not self._extended:
            self._extended = True
            self._extend()

"""A provider's reply on its way from the event loop's thread to the caller's."""

from collections.abc import Callable, Iterator, Mapping
from queue import SimpleQueue

from agentos.errors import ErrorClass, UpstreamError
from agentos.providers.exchange import HttpReply


class Stream:
    """A reply that is read as it comes. Nobody waits for a slow reader: no reply is without bound.

    `most`: the bytes of a reply that is read whole, and of what is said in one that is not. `extend` allows the reply
    its whole time.
    """

    def __init__(self, status: int, headers: Mapping[str, str], most: int, extend: Callable[[], object]) -> None:
        self.status = status
        self.headers = headers
        self.most = most
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

    def read(self) -> HttpReply:
        body = bytearray()
        for piece in self:
            body += piece
            if len(body) > self.most:
                raise too_long(self.most, self.status)
        return HttpReply(self.status, self.headers, bytes(body))

    def begun(self) -> None:
        if not self._extended:
            self._extended = True
            self._extend()


def too_long(most: int, status: int) -> UpstreamError:
    return UpstreamError(ErrorClass.BAD_RESPONSE, f"the body is longer than {most} bytes", status=status)

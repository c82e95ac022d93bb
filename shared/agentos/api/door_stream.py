"""What the streamed responses of all doors share: when they begin, and what is sent at their end."""

from abc import abstractmethod

from agentos.api.response_writer import ResponseWriter, StreamingResponse
from agentos.api.route_headers import route_headers
from agentos.domain import Reply
from agentos.services.stream_listener import StreamStart


class DoorStream(StreamingResponse):
    """A streamed response in a vendor's form, which is itself the listener of its answer."""

    resumes = False

    def __init__(self, keep_alive_seconds: float = 0) -> None:
        self.keep_alive_seconds = keep_alive_seconds
        self._started = False

    def run(self, writer: ResponseWriter) -> None:
        self._writer = writer
        reply = self._answer()
        if not self._started:  # nothing of the answer was streamed
            self.on_start(StreamStart.of(reply))
            self._start_late(reply)
        self._end(reply)

    def on_start(self, start: StreamStart) -> None:
        """Called before the first piece of the answer."""
        self._writer.open(route_headers(start.model, start.attempts))
        self._started = True
        self._begin(start)

    @abstractmethod
    def _answer(self) -> Reply:
        """The answer, whose pieces this listener gets before."""

    @abstractmethod
    def _begin(self, start: StreamStart) -> None:
        """Write what precedes the first piece."""

    def _start_late(self, reply: Reply) -> None:
        """Write what of an answer without a piece belongs before its end."""

    @abstractmethod
    def _end(self, reply: Reply) -> None:
        """Write all that comes behind the pieces."""

"""A message as Anthropic's server-sent events.

https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from agentos.api.anthropic_messages import Event, MessageEvents
from agentos.api.anthropic_request import MessagesForm
from agentos.api.response_writer import ResponseWriter, StreamingResponse
from agentos.api.route_headers import route_headers
from agentos.api.sse import named
from agentos.domain import Reply
from agentos.services.stream_listener import StreamListener, StreamStart


class AnthropicStream(StreamingResponse):
    """The streamed response of `POST /v1/messages`. `complete` gets the answer.

    An error in mid-stream is the event `error`, after which nothing follows, as at Anthropic.
    """

    resumes = False
    ping = named("ping", {"type": "ping"}).encode()

    def __init__(
        self, complete: Callable[[StreamListener], Reply], form: MessagesForm, keep_alive_seconds: float = 0
    ) -> None:
        self._complete = complete
        self.keep_alive_seconds = keep_alive_seconds
        self._form = form
        self._started = False

    def run(self, writer: ResponseWriter) -> None:
        self._writer = writer
        reply = self._complete(self)
        if not self._started:  # the answer has no text
            self.on_start(StreamStart.of(reply))
        self._write(self._events.end(reply))

    def fail(self, error: Mapping[str, Any]) -> None:
        self._write([("error", dict(error))])

    def on_start(self, start: StreamStart) -> None:
        self._writer.open(route_headers(start.model, start.attempts))
        self._started = True
        self._events = MessageEvents(start.message_id, start.model, self._form)
        self._write(self._events.start())

    def on_text(self, text: str) -> None:
        self._write(self._events.text(text))

    def on_reasoning(self, text: str) -> None:
        self._write(self._events.reasoning(text))

    def _write(self, events: Iterable[Event]) -> None:
        for kind, value in events:
            self._writer.write(named(kind, value))

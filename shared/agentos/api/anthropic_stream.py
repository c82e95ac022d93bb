"""A message as Anthropic's server-sent events.

https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from agentos.api.anthropic_messages import Event, MessageEvents
from agentos.api.anthropic_request import MessagesForm
from agentos.api.door_stream import DoorStream
from agentos.api.sse import named
from agentos.domain import Reply
from agentos.services.stream_listener import StreamListener, StreamStart


class AnthropicStream(DoorStream):
    """The streamed response of `POST /v1/messages`. `complete` gets the answer.

    An error in mid-stream is the event `error`, after which nothing follows, as at Anthropic.
    """

    ping = named("ping", {"type": "ping"}).encode()

    def __init__(
        self, complete: Callable[[StreamListener], Reply], form: MessagesForm, keep_alive_seconds: float = 0
    ) -> None:
        super().__init__(keep_alive_seconds)
        self._complete = complete
        self._form = form

    def fail(self, error: Mapping[str, Any]) -> None:
        self._write([("error", dict(error))])

    def _answer(self) -> Reply:
        return self._complete(self)

    def _begin(self, start: StreamStart) -> None:
        self._events = MessageEvents(start.message_id, start.model, self._form)
        self._write(self._events.start())

    def on_text(self, text: str) -> None:
        self._write(self._events.text(text))

    def on_reasoning(self, text: str) -> None:
        self._write(self._events.reasoning(text))

    def _end(self, reply: Reply) -> None:
        self._write(self._events.end(reply))

    def _write(self, events: Iterable[Event]) -> None:
        for kind, value in events:
            self._writer.write(named(kind, value))

"""A response as OpenAI's server-sent events."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from agentos.api.door_stream import DoorStream
from agentos.api.openai_responses import Path, words_of_answer
from agentos.api.openai_responses_events import ResponseEvents
from agentos.api.openai_responses_request import ResponseForm
from agentos.api.sse import named
from agentos.domain import Reply
from agentos.services.stream_listener import StreamListener, StreamStart


class ResponseStream(DoorStream):
    """The streamed response of `POST /v1/responses`.

    `complete` gets the answer. It takes a function that makes the listener, given the answer's session if it has one.
    """

    def __init__(
        self,
        complete: Callable[[Callable[[Path | None], StreamListener]], Reply],
        form: ResponseForm,
        keep_alive_seconds: float = 0,
    ) -> None:
        super().__init__(keep_alive_seconds)
        self._complete = complete
        self._form = form

    def fail(self, error: Mapping[str, Any]) -> None:
        self._write(self._events.fail(dict(error)))

    def _listen(self, path: Path | None) -> StreamListener:
        self._path = path
        return self

    def _answer(self) -> Reply:
        return self._complete(self._listen)

    def _begin(self, start: StreamStart) -> None:
        words = words_of_answer(self._path, start.message_id, self._form)
        self._events = ResponseEvents(words, start.model)
        self._write(self._events.start())

    def on_text(self, text: str) -> None:
        self._write(self._events.text(text))

    def on_reasoning(self, text: str) -> None:
        self._write(self._events.reasoning(text))

    def _end(self, reply: Reply) -> None:
        self._write(self._events.end(reply))

    def _write(self, events: Iterable[dict[str, Any]]) -> None:
        for event in events:
            self._writer.write(named(event["type"], event))

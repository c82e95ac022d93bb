"""A chat completion as OpenAI's server-sent events.

https://platform.openai.com/docs/api-reference/chat-streaming
"""

from collections.abc import Callable, Mapping
from typing import Any

from agentos.api.door_stream import DoorStream
from agentos.api.openai_chat import ChatChunks
from agentos.api.openai_chat_request import ChatForm
from agentos.api.sse import data
from agentos.domain import Reply
from agentos.services.stream_listener import StreamListener, StreamStart


class ChatStream(DoorStream):
    """The streamed response of `POST /v1/chat/completions`. `complete` gets the answer.

    After an error in mid-stream there is no `[DONE]`, as at OpenAI.
    """

    def __init__(
        self, complete: Callable[[StreamListener], Reply], form: ChatForm, keep_alive_seconds: float = 0
    ) -> None:
        super().__init__(keep_alive_seconds)
        self._complete = complete
        self._form = form

    def fail(self, error: Mapping[str, Any]) -> None:
        self._writer.write(data(error))

    def _answer(self) -> Reply:
        return self._complete(self)

    def _begin(self, start: StreamStart) -> None:
        self._chunks = self._chunks_of(start)
        self._writer.write(data(self._chunks.start()))

    def _start_late(self, reply: Reply) -> None:
        if reply.reasoning:
            self.on_reasoning(reply.reasoning)

    def _end(self, reply: Reply) -> None:
        for chunk in self._chunks.end(reply):
            self._writer.write(data(chunk))
        self._writer.write("data: [DONE]\n\n")

    def _chunks_of(self, start: StreamStart) -> ChatChunks:
        return ChatChunks(start.message_id, start.model, self._form)

    def on_text(self, text: str) -> None:
        self._writer.write(data(self._chunks.text(text)))

    def on_reasoning(self, text: str) -> None:
        self._writer.write(data(self._chunks.reasoning(text)))

"""A chat completion as OpenAI's server-sent events.

https://platform.openai.com/docs/api-reference/chat-streaming
"""

from collections.abc import Callable, Mapping
from typing import Any

from agentos.api.openai_chat import ChatChunks
from agentos.api.openai_chat_request import ChatForm
from agentos.api.response_writer import ResponseWriter, StreamingResponse
from agentos.api.route_headers import route_headers
from agentos.api.sse import data
from agentos.domain import Reply
from agentos.services.stream_listener import StreamListener, StreamStart


class ChatStream(StreamingResponse):
    """The streamed response of `POST /v1/chat/completions`. `complete` gets the answer.

    After an error in mid-stream there is no `[DONE]`, as at OpenAI.
    """

    resumes = False

    def __init__(
        self, complete: Callable[[StreamListener], Reply], form: ChatForm, keep_alive_seconds: float = 0
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
            if reply.reasoning:
                self.on_reasoning(reply.reasoning)
        for chunk in self._chunks.end(reply):
            writer.write(data(chunk))
        writer.write("data: [DONE]\n\n")

    def fail(self, error: Mapping[str, Any]) -> None:
        self._writer.write(data(error))

    def on_start(self, start: StreamStart) -> None:
        self._writer.open(route_headers(start.model, start.attempts))
        self._started = True
        self._chunks = self._begin(start)
        self._writer.write(data(self._chunks.start()))

    def _begin(self, start: StreamStart) -> ChatChunks:
        return ChatChunks(start.message_id, start.model, self._form)

    def on_text(self, text: str) -> None:
        self._writer.write(data(self._chunks.text(text)))

    def on_reasoning(self, text: str) -> None:
        self._writer.write(data(self._chunks.reasoning(text)))

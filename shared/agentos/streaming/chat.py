"""A chat completion as OpenAI's server-sent events.

https://platform.openai.com/docs/api-reference/chat-streaming
"""

from collections.abc import Callable, Mapping
from typing import Any

from agentos.audience import Audience, Opening
from agentos.domain import Reply
from agentos.openai_api import Chunks, StreamOptions
from agentos.outlet import Outlet, Stream
from agentos.reply import route_headers
from agentos.streaming.sse import data


class ChatStream(Stream):
    """What `POST /v1/chat/completions` answers when it streams: `complete` gets the answer.

    After an error in mid-stream there is no `[DONE]`, as OpenAI has it.
    """

    resumes = False

    def __init__(self, complete: Callable[[Audience], Reply], options: StreamOptions | None) -> None:
        self._complete = complete
        self._options = options or StreamOptions()
        self._begun = False

    def run(self, outlet: Outlet) -> None:
        self._outlet = outlet
        reply = self._complete(self)
        if not self._begun:  # no text: nothing was heard of it so far
            self.begin(Opening.of(reply))
        for chunk in self._chunks.end(reply):
            outlet.write(data(chunk))
        outlet.write("data: [DONE]\n\n")

    def fail(self, error: Mapping[str, Any]) -> None:
        self._outlet.write(data(error))

    def begin(self, opening: Opening) -> None:
        self._outlet.open(route_headers(opening.model, opening.attempts))
        self._begun = True
        self._chunks = Chunks(opening.message_id, opening.model, self._options.include_usage)
        self._outlet.write(data(self._chunks.start()))

    def hear(self, text: str) -> None:
        self._outlet.write(data(self._chunks.text(text)))

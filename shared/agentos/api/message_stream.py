"""A turn as server-sent events, numbered from 1.

    message.start     {messageId, role, model, provider}     the first event
    reasoning.delta   {delta}                                the next piece of the model's thoughts (`includeReasoning`)
    message.delta     {delta}                                the next piece of the answer's text
    tool_call.delta   {index, id, name, arguments}           a complete tool call
    message.end       the reply as it is without streaming   the last event
    error             {code, message, details, requestId}    the last event of a turn that failed

The words in which a model refuses come in one piece at the end, since another model may have to answer before.
An error before the first event is a plain HTTP response.
"""

from collections.abc import Callable, Mapping
from typing import Any

from agentos.api.response_writer import ResponseWriter, StreamingResponse
from agentos.api.route_headers import route_headers
from agentos.api.sse import event
from agentos.domain import Reply
from agentos.services.stream_listener import StreamListener, StreamStart


class MessageStream(StreamingResponse):
    """The streamed response of `POST …/messages`. `send` runs the turn.

    The client has received the events up to `after`. In a replay they are left out, except for the last event, which
    tells the client that the stream is complete. An answer that is not a replay is sent from its first event.
    """

    def __init__(
        self, send: Callable[[StreamListener], Reply], after: int | None, keep_alive_seconds: float = 0
    ) -> None:
        self._send = send
        self.keep_alive_seconds = keep_alive_seconds
        self._after = after or 0
        self.resumes = after is not None
        self._number = 0
        self._characters = 0
        """Of the answer's text, sent so far."""

    def run(self, writer: ResponseWriter) -> None:
        self._writer = writer
        reply = self._send(self)
        if not self._number:  # no provider was asked, or the answer has no text
            self.on_start(StreamStart.of(reply))
            if reply.reasoning:
                self.on_reasoning(reply.reasoning)
        if rest := reply.content[self._characters :]:
            self.on_text(rest)
        for index, call in enumerate(reply.tool_calls):
            self._write("tool_call.delta", {"index": index, **call.to_json()})
        self._write("message.end", reply.to_json(), last=True)

    def fail(self, error: Mapping[str, Any]) -> None:
        self._write("error", error, last=True)

    def on_start(self, start: StreamStart) -> None:
        self._after = self._after if start.replayed else 0
        self._writer.open(route_headers(start.model, start.attempts))
        message = {
            "messageId": start.message_id,
            "role": "assistant",
            "model": start.model,
            "provider": start.provider,
        }
        self._write("message.start", message)

    def on_text(self, text: str) -> None:
        self._characters += len(text)
        self._write("message.delta", {"delta": text})

    def on_reasoning(self, text: str) -> None:
        self._write("reasoning.delta", {"delta": text})

    def _write(self, kind: str, value: Any, *, last: bool = False) -> None:
        self._number += 1
        if last or self._number > self._after:
            self._writer.write(event(self._number, kind, value))

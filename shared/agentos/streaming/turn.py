"""A turn as server-sent events, numbered from 1.

    message.start     {messageId, role, model, provider}     before anything else
    message.delta     {delta}                                some more of the answer's text
    tool_call.delta   {index, id, name, arguments}           a tool call, whole
    message.end       the reply as it is without streaming   the last
    error             {code, message, details, requestId}    the last, in place of message.end

What fails before the first is plain HTTP.
"""

from collections.abc import Callable, Mapping
from typing import Any

from agentos.audience import Audience, Opening
from agentos.domain import Reply
from agentos.outlet import Outlet, Stream
from agentos.reply import route_headers
from agentos.streaming.sse import event


class TurnStream(Stream):
    """What `POST …/messages` answers when it streams: `send` runs the turn.

    Events up to `after` have been seen: of an answer that is told again they are left out, all but the last, without
    which a client could not know that there is no more. Any other answer is told from its start.
    """

    def __init__(self, send: Callable[[Audience], Reply], after: int | None) -> None:
        self._send = send
        self._after = after or 0
        self.resumes = after is not None
        self._number = 0

    def run(self, outlet: Outlet) -> None:
        self._outlet = outlet
        reply = self._send(self)
        if not self._number:  # nobody was asked, or nothing was said
            self.begin(Opening.of(reply))
            if reply.content:
                self.hear(reply.content)
        for index, call in enumerate(reply.tool_calls):
            self._tell("tool_call.delta", {"index": index, **call.to_json()})
        self._tell("message.end", reply.to_json(), last=True)

    def fail(self, error: Mapping[str, Any]) -> None:
        self._tell("error", error, last=True)

    def begin(self, opening: Opening) -> None:
        self._after = self._after if opening.retold else 0
        self._outlet.open(route_headers(opening.model, opening.attempts))
        start = {
            "messageId": opening.message_id,
            "role": "assistant",
            "model": opening.model,
            "provider": opening.provider,
        }
        self._tell("message.start", start)

    def hear(self, text: str) -> None:
        self._tell("message.delta", {"delta": text})

    def _tell(self, kind: str, value: Any, *, last: bool = False) -> None:
        self._number += 1
        if last or self._number > self._after:
            self._outlet.write(event(self._number, kind, value))

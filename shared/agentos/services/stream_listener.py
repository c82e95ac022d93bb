"""Listeners that get an answer as it arrives."""

from collections.abc import Sequence
from typing import Protocol

from agentos.domain import Reply, Target
from agentos.domain.conversation import REFUSAL
from agentos.kernel.values import Value
from agentos.routing.call import AttemptListener


class StreamStart(Value):
    """What is known of an answer when its first piece arrives.

    `attempts`: upstream calls so far, this one included. `replayed`: the answer was stored earlier and is sent again.
    """

    message_id: str
    model: str
    provider: str
    attempts: int
    replayed: bool = False

    @classmethod
    def of(cls, reply: Reply, *, replayed: bool = False) -> "StreamStart":
        """The start of an answer that is complete."""
        return cls(
            message_id=reply.message_id,
            model=reply.model,
            provider=reply.provider,
            attempts=len(reply.route.attempts),
            replayed=replayed,
        )


class StreamListener(Protocol):
    """Gets the start, the text and the reasoning of one answer. Of what was held back, the reply is the whole: calls,
    and the words in which a model refuses, which end the reply's content.

    `resumes`: it got a part of the answer in an earlier request.
    """

    @property
    def resumes(self) -> bool: ...
    def on_start(self, start: StreamStart) -> None: ...
    def on_text(self, text: str) -> None: ...
    def on_reasoning(self, text: str) -> None: ...


def forward(listener: StreamListener, message_id: str, *, reasoning: bool) -> AttemptListener:
    """A listener for the routing layer that passes an answer on, with the start before its first piece.

    `reasoning`: the client sees the model's thoughts.
    """
    started = False

    def start(target: Target, attempts: int) -> None:
        nonlocal started
        if not started:
            started = True
            listener.on_start(
                StreamStart(message_id=message_id, model=target.model, provider=target.provider, attempts=attempts)
            )

    def on_text(target: Target, attempts: int, text: str) -> None:
        start(target, attempts)
        listener.on_text(text)

    def on_reasoning(target: Target, attempts: int, text: str) -> None:
        start(target, attempts)
        listener.on_reasoning(text)

    return AttemptListener(on_text, on_reasoning if reasoning else None)


def replay(listener: StreamListener, reply: Reply, lengths: Sequence[int]) -> None:
    """Send a stored answer in pieces of these lengths (characters; those of reasoning are negative).

    If they do not add up to it, it is sent whole: the reasoning in one piece, then the text. Of a refusal, the pieces
    have only what preceded it.
    """
    listener.on_start(StreamStart.of(reply, replayed=True))
    sent, reasoning = sum(n for n in lengths if n > 0), len(reply.reasoning)
    text = min(sent, len(reply.content)) if reply.finish_reason == REFUSAL else len(reply.content)
    if (sent, -sum(n for n in lengths if n < 0)) != (text, reasoning):
        lengths = (-reasoning, text)
    text_at = reasoning_at = 0
    for length in lengths:
        if length > 0:
            listener.on_text(reply.content[text_at : text_at + length])
            text_at += length
        elif length < 0:
            listener.on_reasoning(reply.reasoning[reasoning_at : reasoning_at - length])
            reasoning_at -= length

"""Listeners that get an answer's text as it arrives."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from agentos.domain import Reply, Target
from agentos.kernel.values import Value
from agentos.routing.call import AttemptListener


class StreamStart(Value):
    """What is known of an answer when its first text arrives.

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
    """Gets the start and the text of one answer. `resumes`: it got a part of the answer in an earlier request."""

    @property
    def resumes(self) -> bool: ...
    def on_start(self, start: StreamStart) -> None: ...
    def on_text(self, text: str) -> None: ...


def forward_text(listener: StreamListener, message_id: str) -> AttemptListener:
    """A listener for the routing layer that passes text on, with the start before the first text."""
    started = False

    def text_listener(target: Target, attempts: int, text: str) -> None:
        nonlocal started
        if not started:
            started = True
            listener.on_start(
                StreamStart(message_id=message_id, model=target.model, provider=target.provider, attempts=attempts)
            )
        listener.on_text(text)

    return text_listener


def replay(listener: StreamListener, reply: Reply, lengths: Sequence[int]) -> None:
    """Send a stored answer in pieces of these lengths (characters), or in one piece if they do not add up to it."""
    listener.on_start(StreamStart.of(reply, replayed=True))
    for piece in _pieces(reply.content, lengths):
        listener.on_text(piece)


def _pieces(text: str, lengths: Sequence[int]) -> Iterator[str]:
    at = 0
    for length in lengths if sum(lengths) == len(text) else (len(text),):
        if length:
            yield text[at : at + length]
        at += length

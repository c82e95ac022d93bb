"""Who is told an answer as it comes."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from agentos.domain import Reply, Target
from agentos.routing.call import Hear
from agentos.values import Value


class Opening(Value):
    """What is known of an answer when its first words come.

    `attempts`: upstream calls so far, this one among them. `retold`: it is one that has been given before.
    """

    message_id: str
    model: str
    provider: str
    attempts: int
    retold: bool = False

    @classmethod
    def of(cls, reply: Reply, *, retold: bool = False) -> "Opening":
        """Of an answer that is there."""
        return cls(
            message_id=reply.message_id,
            model=reply.model,
            provider=reply.provider,
            attempts=len(reply.route.attempts),
            retold=retold,
        )


class Audience(Protocol):
    """Hears the text of one answer: after its opening nobody else's. `resumes`: it has heard some of it before."""

    @property
    def resumes(self) -> bool: ...
    def begin(self, opening: Opening) -> None: ...
    def hear(self, text: str) -> None: ...


def relay(audience: Audience, message_id: str) -> Hear:
    """What the routing layer tells, passed on: the opening with the first words."""
    begun = False

    def hear(target: Target, attempts: int, text: str) -> None:
        nonlocal begun
        if not begun:
            begun = True
            audience.begin(
                Opening(message_id=message_id, model=target.model, provider=target.provider, attempts=attempts)
            )
        audience.hear(text)

    return hear


def retell(audience: Audience, reply: Reply, lengths: Sequence[int]) -> None:
    """An answer that is there, in pieces of these lengths (characters), or in one where they are not its own."""
    audience.begin(Opening.of(reply, retold=True))
    for piece in _pieces(reply.content, lengths):
        audience.hear(piece)


def _pieces(text: str, lengths: Sequence[int]) -> Iterator[str]:
    at = 0
    for length in lengths if sum(lengths) == len(text) else (len(text),):
        if length:
            yield text[at : at + length]
        at += length

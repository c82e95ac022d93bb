"""Which part of a conversation is sent along: whole turns, from the newest back, within a token budget."""

from collections.abc import Iterable

from agentos.domain import Message


def window(newest_first: Iterable[tuple[Message, int]], budget: int) -> tuple[Message, ...]:
    """The messages to send, oldest first, out of (message, estimated tokens) from the newest back.

    A turn begins with a client's message (`user` or `system`); it is kept whole or not at all, so that
    no answer loses its question. Reads no further back than the budget reaches.
    """
    kept: list[Message] = []
    turn: list[Message] = []
    for message, tokens in newest_first:
        budget -= tokens
        if budget < 0:
            break
        turn.append(message)
        if message.role in ("user", "system"):
            kept += turn
            turn = []
    return tuple(reversed(kept))

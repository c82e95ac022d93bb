"""Which part of a conversation is sent along: whole turns, from the newest back, within a budget.

A turn begins with a client's message and ends before the next one's; in between stand the assistant's answers, its tool
calls and their results. It is sent whole or not at all, so that no answer loses its question and no call its results.
"""

from collections.abc import Sequence

Turns = Sequence[Sequence[int]]
"""The tokens of a conversation's newest messages, a sequence a turn, oldest first."""


def window(turns: Turns, tokens: int, messages: int, *, open_turn: bool) -> int:
    """How many of the newest messages to send: whole turns, at most so many tokens and messages in all.

    A last turn that is still open goes along whatever its length: its calls must not be parted from the results.
    """
    kept = 0
    for index, turn in enumerate(reversed(turns)):
        tokens -= sum(turn)
        if (tokens < 0 or kept + len(turn) > messages) and not (open_turn and index == 0):
            break
        kept += len(turn)
    return kept


def trimmed(turns: Turns, messages: int) -> tuple[tuple[int, ...], ...]:
    """The newest turns that a window of so many messages can reach; the last one in any case."""
    kept = list(map(tuple, turns))
    while len(kept) > 1 and sum(map(len, kept)) > messages:
        del kept[0]
    return tuple(kept)


def extended(turns: Turns, lengths: Sequence[int], *, new_turn: bool) -> tuple[tuple[int, ...], ...]:
    """With the messages of these lengths added, as a turn of their own or to the last one."""
    if new_turn or not turns:
        return (*map(tuple, turns), tuple(lengths))
    return (*map(tuple, turns[:-1]), (*turns[-1], *lengths))

"""Patience with DynamoDB's transactions, which refuse an item that another transaction has at that moment."""

from collections.abc import Callable

from agentos.clock import Clock
from agentos.errors import Throttled
from agentos.store.dynamodb import Conflict

TRIES = 8
PAUSE_SECONDS = 0.02
"""The longest pause after a first conflict; it doubles with every further one."""


def through_conflicts(write: Callable[[], None], clock: Clock) -> None:
    """Write, again and again while that meets conflicts. Raises Throttled in the end, and what `write` raises."""
    for attempt in range(TRIES):
        try:
            return write()
        except Conflict:
            clock.sleep(clock.jitter(PAUSE_SECONDS * 2**attempt))
    raise Throttled("It is being written to by many at once; try again shortly.", headers={"retry-after": "1"})

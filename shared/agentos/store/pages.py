"""Pages of lists: as many items as were asked for, fewer where they are large."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from agentos.store.items import Item, size

T = TypeVar("T")

MAX_PAGE_BYTES = 3_000_000
"""Half of what a buffered Lambda response may have: it carries our JSON as a text, in which a quote takes two bytes.

One item may be larger. Functions that return such an item stream it (docs/adr/0014).
"""


def take_page(items: Iterable[Item], limit: int, length: Callable[[Item], int] = size) -> tuple[list[Item], bool]:
    """The first `limit` items, fewer where they are large but at least one, and whether there are more."""
    taken: list[Item] = []
    total = 0
    for item in items:
        total += length(item)
        if len(taken) == limit or (taken and total > MAX_PAGE_BYTES):
            return taken, True
        taken.append(item)
    return taken, False


def chunks(items: Iterable[T], length: int) -> Iterator[list[T]]:
    """The items, `length` at a time, taken only as they are asked for."""
    iterator = iter(items)
    while chunk := list(islice(iterator, length)):
        yield chunk

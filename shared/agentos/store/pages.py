"""Pages of lists: as many as were asked for, no larger than a Lambda response may be."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from agentos.store.items import Item, size

T = TypeVar("T")

MAX_PAGE_BYTES = 3_000_000
"""A Lambda response may have 6 MB, and its JSON carries ours as a text, which escapes quotes to twice their length."""


def take_page(items: Iterable[Item], limit: int, length: Callable[[Item], int] = size) -> tuple[list[Item], bool]:
    """The first `limit` items, fewer where they are large, and whether there are more."""
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

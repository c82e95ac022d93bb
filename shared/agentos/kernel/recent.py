"""A bounded memory: a process that lives long remembers what was used last, and no more than that."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


def _one(_: object) -> int:
    return 1


class Recent(Generic[K, V]):
    """Values by key, which weigh at most `size` together. The one that was unused for the longest time leaves first.

    `weigh` gives the weight of a value, always the same. By default each weighs 1, so that `size` is their number.

    Threads may share it. The standard library's `functools.lru_cache` is not used, because a value here is replaced
    when it grows old, and one that could not be computed is not remembered.
    """

    def __init__(self, size: int, weigh: Callable[[V], int] = _one) -> None:
        self._size = size
        self._weigh = weigh
        self._weight = 0
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """The key's value, or None."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def put(self, key: K, value: V) -> V:
        """Remember a value in place of the key's present one, and return it."""
        with self._lock:
            if key in self._values:
                self._weight -= self._weigh(self._values.pop(key))
            self._values[key] = value
            self._weight += self._weigh(value)
            while self._weight > self._size:
                _, oldest = self._values.popitem(last=False)
                self._weight -= self._weigh(oldest)
        return value

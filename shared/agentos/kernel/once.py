"""Objects that a process builds once, when they are first used."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 - it is used as a decorator
    """A function without arguments whose first result is returned ever after, whichever threads call it.

    functools.cache calls a function again while another thread's first call lasts, and the two get different objects.
    A call that raises is not the first one.
    """

    def __init__(self, build: Callable[[], T]) -> None:
        self._build = build
        self._lock = threading.RLock()
        self._built: tuple[T] | None = None

    def __call__(self) -> T:
        """The object, built if need be. Raises what building it raises."""
        built = self._built
        if built is None:
            with self._lock:
                built = self._built = self._built or (self._build(),)
        return built[0]

    @property
    def existing(self) -> T | None:
        """The object if it has been built."""
        return self._built[0] if self._built else None

    def forget(self) -> None:
        """The next call builds a new object."""
        self._built = None

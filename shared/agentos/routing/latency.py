"""How fast each target answers: averaged here, shared with other environments now and then.

Whole answers and streams have averages of their own. Of a whole answer all of its time counts, of a stream the time to
its first text. So has a tenant's own key, whose averages are not shared: the shared ones are read by everybody.
"""

import threading
from collections.abc import Mapping
from typing import Protocol

from agentos.kernel.clock import Clock
from agentos.kernel.logs import logger

WEIGHT_OF_LATEST = 0.2
"""Of an exponentially weighted average: about the last ten answers count."""

SHARE_SECONDS = 60
"""One small write per average and environment in so many seconds, and one read of all."""


class SharedLatencies(Protocol):
    """Where environments share averages, by name."""

    def all(self) -> Mapping[str, float]: ...
    def share(self, model: str, milliseconds: float) -> None: ...


class Latencies:
    """Averages in milliseconds: this environment's own, and the others' where it has none."""

    def __init__(self, shared: SharedLatencies, clock: Clock) -> None:
        self._shared = shared
        self._clock = clock
        self._own: dict[str, float] = {}
        self._others: Mapping[str, float] = {}
        self._read_at: float | None = None
        self._shared_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def of(self, model: str, streamed: bool = False) -> float | None:
        """The average; None where there is no observation."""
        name = _name(model, streamed)
        if name in self._own:
            return self._own[name]
        now = self._clock.monotonic()
        if self._read_at is None or now - self._read_at >= SHARE_SECONDS:
            self._read_at = now
            try:
                self._others = self._shared.all()
            except Exception:  # a missing guess is no reason to fail a turn
                logger.warning("latencies could not be read", exc_info=True)
        return self._others.get(name)

    def observe(self, model: str, milliseconds: float, *, streamed: bool = False) -> None:
        """Count one answer."""
        name, now = _name(model, streamed), self._clock.monotonic()
        with self._lock:
            before = self._own.get(name, milliseconds)
            average = before + WEIGHT_OF_LATEST * (milliseconds - before)
            self._own[name] = average
            due = not _is_own(model) and now - self._shared_at.get(name, -SHARE_SECONDS) >= SHARE_SECONDS
            if due:
                self._shared_at[name] = now
        if due:
            try:
                self._shared.share(name, average)
            except Exception:
                logger.warning("a latency could not be shared", exc_info=True)


def _is_own(average: str) -> bool:
    """Whether it is that of a tenant's own key (`Target.average`)."""
    return " " in average


def _name(model: str, streamed: bool) -> str:
    """The average's name; no model's has a space in it."""
    return f"{model} streamed" if streamed else model

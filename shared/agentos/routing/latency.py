"""How fast each target answers: averaged here, shared with other environments now and then."""

import threading
from collections.abc import Mapping
from typing import Protocol

from agentos.kernel.clock import Clock
from agentos.kernel.logs import logger

WEIGHT_OF_LATEST = 0.2
"""Of an exponentially weighted average: about the last ten answers count."""

SHARE_SECONDS = 60
"""One small write per target and environment in so many seconds, and one read of all."""


class SharedLatencies(Protocol):
    """Where environments tell each other."""

    def all(self) -> Mapping[str, float]: ...
    def share(self, model: str, milliseconds: float) -> None: ...


class Latencies:
    """Averages by model in milliseconds: this environment's own, and the others' where it has none."""

    def __init__(self, shared: SharedLatencies, clock: Clock) -> None:
        self._shared = shared
        self._clock = clock
        self._own: dict[str, float] = {}
        self._others: Mapping[str, float] = {}
        self._read_at: float | None = None
        self._shared_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def of(self, model: str) -> float | None:
        """The average; None where nobody has observed one."""
        if model in self._own:
            return self._own[model]
        now = self._clock.monotonic()
        if self._read_at is None or now - self._read_at >= SHARE_SECONDS:
            self._read_at = now
            try:
                self._others = self._shared.all()
            except Exception:  # a guess less is no reason to fail a turn
                logger.warning("latencies could not be read", exc_info=True)
        return self._others.get(model)

    def observe(self, model: str, milliseconds: float) -> None:
        """Count one answer."""
        now = self._clock.monotonic()
        with self._lock:
            before = self._own.get(model, milliseconds)
            average = before + WEIGHT_OF_LATEST * (milliseconds - before)
            self._own[model] = average
            due = now - self._shared_at.get(model, -SHARE_SECONDS) >= SHARE_SECONDS
            if due:
                self._shared_at[model] = now
        if due:
            try:
                self._shared.share(model, average)
            except Exception:
                logger.warning("a latency could not be shared", exc_info=True)

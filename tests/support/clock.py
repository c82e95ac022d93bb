"""A clock that moves only when a test shifts it or sleeps on it."""

import time

from agentos.kernel.clock import Clock

START = 1_795_348_800.0  # 2026-11-22T12:00:00Z
DAY = 24 * 3600


class FakeClock(Clock):
    def __init__(self) -> None:
        self.passed = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.passed

    def time(self) -> float:
        return START + self.passed

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds

    def jitter(self, seconds: float) -> float:
        return seconds

    def advance(self, seconds: float) -> None:
        self.passed += seconds


class ShiftedClock(Clock):
    """The real clock of a machine whose time of day is off; `shift` in seconds may change at any moment."""

    def __init__(self, start: float | None = None) -> None:
        """`start`: what it shows now, in seconds since the epoch, instead of the time."""
        self._offset = start - super().time() if start else 0.0
        self.shift: float = 0

    def time(self) -> float:
        return super().time() + self._offset + self.shift


def noon() -> float:
    """Today at 12:00 UTC, in seconds since the epoch. No minute, day or month ends during a test that begins then."""
    return time.time() // DAY * DAY + DAY / 2

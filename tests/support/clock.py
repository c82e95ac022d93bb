"""A clock that moves only when a test shifts it or sleeps on it."""

from agentos.kernel.clock import Clock

START = 1_795_348_800.0  # 2026-11-22T12:00:00Z


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

    def __init__(self, shift: float = 0) -> None:
        self.shift = shift

    def time(self) -> float:
        return super().time() + self.shift

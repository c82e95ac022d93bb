"""Time as a dependency: what waits or measures takes a Clock, so that a test can own time."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime


class Clock:
    """The real clock. A test's clock overrides all four."""

    def monotonic(self) -> float:
        """Seconds that never go backwards, for measuring."""
        return time.monotonic()

    def time(self) -> float:
        """Seconds since the epoch, for what is stored and compared across machines."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def jitter(self, seconds: float) -> float:
        """A random part of `seconds`, so that many waiters do not come back at once."""
        return random.uniform(0, seconds)  # noqa: S311 - nothing secret about a pause

    def now(self) -> str:
        """The time as the contract writes it."""
        return timestamp(self.time())


def timestamp(epoch_seconds: float) -> str:
    """ISO 8601 UTC with milliseconds and `Z`."""
    moment = datetime.fromtimestamp(epoch_seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(text: str) -> float:
    """The seconds since the epoch that `timestamp` wrote."""
    return datetime.fromisoformat(text).timestamp()


@dataclass(frozen=True)
class Deadline:
    """A moment on the monotonic clock by which everything must have ended.

    It comes at once when `client_gone` says that nobody waits any more.
    """

    clock: Clock
    at: float
    client_gone: Callable[[], bool] = lambda: False

    @classmethod
    def after(cls, seconds: float, clock: Clock, client_gone: Callable[[], bool] = lambda: False) -> "Deadline":
        return cls(clock, clock.monotonic() + seconds, client_gone)

    def remaining(self) -> float:
        """Seconds left; never negative."""
        return 0.0 if self.client_gone() else max(0.0, self.at - self.clock.monotonic())

    def earlier(self, seconds: float) -> "Deadline":
        """The same deadline with `seconds` kept back."""
        return replace(self, at=self.at - seconds)

    def ignoring_client(self) -> "Deadline":
        """The same moment, whether anybody waits or not."""
        return Deadline(self.clock, self.at)

    def at_most(self, seconds: float) -> "Deadline":
        """This deadline, or `seconds` from now if that comes first."""
        return replace(self, at=min(self.at, self.clock.monotonic() + seconds))


@dataclass(frozen=True)
class Timeouts:
    """Seconds from the start of a call: until an answer has begun, and until it is to be whole."""

    first_output: float
    total: float

"""Time as a dependency. Code that waits or measures takes a Clock, so that a test can control time."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple


class Clock:
    """The real clock. A test's clock overrides its first four methods."""

    def monotonic(self) -> float:
        """Seconds of a clock that never goes backwards, for durations."""
        return time.monotonic()

    def time(self) -> float:
        """Seconds since the epoch, for times that are stored or compared across machines."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        time.sleep(seconds)

    def jitter(self, seconds: float) -> float:
        """A random part of `seconds`, so that many waiters do not return at the same moment."""
        return random.uniform(0, seconds)  # noqa: S311 - a pause is no secret

    def now(self) -> str:
        """The time in the format of the API."""
        return timestamp(self.time())


def timestamp(epoch_seconds: float) -> str:
    """ISO 8601 UTC with milliseconds and `Z`."""
    moment = datetime.fromtimestamp(epoch_seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(text: str) -> float:
    """The seconds since the epoch of a text that `timestamp` wrote."""
    return datetime.fromisoformat(text).timestamp()


class Deadline(NamedTuple):
    """A moment on the monotonic clock by which everything must have ended.

    It has passed as soon as `client_gone` is true, because then nobody waits for the result. `aborted`: also ends an
    upstream call that is under way.
    """

    clock: Clock
    at: float
    client_gone: Callable[[], bool] = lambda: False
    aborted: Callable[[], bool] | None = None

    @classmethod
    def after(cls, seconds: float, clock: Clock, client_gone: Callable[[], bool] = lambda: False) -> "Deadline":
        return cls(clock, clock.monotonic() + seconds, client_gone)

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return 0.0 if self.client_gone() else max(0.0, self.at - self.clock.monotonic())

    def earlier(self, seconds: float) -> "Deadline":
        """The deadline moved forward by `seconds`, which stay reserved for later work."""
        return self._replace(at=self.at - seconds)

    def ignoring_client(self) -> "Deadline":
        """The same moment, even if the client has disconnected."""
        return Deadline(self.clock, self.at)

    def cancelled_by(self, cancelled: Callable[[], bool], *, aborts: bool = False) -> "Deadline":
        """The same deadline. It also comes at once when `cancelled` returns True. `aborts`: so does the end of an
        upstream call that is under way, which has been paid for otherwise."""
        gone = self.client_gone
        aborted = cancelled if aborts else self.aborted
        return self._replace(client_gone=lambda: gone() or cancelled(), aborted=aborted)

    def at_most(self, seconds: float) -> "Deadline":
        """The earlier of this deadline and `seconds` from now."""
        return self._replace(at=min(self.at, self.clock.monotonic() + seconds))


class Timeouts(NamedTuple):
    """Seconds from the start of an upstream call: until the first output, and until the complete answer.

    `aborted`: the call ends soon after this returns True.
    """

    first_output: float
    total: float
    aborted: Callable[[], bool] | None = None

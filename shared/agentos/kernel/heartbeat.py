"""Calls a function again and again while some work lives.

Most work ends before the first call. So one thread of the process watches all that lives, and a heartbeat gets a thread
of its own only when its first call is near: to start a thread costs as much processor time as a request.
"""

import contextvars
import threading
import time
from collections.abc import Callable

from agentos.kernel.clock import Clock

CHECK_SECONDS = 1.0
"""How long a thread waits at most before it looks at the clocks again."""


class Heartbeat:
    """Calls `beat` after `first` seconds, then after as many seconds as the last call returned; None ends it.

    Time is measured by the monotonic clock and by the time of day, whichever runs ahead: the monotonic clock may stand
    still while Lambda freezes an environment. After a freeze an overdue call is made within CHECK_SECONDS.
    """

    def __init__(self, beat: Callable[[], float | None], first: float, clock: Clock) -> None:
        self._beat = beat
        self._clock = clock
        self._pause: float | None = first
        self._began = clock.monotonic(), clock.time()
        self._stopped = threading.Event()
        self._context = contextvars.copy_context()  # log lines of the thread carry the ids of the work
        if self.is_near():
            self.start()
        else:
            _watch.add(self)

    def stop(self) -> None:
        """End it. A call that is being made, or is about to be, is not waited for."""
        self._stopped.set()
        _watch.remove(self)

    def is_near(self) -> bool:
        """Whether the first call is due within CHECK_SECONDS."""
        return self._left(self._pause or 0.0) <= CHECK_SECONDS

    def start(self) -> None:
        """Wait for the calls in a thread of its own from now on."""
        threading.Thread(target=self._context.run, args=[self._run], name="heartbeat", daemon=True).start()

    def _run(self) -> None:
        while self._pause is not None:
            if not self._wait(self._pause):
                return
            self._pause = self._beat()
            self._began = self._clock.monotonic(), self._clock.time()

    def _wait(self, seconds: float) -> bool:
        """Whether the time has passed; False where the heartbeat was stopped meanwhile."""
        while True:
            left = self._left(seconds)
            if self._stopped.wait(min(CHECK_SECONDS, max(0.0, left))):
                return False
            if left <= 0:
                return True

    def _left(self, seconds: float) -> float:
        """What is left of so many seconds since the last call."""
        monotonic, of_day = self._began
        return seconds - max(self._clock.monotonic() - monotonic, self._clock.time() - of_day)


class _Watch:
    """Starts those whose first call is near. Its thread ends when none is left."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: set[Heartbeat] = set()
        self._thread: threading.Thread | None = None

    def add(self, heartbeat: Heartbeat) -> None:
        with self._lock:
            self._waiting.add(heartbeat)
            if self._thread is None or not self._thread.is_alive():  # a process that was forked has no threads
                self._thread = threading.Thread(target=self._run, name="heartbeats", daemon=True)
                self._thread.start()

    def remove(self, heartbeat: Heartbeat) -> None:
        with self._lock:
            self._waiting.discard(heartbeat)

    def _run(self) -> None:
        while True:
            time.sleep(CHECK_SECONDS)
            with self._lock:
                near = {one for one in self._waiting if one.is_near()}
                self._waiting -= near
                for one in near:
                    one.start()
                if not self._waiting:
                    self._thread = None
                    return


_watch = _Watch()

"""Calls a function again and again while some work lives, in a thread of its own."""

import contextvars
import threading
from collections.abc import Callable

from agentos.kernel.clock import Clock

CHECK_SECONDS = 1.0
"""How long the thread waits at most before it looks at the clocks again."""


class Heartbeat:
    """Calls `beat` after `first` seconds, then after as many seconds as the last call returned; None ends it.

    Time is measured by the monotonic clock and by the time of day, whichever runs ahead: the monotonic clock may stand
    still while Lambda freezes an environment. After a freeze an overdue call is made within CHECK_SECONDS.
    """

    def __init__(self, beat: Callable[[], float | None], first: float, clock: Clock) -> None:
        self._beat = beat
        self._clock = clock
        self._stopped = threading.Event()
        context = contextvars.copy_context()  # log lines of the thread carry the ids of the work
        threading.Thread(target=context.run, args=[self._run, first], name="heartbeat", daemon=True).start()

    def stop(self) -> None:
        """End it. A call that is being made, or is about to be, is not waited for."""
        self._stopped.set()

    def _run(self, pause: float | None) -> None:
        while pause is not None:
            if not self._wait(pause):
                return
            pause = self._beat()

    def _wait(self, seconds: float) -> bool:
        """Whether the time has passed; False where the heartbeat was stopped meanwhile."""
        started, started_of_day = self._clock.monotonic(), self._clock.time()
        while True:
            passed = max(self._clock.monotonic() - started, self._clock.time() - started_of_day)
            if self._stopped.wait(min(CHECK_SECONDS, max(0.0, seconds - passed))):
                return False
            if passed >= seconds:
                return True

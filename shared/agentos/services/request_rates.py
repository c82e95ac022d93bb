"""Bounds how often a key is used in a minute, over all execution environments, without a write for each request.

An environment takes a share of the minute's requests at a time, and hands them out from memory. Minutes are those of
the clock, so that in any sixty seconds there are at most twice as many requests as the key allows. A share that an
environment took and did not use is lost until the minute ends.
"""

import math
import threading
from dataclasses import dataclass

from agentos.domain.callers import Caller
from agentos.kernel.clock import Clock
from agentos.kernel.errors import Throttled
from agentos.kernel.recent import Recent
from agentos.store.request_rates import RequestRateStore

SHARES = 20
"""Into how many shares a minute's requests are divided. A key with fewer requests than that has one in each."""

MAX_KEYS = 1000
"""How many keys' shares a process remembers."""


@dataclass
class _Share:
    minute: int
    left: int
    exhausted: bool = False


class RequestRates:
    """What `requestsPerMinute` of a key promises."""

    def __init__(self, store: RequestRateStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._shares: Recent[str, _Share] = Recent(MAX_KEYS)  # what a key that leaves had left is lost
        self._lock = threading.Lock()

    def count(self, caller: Caller) -> None:
        """One request of the caller. Raises Throttled with the seconds until the next minute."""
        if caller.requests_per_minute is None or caller.key_id is None:
            return
        now = self._clock.time()
        minute = int(now // 60)
        with self._lock:  # a key's requests wait for one another while a share is taken
            share = self._share(caller.key_id, minute)
            if share.left == 0 and not share.exhausted:
                wanted = max(1, caller.requests_per_minute // SHARES)
                share.left = self._store.take(caller.key_id, minute, wanted, caller.requests_per_minute)
                share.exhausted = share.left == 0
            if share.left == 0:
                raise _throttled(caller.requests_per_minute, now)
            share.left -= 1

    def _share(self, key_id: str, minute: int) -> _Share:
        share = self._shares.get(key_id)
        if share is None or share.minute != minute:
            share = self._shares.put(key_id, _Share(minute, 0))
        return share


def _throttled(limit: int, now: float) -> Throttled:
    seconds = max(1, math.ceil(60 - now % 60))
    return Throttled(
        f"The key allows {limit} requests in a minute.",
        {"requestsPerMinute": limit},
        {"retry-after": str(seconds)},
    )

"""A step from no load to a steady one: what API Gateway and Lambda refuse while environments start, and afterwards.

Messages are a flow here, second by second: fluctuations are left out, and demand.py adds them. A client that was
refused does not try again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.scaling.inputs import Limits, Load

PARTS = 20
"""Points for each second at which the share of running turns is taken."""

LAST_SHARE = 1e-6
"""Below it a turn counts as ended."""


@dataclass(frozen=True)
class Second:
    """What became of the messages of one second, and how many environments there are and work at its end."""

    throttled_by_gateway: float
    throttled_by_lambda: float
    warm: float
    cold: float
    environments: float
    busy: float


@dataclass(frozen=True)
class Ramp:
    """All seconds of a step."""

    load: Load
    seconds: Sequence[Second]

    def share(self, name: str) -> float:
        """Of all messages, those with that fate: the name of a field of `Second`."""
        return float(sum(getattr(second, name) for second in self.seconds)) / (self.load.rate * len(self.seconds))

    @property
    def cold_starts(self) -> float:
        return sum(second.cold for second in self.seconds)

    @property
    def most_cold_starts(self) -> float:
        """In one second."""
        return max(second.cold for second in self.seconds)

    @property
    def seconds_to_scale(self) -> int | None:
        """The second from which on nothing is refused; None if that does not come."""
        refused = [
            number
            for number, second in enumerate(self.seconds)
            if second.throttled_by_gateway + second.throttled_by_lambda > self.load.rate * 1e-9
        ]
        after = refused[-1] + 1 if refused else 0
        return after if after < len(self.seconds) else None


def running(load: Load) -> list[float]:
    """Of turns that begin with second 0, the share that runs in each second. The sum is the mean duration."""
    shares: list[float] = []
    while not shares or shares[-1] > LAST_SHARE:
        times = (len(shares) + (part + 0.5) / PARTS for part in range(PARTS))
        shares.append(sum(map(load.longer_than, times)) / PARTS)
    return shares


def ramp(load: Load, limits: Limits, length: int = 600) -> Ramp:
    """So many seconds of the load, from a stack that has no environment."""
    warm_shares = running(load)
    cold_shares = [1.0] * load.init_seconds + warm_shares
    tokens, starts, environments = limits.gateway_burst, limits.environments_at_once, 0.0
    warms, colds, seconds = list[float](), list[float](), list[Second]()
    for _ in range(length):
        available = tokens + limits.gateway_rate
        passed = min(load.rate, available)
        tokens = min(limits.gateway_burst, available - passed)
        before = _busy(warms, warm_shares) + _busy(colds, cold_shares)
        warm = min(passed, max(0.0, environments - before) / warm_shares[0])
        cold = min(passed - warm, starts, limits.concurrency - environments)
        starts = min(limits.environments_at_once, starts - cold + limits.new_environments)
        warms.append(warm)
        colds.append(cold)
        environments += cold
        busy = before + warm * warm_shares[0] + cold * cold_shares[0]
        seconds.append(Second(load.rate - passed, passed - warm - cold, warm, cold, environments, busy))
    return Ramp(load, seconds)


def _busy(begun: Sequence[float], shares: Sequence[float]) -> float:
    """How many turns of earlier seconds run in the next one."""
    latest = begun[-len(shares) + 1 :]
    return sum(count * share for count, share in zip(reversed(latest), shares[1:], strict=False))

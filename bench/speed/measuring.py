"""CPU time of calls, as medians of rounds with their quartiles. Rounds of several calls take turns, so that what else
the machine does falls on all of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """The median and the quartiles of some rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> "Measured":
        """Two values or more."""
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, low, high)

    def to_json(self) -> dict[str, float]:
        return {"median": round(self.median, 4), "low": round(self.low, 4), "high": round(self.high, 4)}


Call = Callable[[], object]
Clock = Callable[[], float]


def cpu(
    calls: Mapping[str, Call], seconds: float = 0.1, rounds: int = 9, clocks: Mapping[str, Clock] | None = None
) -> dict[str, list[float]]:
    """Milliseconds of this process's CPU time, all threads included, for one call of each name, round by round.

    A round of a call takes about so many seconds. `clocks`: seconds of CPU time of those calls that another process
    answers, which is then the one that is measured.
    """
    clock = {name: (clocks or {}).get(name, time.process_time) for name in calls}
    counts = {name: _calls_in(call, seconds, clock[name]) for name, call in calls.items()}
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            found[name].append(_one_round(call, counts[name], clock[name]))
    return found


def ratios(found: Mapping[str, list[float]], floor: str) -> dict[str, Measured]:
    """Each name's ratio to the floor of the same round."""
    return {
        name: Measured.of([mine / base for mine, base in zip(values, found[floor], strict=True)])
        for name, values in found.items()
    }


def _calls_in(call: Call, seconds: float, clock: Clock) -> int:
    """How many calls fit into the time, after some that warm up."""
    for _ in range(5):
        call()
    began, calls = clock(), 0
    while clock() - began < seconds:
        call()
        calls += 1
    return max(calls, 1)


def _one_round(call: Call, calls: int, clock: Clock) -> float:
    began = clock()
    for _ in range(calls):
        call()
    return (clock() - began) / calls * 1000

"""The tables of docs/scaling.md, between their markers."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.scaling.background import PROMISED_SECONDS, waits
from bench.scaling.demand import demand_of, utilisation
from bench.scaling.inputs import Limits, Load
from bench.scaling.ramp import ramp

PAGE = Path(__file__).parents[2] / "docs" / "scaling.md"
MARKED = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.S)

RATES = (10, 1_000, 2_500, 100_000)
"""2,500 is what the page recommends for one cell."""
PROVIDER_SECONDS = (1, 3, 10)
BACKGROUND_RATES = (1, 3, 10, 100)
TURN_CONCURRENCY = (10, 100, 1_000)
LENGTH = 3_600
"""Seconds of a step: as long as the highest rate needs to scale."""


def concurrency() -> Iterator[str]:
    """Environments by rate and by the provider's time."""
    yield "| messages/s | provider's seconds | at work, mean | environments needed | of the quota of 1,000 |"
    yield "|---:|---:|---:|---:|---:|"
    for rate in RATES:
        for seconds in PROVIDER_SECONDS:
            need = demand_of(Load(rate, seconds))
            share = need.environments / Limits().concurrency
            yield f"| {rate:,} | {seconds} | {need.busy:,.0f} | {need.environments:,} | {share:,.0%} |"


def step() -> Iterator[str]:
    """What becomes of the first hour of a load that begins at once."""
    yield (
        "| messages/s | quotas | answered | refused by API Gateway | refused by Lambda | nothing refused after"
        " | cold starts | most in a second |"
    )
    yield "|---:|---|---:|---:|---:|---:|---:|---:|"
    for rate in RATES:
        load = Load(rate)
        raised = Limits().raised(rate, demand_of(load).environments)
        for name, limits in (("default", Limits()), ("raised", raised)):
            found = ramp(load, limits, LENGTH)
            scaled = found.seconds_to_scale
            yield (
                f"| {rate:,} | {name} | {found.share('warm') + found.share('cold'):.1%}"
                f" | {found.share('throttled_by_gateway'):.1%} | {found.share('throttled_by_lambda'):.1%}"
                f" | {'never' if scaled is None else f'{scaled:,} s'}"
                f" | {found.cold_starts:,.0f} | {found.most_cold_starts:,.0f} |"
            )


def partitions() -> Iterator[str]:
    """The share of each limit, where the provider takes three seconds."""
    names = list(utilisation(demand_of(Load(1)), Limits()))
    yield f"| messages/s | {' | '.join(names)} |"
    yield f"|---:|{'---:|' * len(names)}"
    for rate in RATES:
        shares = utilisation(demand_of(Load(rate)), Limits()).values()
        yield f"| {rate:,} | {' | '.join(f'{share:,.1%}' for share in shares)} |"


def background() -> Iterator[str]:
    """How long the turn that was accepted last waits, after ten minutes."""
    yield f"| background turns/s | {' | '.join(f'`TurnConcurrency` {bound:,}' for bound in TURN_CONCURRENCY)} |"
    yield f"|---:|{'---:|' * len(TURN_CONCURRENCY)}"
    for rate in BACKGROUND_RATES:
        load = Load(rate)
        ages = {bound: waits(load, bound)[-1] for bound in TURN_CONCURRENCY}
        cells = (f"{age:,.0f} s{_verdict(age, rate * load.seconds > bound)}" for bound, age in ages.items())
        yield f"| {rate:,} | {' | '.join(cells)} |"


def _verdict(age: float, grows: bool) -> str:
    return ", too late" if age > PROMISED_SECONDS else ", grows" * grows


TABLES: dict[str, Callable[[], Iterator[str]]] = {
    "concurrency": concurrency,
    "step": step,
    "partitions": partitions,
    "background": background,
}


def written(page: str) -> str:
    """The page with the tables as they are computed now."""
    return MARKED.sub(lambda found: "\n".join((found[1] + next(lines := TABLES[found[2]]()), *lines, found[3])), page)

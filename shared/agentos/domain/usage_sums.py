"""Sums of usage: what records add to which group, and how groups are added up to a report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import Context, Decimal
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import PlainSerializer

from agentos.domain.usage_records import CountedUsage, RecordedAttempt, UsageRecord
from agentos.kernel.values import AsGiven, Value

EXACT = Context(prec=38)
"""As many digits as DynamoDB's numbers have; Python's own default is 28."""

GroupName = Literal["day", "model", "provider", "agent", "key", "user"]
GROUPS: tuple[GroupName, ...] = get_args(GroupName)


class Group(NamedTuple):
    """What a sum is of. `day` is a date of UTC. None: the turns had none, or the sum is over all of them."""

    day: str | None = None
    model: str | None = None
    provider: str | None = None
    agent: str | None = None
    key: str | None = None
    user: str | None = None


@dataclass(frozen=True)
class Sums:
    """Numbers of turns and calls, tokens, and US dollars.

    `fallbacks`: turns that a fallback answered. `failed`: turns whose client got an error. `cost_usd` is the exact sum
    of the costs that are known, `unpriced` the number of counted calls whose cost is not. `estimated`: calls whose
    counts are partly our estimate. A count that is not known adds nothing. `failed_attempts`: calls without an answer.
    `latency_ms`: the milliseconds of the calls that answered, `timed_attempts` their number, so that one divided by the
    other is their average. What earlier versions have stored has none of these three.
    """

    turns: int = 0
    attempts: int = 0
    fallbacks: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    unpriced: int = 0
    estimated: int = 0
    failed_attempts: int = 0
    timed_attempts: int = 0
    latency_ms: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        cost = EXACT.add(self.cost_usd, other.cost_usd)
        return Sums(**{name: getattr(self, name) + getattr(other, name) for name in COUNTS} | {"cost_usd": cost})


COUNTS = tuple(field.name for field in fields(Sums))
"""The names of the numbers, in the order of reports."""

NOTHING = Sums()


def contributions(record: UsageRecord) -> dict[Group, Sums]:
    """What a record adds to which group. A call counts at its own model, the turn at the model of its last call, which
    is the one that answered if any did."""
    found: dict[Group, Sums] = {}
    for attempt in record.attempts:
        _add(found, _group(record, attempt), _of_call(attempt))
    turn = Sums(turns=1, fallbacks=int(record.fallback), failed=int(record.failed))
    _add(found, _group(record, record.attempts[-1]), turn)
    return found


def _group(record: UsageRecord, attempt: RecordedAttempt) -> Group:
    return Group(record.day, attempt.model, attempt.provider, record.agent_id, record.key_id, record.user_id)


def _of_call(attempt: RecordedAttempt) -> Sums:
    answered = attempt.outcome == "ok"
    timed = answered and attempt.latency_ms is not None
    usage = attempt.usage or CountedUsage(cost_usd=Decimal(0))  # what was not counted cost nothing
    return Sums(
        attempts=1,
        prompt_tokens=usage.prompt_tokens or 0,
        completion_tokens=usage.completion_tokens or 0,
        cached_tokens=usage.cached_tokens or 0,
        cache_write_tokens=usage.cache_write_tokens or 0,
        reasoning_tokens=usage.reasoning_tokens or 0,
        cost_usd=usage.cost_usd or Decimal(0),
        unpriced=int(usage.cost_usd is None),
        estimated=int(usage.estimated),
        failed_attempts=int(not answered),
        timed_attempts=int(timed),
        latency_ms=(attempt.latency_ms or 0) if timed else 0,
    )


def _add(found: dict[Group, Sums], group: Group, sums: Sums) -> None:
    found[group] = found.get(group, NOTHING) + sums


def summed(parts: Iterable[tuple[Group, Sums]]) -> dict[Group, Sums]:
    """One sum for each group."""
    found: dict[Group, Sums] = {}
    for group, sums in parts:
        _add(found, group, sums)
    return found


def only(group: Group, names: Iterable[GroupName]) -> Group:
    """The group by these names alone."""
    return Group(**{name: getattr(group, name) for name in names})


Dollars = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""An exact amount in USD. JSON has no decimal numbers, so that it is rounded there, once."""


class UsageRow(AsGiven):
    """Sums of one group. It has the names by which the report is grouped."""

    day: str | None = None
    model: str | None = None
    provider: str | None = None
    agent: str | None = None
    key: str | None = None
    user: str | None = None
    turns: int
    attempts: int
    fallbacks: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    cost_usd: Dollars
    unpriced: int
    estimated: int
    failed_attempts: int
    timed_attempts: int
    latency_ms: int


class UsageTotal(Value):
    """Sums over all groups."""

    turns: int
    attempts: int
    fallbacks: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    cost_usd: Dollars
    unpriced: int
    estimated: int
    failed_attempts: int
    timed_attempts: int
    latency_ms: int


class UsageReport(Value):
    """`GET /usage`."""

    data: tuple[UsageRow, ...]
    total: UsageTotal


def report(sums: Mapping[Group, Sums], names: Iterable[GroupName]) -> UsageReport:
    """The sums, sorted by their groups; what a group lacks comes first."""
    names = tuple(names)
    rows = [
        UsageRow(**{name: getattr(group, name) for name in names}, **_numbers(sums[group])) for group in in_order(sums)
    ]
    total = sum(sums.values(), NOTHING)
    return UsageReport(data=tuple(rows), total=UsageTotal(**_numbers(total)))


def in_order(groups: Iterable[Group]) -> list[Group]:
    """Sorted; None before every text."""
    return sorted(groups, key=lambda group: tuple((value is not None, value or "") for value in group))


def _numbers(sums: Sums) -> dict[str, Any]:
    return {name: getattr(sums, name) for name in COUNTS}

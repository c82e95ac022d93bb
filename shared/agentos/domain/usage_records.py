"""The record of what a turn used: one for each turn, or completion at a door, for which a provider was asked.

It has every upstream call, also those that failed and those whose answer was thrown away. A cost is an exact decimal
number, or None where it is not known.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from agentos.domain.budgets import Cost, cost_of
from agentos.domain.routing import Attempt
from agentos.kernel.clock import timestamp
from agentos.kernel.ids import made_at_milliseconds
from agentos.kernel.values import Value

ANSWERED = frozenset({"completed", "requires_action"})
"""The outcomes of turns that did not fail."""


class CountedUsage(Value):
    """What a call used, in tokens and USD. None is unknown, never 0."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: Decimal | None = None
    estimated: bool = False


class RecordedAttempt(Value):
    """One upstream call. `usage` is None where it failed and its provider counted nothing.

    `latency_ms` is None in the records of earlier versions.
    """

    model: str
    provider: str
    outcome: str
    latency_ms: int | None = None
    usage: CountedUsage | None = None


class UsageRecord(Value):
    """A turn's usage. `outcome` is the state of its reply, or the code of the error that its client got.

    `agent_id` is None at a door that was asked for a model, `session_id` at every door. `door` is where it came in:
    `messages`, `background`, or the name of a door's function, such as `chat_completions`. `attempts` has one call or
    more, in order. `reserves`: where in budgets the turn had reserves.
    """

    turn_id: str
    tenant: str
    door: str
    outcome: str
    attempts: tuple[RecordedAttempt, ...]
    agent_id: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    key_id: str | None = None
    fallback: bool = False
    reserves: tuple[str, ...] = ()

    @property
    def started_at(self) -> str:
        """When the turn began (UTC, milliseconds): its id says so."""
        return timestamp(made_at_milliseconds(self.turn_id) / 1000)

    @property
    def day(self) -> str:
        """The date of its begin, in UTC."""
        return self.started_at[:10]

    @property
    def failed(self) -> bool:
        """Whether its client got an error."""
        return self.outcome not in ANSWERED

    @property
    def cost(self) -> Cost:
        """What all its calls have cost."""
        return cost_of(attempt.usage for attempt in self.attempts)

    def to_stored(self) -> dict[str, Any]:
        """The record as JSON without what says nothing. An amount is a text, since a float is not exact."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def recorded(attempts: Iterable[Attempt]) -> tuple[RecordedAttempt, ...]:
    """What is recorded of a turn's calls."""
    return tuple(
        RecordedAttempt(
            model=attempt.model,
            provider=attempt.provider,
            outcome=attempt.outcome,
            latency_ms=attempt.latency_ms,
            usage=_counted(attempt),
        )
        for attempt in attempts
    )


def _counted(attempt: Attempt) -> CountedUsage | None:
    usage = attempt.usage
    if usage is None:
        return None
    return CountedUsage(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cached_tokens=usage.cached_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cost_usd=None if usage.cost_usd is None else Decimal(str(usage.cost_usd)),
        estimated=usage.estimated,
    )

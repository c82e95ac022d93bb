"""What upstream calls used: the counts that providers gave, and what they cost."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from agentos.domain.conversation import TokenCount
from agentos.domain.prices import Price, cost
from agentos.kernel.values import Value


class AttemptUsage(Value):
    """What one upstream call used; None is unknown, never 0. `total_tokens` and `cost_usd` need every count.

    `estimated`: the answer broke off, and at least one count is our estimate.
    """

    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    cached_tokens: int | None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None
    estimated: bool = False


class Usage(AttemptUsage):
    """What one turn used. Tokens are those of the call that answered; `cost_usd` is the sum over all calls.

    `latency_ms` is the whole turn's time, `first_token_ms` the part until the first text of a streamed answer.
    """

    latency_ms: int
    first_token_ms: int | None = None


def attempt_usage(
    tokens: TokenCount, prices: tuple[Price, ...], when: datetime, *, trust_cost: bool = False, estimated: bool = False
) -> AttemptUsage:
    """The usage of a call at `when`. `trust_cost`: the cost that the provider itself gave is what it bills."""
    told = tokens.cost if trust_cost else None
    usd = cost(prices, tokens, when) if told is None else told
    known = tokens.prompt is not None
    return AttemptUsage(
        prompt_tokens=tokens.prompt,
        completion_tokens=tokens.completion,
        total_tokens=_total(tokens.prompt, tokens.completion),
        cached_tokens=tokens.cached if known else None,
        cache_write_tokens=tokens.cache_write if known else None,
        reasoning_tokens=tokens.reasoning,
        cost_usd=None if usd is None else float(usd),
        estimated=estimated,
    )


def total_cost(usages: Iterable[AttemptUsage]) -> float | None:
    """The sum in USD, exact; None as soon as one is unknown."""
    return add_costs(usage.cost_usd for usage in usages)


def add_costs(costs: Iterable[float | None]) -> float | None:
    """The exact sum of decimal amounts in USD; None as soon as one is unknown."""
    total = Decimal()
    for usd in costs:
        if usd is None:
            return None
        total += Decimal(str(usd))
    return float(total)


def _total(prompt: int | None, completion: int | None) -> int | None:
    return None if prompt is None or completion is None else prompt + completion

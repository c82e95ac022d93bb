"""What recorded turns would have cost at another model: its prices for the counts that were recorded. Pure.

Only turns whose own cost and whose other cost are both known are compared, so that the two sums are of the same turns.
All others are counted by the reason why they are left out.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from agentos.domain.prices import cost, moment, price_at
from agentos.domain.routing import ModelFacts
from agentos.domain.usage_records import CountedUsage, UsageRecord
from agentos.domain.usage_sums import EXACT, Dollars
from agentos.kernel.ids import made_at_milliseconds
from agentos.kernel.values import Value

EMBEDDINGS = "embeddings"
WHAT_IF = "what_if"
"""Doors whose records are not alike: vectors, and trials of what another model would have answered."""


class LeftOut(StrEnum):
    """Why a turn is not compared."""

    NO_ANSWER = "no_answer"
    UNKNOWN_TOKENS = "unknown_tokens"
    UNKNOWN_PRICE = "unknown_price"
    UNKNOWN_COST = "unknown_cost"
    OTHER_KIND = "other_kind"
    TRIAL = "trial"


class _Counted(NamedTuple):
    """Recorded counts as prices see them. How long entries of the cache were to last is not recorded."""

    prompt: int | None
    completion: int | None
    cached: int
    cache_write: int
    cache_write_1h: int = 0


class Recosted(NamedTuple):
    """A turn's own cost, and what it would have cost, in USD; or why it is left out."""

    own: Decimal = Decimal()
    other: Decimal = Decimal()
    left_out: LeftOut | None = None


def recosted(record: UsageRecord, facts: ModelFacts) -> Recosted:
    """The turn as one call of the model with these facts, at the price of the moment when the turn began.

    Its own cost is that of all its calls, thrown away answers among them. The other is that of one call with the tokens
    of the answer.
    """
    if record.door == WHAT_IF:
        return Recosted(left_out=LeftOut.TRIAL)
    if (record.door == EMBEDDINGS) != (facts.vector_space is not None):
        return Recosted(left_out=LeftOut.OTHER_KIND)
    usage = record.attempts[-1].usage
    if usage is None:
        return Recosted(left_out=LeftOut.NO_ANSWER)
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        return Recosted(left_out=LeftOut.UNKNOWN_TOKENS)
    own = [attempt.usage.cost_usd for attempt in record.attempts if attempt.usage]
    known = [amount for amount in own if amount is not None]
    if len(known) < len(own):
        return Recosted(left_out=LeftOut.UNKNOWN_COST)
    when = moment(made_at_milliseconds(record.turn_id) / 1000)
    price = price_at(facts.price, when)
    if price is None:
        return Recosted(left_out=LeftOut.UNKNOWN_PRICE)
    writes = price.rates(usage.prompt_tokens, when).cache_write is not None
    other = cost((price,), _counts(usage, writes=writes), when)
    if other is None:
        return Recosted(left_out=LeftOut.UNKNOWN_PRICE)
    return Recosted(_sum(known), other)


def _counts(usage: CountedUsage, *, writes: bool) -> _Counted:
    """`writes`: the model has a price for tokens that are written to a cache. Without, they cost as others do."""
    written = (usage.cache_write_tokens or 0) if writes else 0
    return _Counted(usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens or 0, written)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = Decimal()
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total


class RecostRow(Value):
    """Turns of a day (UTC), and of those that are `compared`, both sums; null where none is."""

    day: str
    turns: int
    compared: int
    cost_usd: Dollars | None
    what_if_cost_usd: Dollars | None
    left_out: Mapping[LeftOut, int]


class RecostTotal(Value):
    """The same over all days of the page."""

    turns: int
    compared: int
    cost_usd: Dollars | None
    what_if_cost_usd: Dollars | None
    left_out: Mapping[LeftOut, int]


class RecostPage(Value):
    """`POST /usage/what-if`. `model`: at whose prices."""

    model: str
    data: tuple[RecostRow, ...]
    total: RecostTotal
    has_more: bool
    next_cursor: str | None


def page_of(model: str, turns: Iterable[tuple[str, Recosted]], next_cursor: str | None) -> RecostPage:
    """The page of these turns, each with its day."""
    days: dict[str, list[Recosted]] = {}
    for day, turn in turns:
        days.setdefault(day, []).append(turn)
    everything = [turn for of_day in days.values() for turn in of_day]
    return RecostPage(
        model=model,
        data=tuple(RecostRow(day=day, **_numbers(days[day])) for day in sorted(days)),
        total=RecostTotal(**_numbers(everything)),
        has_more=next_cursor is not None,
        next_cursor=next_cursor,
    )


def _numbers(turns: list[Recosted]) -> dict[str, object]:
    compared = [turn for turn in turns if turn.left_out is None]
    reasons = [turn.left_out for turn in turns if turn.left_out]
    return {
        "turns": len(turns),
        "compared": len(compared),
        "cost_usd": _sum(turn.own for turn in compared) if compared else None,
        "what_if_cost_usd": _sum(turn.other for turn in compared) if compared else None,
        "left_out": {reason: reasons.count(reason) for reason in LeftOut if reason in reasons},
    }

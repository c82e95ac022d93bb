"""Budgets: how much a tenant or a key may spend in a period, and amounts of money and tokens. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import Annotated, Literal, NamedTuple, Protocol

from pydantic import AfterValidator, Field, model_validator

from agentos.kernel.values import Number, Value, Whole

Period = Literal["day", "week", "month", "total"]
"""Calendar periods in UTC. A week begins on Monday. `total` never ends."""

CENT_DIGITS = 6
"""The decimals that a limit in USD may have."""

USD_DIGITS = 15
"""Amounts are kept to so many decimals. With the 13 digits of _MOST_USD they are the 28 that Decimal computes with."""

MOST_USD = 1e9
"""The highest limit."""

_SMALLEST = Decimal(1).scaleb(-USD_DIGITS)
_MOST_USD = Decimal(10**12)


class Amount(NamedTuple):
    """USD and tokens, which budgets count side by side."""

    usd: Decimal = Decimal()
    tokens: int = 0

    @property
    def both(self) -> tuple[Decimal | int, Decimal | int]:
        """The two, for what is done with each."""
        return self.usd, self.tokens

    def plus(self, other: "Amount") -> "Amount":
        return Amount(self.usd + other.usd, self.tokens + other.tokens)

    def minus(self, other: "Amount") -> "Amount":
        return Amount(self.usd - other.usd, self.tokens - other.tokens)


NOTHING = Amount()


class Cost(NamedTuple):
    """What a turn has cost; None is unknown."""

    usd: Decimal | None = None
    tokens: int | None = None

    def known(self, otherwise: Amount) -> Amount:
        """The amount. What is unknown counts as `otherwise`, the most that the turn had reserved."""
        usd = otherwise.usd if self.usd is None else self.usd
        return Amount(rounded(usd), otherwise.tokens if self.tokens is None else self.tokens)


NO_COST = Cost(Decimal(), 0)


def rounded(usd: Decimal) -> Decimal:
    """The amount as it can be stored."""
    return min(usd, _MOST_USD).quantize(_SMALLEST, ROUND_HALF_EVEN)


def few_decimals(usd: float) -> float:
    """The amount if it can be kept exactly. Raises ValueError."""
    exponent = Decimal(str(usd)).normalize().as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -CENT_DIGITS:
        raise ValueError(f"must have at most {CENT_DIGITS} decimals")
    return usd


class NewBudget(Value):
    """The body of a PUT. `usd` and `tokens`: the limits of each period. `warn_at`: a share of them, from 0 to 1.

    `allow_unpriced`: models whose price is not known may be asked although `usd` cannot hold them.
    """

    period: Period
    usd: Annotated[Number, Field(ge=0, le=MOST_USD), AfterValidator(few_decimals)] | None = None
    tokens: Annotated[Whole, Field(ge=0, le=10**15)] | None = None
    warn_at: Annotated[Number, Field(gt=0, le=1)] | None = None
    allow_unpriced: Annotated[bool, Field(strict=True)] = False

    @model_validator(mode="after")
    def _limits_something(self) -> "NewBudget":
        if self.usd is None and self.tokens is None:
            raise ValueError("must have a limit: usd, tokens or both")
        return self

    @property
    def limit_usd(self) -> Decimal | None:
        """The limit, exact."""
        return None if self.usd is None else Decimal(str(self.usd))

    @property
    def limit(self) -> Amount:
        """Both limits, 0 where there is none."""
        return Amount(self.limit_usd or Decimal(), self.tokens or 0)


class BudgetState(Value):
    """A budget and what is spent and reserved of it in its present period. `resets_at` is None for `total`.

    `spent_usd` is None only of a session of which it is not known.
    """

    scope: str
    period: Period
    limit_usd: float | None
    limit_tokens: int | None
    spent_usd: float | None
    spent_tokens: int
    reserved_usd: float
    reserved_tokens: int
    warn_at: float | None
    allow_unpriced: bool
    resets_at: str | None


def period_start(period: Period, when: float) -> int:
    """When the period began that includes a moment. Both in seconds since the epoch; 0 for `total`."""
    if period == "total":
        return 0
    moment = datetime.fromtimestamp(when, UTC)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "week":
        midnight -= timedelta(days=midnight.weekday())
    elif period == "month":
        midnight = midnight.replace(day=1)
    return int(midnight.timestamp())


def period_end(period: Period, start: int) -> int | None:
    """When the next period begins after the one that began at `start`; None for `total`."""
    if period == "total":
        return None
    days = {"day": 1, "week": 7, "month": 31}[period]
    return period_start(period, start + timedelta(days=days, hours=1).total_seconds())


LANES: tuple[tuple[Amount, int], ...] = (
    (Amount(Decimal(100_000), 10**10), 32),
    (Amount(Decimal(1_000), 10**8), 8),
)
"""How many lanes a budget is split into, by its limit: the first row of which either limit reaches the amount. What a
lane bears is computed in docs/adr/0019."""


def lanes_for(limit: Amount) -> int:
    """The number of lanes for a budget of this limit."""
    reached = (lanes for least, lanes in LANES if limit.usd >= least.usd or limit.tokens >= least.tokens)
    return next(reached, 1)


def shares(limit: Amount, lanes: int) -> list[Amount]:
    """The limit split evenly; the first lane has what the division leaves. The sum is exactly the limit."""
    usd = (limit.usd / lanes).quantize(Decimal(1).scaleb(-CENT_DIGITS), ROUND_DOWN)
    even = Amount(usd, limit.tokens // lanes)
    first = Amount(limit.usd - even.usd * (lanes - 1), limit.tokens - even.tokens * (lanes - 1))
    return [first, *[even] * (lanes - 1)]


def levelled(rooms: list[Decimal]) -> list[Decimal]:
    """The same sum, with debts (rooms below 0) paid by those that have room, as far as they can."""
    debt = -sum((room for room in rooms if room < 0), Decimal())
    paid = min(debt, sum((room for room in rooms if room > 0), Decimal()))
    takes = gives = paid
    result = []
    for room in rooms:
        change = min(-room, takes) if room < 0 else -min(room, gives)
        takes -= max(change, Decimal())
        gives += min(change, Decimal())
        result.append(room + change)
    return result


class Used(Protocol):
    """The counts of one upstream call; None is unknown."""

    @property
    def prompt_tokens(self) -> int | None: ...
    @property
    def completion_tokens(self) -> int | None: ...
    @property
    def cost_usd(self) -> float | Decimal | None: ...


def cost_of(calls: Iterable[Used | None]) -> Cost:
    """What a turn's calls have cost. A call that failed and of which nothing was counted (None) cost nothing."""
    usd: Decimal | None = Decimal()
    tokens: int | None = 0
    for used in calls:
        if used is None:
            continue
        counts = used.prompt_tokens, used.completion_tokens
        usd = None if usd is None or used.cost_usd is None else usd + Decimal(str(used.cost_usd))
        tokens = None if tokens is None or None in counts else tokens + sum(count or 0 for count in counts)
    return Cost(usd, tokens)

"""What tokens cost: prices as data, and the one function that applies them. Pure, in exact decimal arithmetic.

A model has one price or several with dates. A price has rates in USD per million tokens. Its steps (`over`) replace
rates for long prompts; its off-peak windows (`offPeak`) replace them at certain hours.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from agentos.kernel.values import Value, not_empty

STALE_DAYS = 90
"""Days after which prices that nobody has checked again are reported (ACCESS, section 4)."""


def _json_number(rate: Decimal) -> float:
    return float(rate)  # `float` itself would do, but pydantic takes a millisecond to find out the signature of a type


Rate = Annotated[Decimal, Field(ge=0, allow_inf_nan=False), PlainSerializer(_json_number, when_used="json")]
"""USD per million tokens. YAML's 0.1 is exactly a tenth here; it leaves as a JSON number."""


def _instant(value: Any) -> Any:
    """A date is its first moment in UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.combine(value, time(), UTC) if isinstance(value, date) else value


Instant = Annotated[datetime, BeforeValidator(_instant)]
"""A date (`2026-12-01`, from midnight UTC) or a time."""


class Counted(Protocol):
    """Numbers of tokens as prices see them. `prompt` includes the other prompt counts; None is unknown."""

    @property
    def prompt(self) -> int | None: ...
    @property
    def completion(self) -> int | None: ...
    @property
    def cached(self) -> int: ...
    @property
    def cache_write(self) -> int: ...
    @property
    def cache_write_1h(self) -> int: ...


class Rates(Value):
    """USD per million tokens; None inherits, or is unknown where there is nothing to inherit from.

    `cacheWrite1h` is for cache entries that last an hour; `cacheWrite` is for all others.
    """

    input: Rate | None = None
    cached_input: Rate | None = None
    cache_write: Rate | None = None
    cache_write_1h: Annotated[Rate | None, Field(alias="cacheWrite1h")] = None
    output: Rate | None = None

    def replaced_by(self, other: "Rates") -> "Rates":
        """These rates, except for those that `other` names."""
        if not other.model_fields_set:
            return self
        return Rates(**{name: _named(other, name, getattr(self, name)) for name in Rates.model_fields})


def _named(rates: Rates, name: str, otherwise: Decimal | None) -> Decimal | None:
    rate: Decimal | None = getattr(rates, name)
    return otherwise if rate is None else rate


Steps = dict[Annotated[int, Field(gt=0)], Rates]
"""Rates for prompts of *more* tokens than the key, cached and written ones included. They hold for the whole call."""

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _hours(text: str) -> str:
    _span(text)
    return text


def _span(text: str) -> tuple[timedelta, timedelta]:
    """Begin and end of `HH:MM-HH:MM`, since midnight. An end that is not after the begin is on the next day."""
    begin, end = (_since_midnight(part) for part in text.split("-", 1)) if "-" in text else (None, None)
    if begin is None or end is None or begin >= timedelta(days=1):
        raise ValueError('must be "HH:MM-HH:MM", such as "16:30-00:30"')
    return begin, end if end > begin else end + timedelta(days=1)


def _since_midnight(text: str) -> timedelta | None:
    hours, colon, minutes = text.strip().partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2):
        return None
    moment = timedelta(hours=int(hours), minutes=int(minutes))
    return moment if int(minutes) < 60 and moment <= timedelta(days=1) else None


def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)  # UTC needs no time zone database


def _zone_name(name: str) -> str:
    try:
        _zone(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("is not a time zone") from error
    return name


class OffPeak(Rates):
    """Rates that hold at certain hours. A span of hours belongs to the day on which it begins.

    `days` and `dates` name the days; without either, every day is one.
    """

    hours: Annotated[tuple[Annotated[str, AfterValidator(_hours)], ...], AfterValidator(not_empty)]
    days: tuple[Day, ...] = ()
    dates: tuple[date, ...] = ()
    time_zone: Annotated[str, AfterValidator(_zone_name)] = "UTC"
    over: Steps = {}

    def holds(self, when: datetime) -> bool:
        local = when.astimezone(_zone(self.time_zone))
        return any(self._holds(local, day) for day in (local.date(), local.date() - timedelta(days=1)))

    def _holds(self, local: datetime, day: date) -> bool:
        """Whether a span that begins on this day includes the moment."""
        if (self.days or self.dates) and DAYS[day.weekday()] not in self.days and day not in self.dates:
            return False
        passed = local.replace(tzinfo=None) - datetime.combine(day, time())
        return any(begin <= passed < end for begin, end in map(_span, self.hours))


def _one_or_several(model: type[Value]) -> WrapValidator:
    """Takes one mapping as well as a list of them; an error about the one names its fields without an index."""

    def validate(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        if isinstance(value, dict):
            return (model.model_validate(value, by_alias=True, by_name=False),)
        if isinstance(value, model):
            return (value,)
        return handler(() if value is None else value)

    return WrapValidator(validate)


class Price(Rates):
    """Rates with their steps and off-peak windows; `from` (inclusive) and `until` (exclusive) bound its validity."""

    input: Rate
    output: Rate
    over: Steps = {}
    off_peak: Annotated[tuple[OffPeak, ...], _one_or_several(OffPeak)] = ()
    since: Annotated[Instant | None, Field(alias="from")] = None
    until: Instant | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Price":
        if self.since and self.until and self.since >= self.until:
            raise ValueError("from must be before until")
        return self

    def holds(self, when: datetime) -> bool:
        return (self.since is None or self.since <= when) and (self.until is None or when < self.until)

    def rates(self, prompt_tokens: int, when: datetime) -> Rates:
        """The rates for a prompt of this length: the plain ones, then off-peak ones, then the steps it passes."""
        window = next((window for window in self.off_peak if window.holds(when)), None)
        rates: Rates = self.replaced_by(window) if window else self
        for steps in (self.over, window.over if window else {}):
            for bound in sorted(steps):
                if prompt_tokens > bound:
                    rates = rates.replaced_by(steps[bound])
        return rates


def _without_overlap(prices: tuple[Price, ...]) -> tuple[Price, ...]:
    earliest, latest = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    spans = sorted((price.since or earliest, price.until or latest) for price in prices)
    if any(until > since for (_, until), (since, _) in pairwise(spans)):
        raise ValueError("two prices hold at the same time: bound them by from and until")
    return prices


Prices = Annotated[tuple[Price, ...], _one_or_several(Price), AfterValidator(_without_overlap)]
"""A model's price, or its prices by date; none at all is unknown."""


def moment(epoch_seconds: float) -> datetime:
    """The moment in UTC."""
    return datetime.fromtimestamp(epoch_seconds, UTC)


def price_at(prices: tuple[Price, ...], when: datetime) -> Price | None:
    """The price in force at a moment; None is unknown."""
    return next((price for price in prices if price.holds(when)), None)


def cost(prices: tuple[Price, ...], tokens: Counted, when: datetime) -> Decimal | None:
    """USD for one call, exact. None if a price or a count is unknown.

    Cached tokens without a rate of their own cost as much as any other. Written ones without a rate make the cost
    unknown, because vendors charge more for them.
    """
    price = price_at(prices, when)
    if price is None or tokens.prompt is None or tokens.completion is None:
        return None
    rates = price.rates(tokens.prompt, when)
    cached = min(tokens.cached, tokens.prompt)
    written = min(tokens.cache_write, tokens.prompt - cached)
    hourly = min(tokens.cache_write_1h, written)
    parts = (
        (tokens.prompt - cached - written, rates.input),
        (cached, rates.input if rates.cached_input is None else rates.cached_input),
        (written - hourly, rates.cache_write),
        (hourly, rates.cache_write_1h),
        (tokens.completion, rates.output),
    )
    if any(count and rate is None for count, rate in parts):
        return None
    return sum((count * rate for count, rate in parts if rate is not None), Decimal()).scaleb(-6)


def days_since_check(checked_at: date | None, when: datetime) -> int | None:
    """Whole days since somebody compared the prices with the vendors' pages; None if that is not known."""
    return None if checked_at is None else (when.date() - checked_at).days

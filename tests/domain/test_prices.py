"""Prices as data: steps, hours, dates, cache writes. Costs are exact or unknown."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from agentos.domain import Price, TokenCount
from agentos.domain.prices import Prices, cost, days_since_check, price_at

PRICES: TypeAdapter[tuple[Price, ...]] = TypeAdapter(Prices)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def prices(document: Any) -> tuple[Price, ...]:
    return PRICES.validate_python(document, by_alias=True, by_name=False)


def usd(document: Any, when: datetime = NOW, **tokens: int | None) -> Decimal | None:
    return cost(prices(document), TokenCount(**{"prompt": 0, "completion": 0, **tokens}), when)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")


# --- steps --------------------------------------------------------------------------------------

STEPPED = {
    "input": 1, "cachedInput": 0.1, "cacheWrite": 1.25, "output": 4,
    "over": {200_000: {"input": 2, "output": 6}, 400_000: {"input": 3, "cachedInput": 0.3}},
}  # fmt: skip


@pytest.mark.parametrize(("tokens", "expected"), [
    ({"prompt": 200_000, "completion": 1000}, "0.204"),
    ({"prompt": 200_001, "completion": 1000}, "0.406002"),  # for the whole call, the answer included
    ({"prompt": 200_001, "cached": 200_001}, "0.0200001"),  # a rate that a step does not name stays
    ({"prompt": 300_000, "cache_write": 150_000}, "0.4875"),  # written tokens count towards the bound
    ({"prompt": 400_001, "cached": 400_001, "completion": 10}, "0.1200603"),  # a step inherits from the one below
])  # fmt: skip
def test_a_step_holds_for_the_whole_call_past_its_bound(tokens: dict[str, int], expected: str) -> None:
    assert usd(STEPPED, **tokens) == Decimal(expected)


# --- dates --------------------------------------------------------------------------------------

DATED = [
    {"until": "2026-12-01", "input": 2, "output": 10},
    {"from": "2026-12-01", "until": "2027-01-01T08:00:00-08:00", "input": 4, "output": 20},
]


@pytest.mark.parametrize(("when", "expected"), [
    ("2020-01-01T00:00:00", 2), ("2026-11-30T23:59:59.999", 2), ("2026-12-01T00:00:00", 4),
    ("2027-01-01T15:59:59", 4), ("2027-01-01T16:00:00", None),
])  # fmt: skip
def test_a_price_holds_from_its_first_moment_until_before_its_last(when: str, expected: int | None) -> None:
    assert usd(DATED, at(when), prompt=1_000_000) == expected
    price = price_at(prices(DATED), at(when))
    assert (price and price.input) == expected


# --- hours --------------------------------------------------------------------------------------


def reduced(**window: Any) -> dict[str, Any]:
    return {"input": 2, "output": 4, "offPeak": {"input": 1, **window}}


@pytest.mark.parametrize(("window", "when", "expected"), [
    ({"hours": ["16:30-00:30"]}, "2026-11-26T16:29:59", 2),
    ({"hours": ["16:30-00:30"]}, "2026-11-26T16:30:00", 1),
    ({"hours": ["16:30-00:30"]}, "2026-11-27T00:29:59", 1),
    ({"hours": ["16:30-00:30"]}, "2026-11-27T00:30:00", 2),
    ({"hours": ["01:00-02:00", "04:00-06:00"]}, "2026-11-27T05:00:00", 1),
    ({"hours": ["00:00-24:00"], "days": ["sat", "sun"]}, "2026-11-27T23:59:59", 2),  # a Friday
    ({"hours": ["00:00-24:00"], "days": ["sat", "sun"]}, "2026-11-28T00:00:00", 1),
    ({"hours": ["22:00-02:00"], "days": ["fri"]}, "2026-11-28T01:00:00", 1),  # the span began on Friday
    ({"hours": ["22:00-02:00"], "days": ["sat"]}, "2026-11-28T01:00:00", 2),
    ({"hours": ["00:00-24:00"], "dates": ["2027-01-01"]}, "2027-01-01T05:00:00", 1),
    ({"hours": ["00:00-24:00"], "dates": ["2027-01-01"]}, "2027-01-02T05:00:00", 2),
    ({"hours": ["00:30-08:30"], "timeZone": "Asia/Shanghai"}, "2026-11-26T16:30:00", 1),
    ({"hours": ["00:30-08:30"], "timeZone": "Asia/Shanghai"}, "2026-11-26T16:29:00", 2),
])  # fmt: skip
def test_off_peak_rates_hold_at_their_hours(window: dict[str, Any], when: str, expected: int) -> None:
    assert usd(reduced(**window), at(when), prompt=1_000_000) == expected
    assert usd(reduced(**window), at(when), completion=1_000_000) == 4, "a rate that is not named stays"


def test_of_several_windows_the_first_that_holds_counts() -> None:
    night, always = {"hours": ["00:00-06:00"], "input": 1}, {"hours": ["00:00-24:00"], "input": 1.5}
    document = {"input": 2, "output": 4, "offPeak": [night, always]}
    assert usd(document, at("2026-11-26T05:00:00"), prompt=1_000_000) == 1
    assert usd(document, at("2026-11-26T06:00:00"), prompt=1_000_000) == Decimal("1.5")


def test_steps_come_after_off_peak_rates_and_a_window_may_have_its_own() -> None:
    window = {"hours": ["00:00-24:00"], "input": 1, "output": 2, "over": {100: {"output": 3}}}
    document = {"input": 2, "output": 4, "over": {100: {"input": 5}}, "offPeak": window}
    assert usd(document, prompt=100, completion=1_000_000) == Decimal("2.0001")
    assert usd(document, prompt=101, completion=1_000_000) == Decimal("3.000505")


# --- what is unknown ------------------------------------------------------------------------------


@pytest.mark.parametrize("tokens", [{"prompt": None}, {"completion": None}, {"prompt": None, "completion": None}])
def test_an_unknown_count_makes_the_cost_unknown(tokens: dict[str, None]) -> None:
    assert usd({"input": 0, "output": 0}, **tokens) is None


def test_cache_writes_without_a_rate_make_the_cost_unknown() -> None:
    plain = {"input": 2, "output": 4}
    assert usd(plain, prompt=100) == Decimal("0.0002")
    assert usd(plain, prompt=100, cache_write=1) is None
    assert usd({**plain, "cacheWrite": 0}, prompt=100, cache_write=100) == 0
    both = {**plain, "cacheWrite": 2.5}
    assert usd(both, prompt=100, cache_write=100) == Decimal("0.00025")
    assert usd(both, prompt=100, cache_write=100, cache_write_1h=40) is None
    assert usd({**both, "cacheWrite1h": 4}, prompt=100, cache_write=100, cache_write_1h=40) == Decimal("0.00031")


def test_cached_tokens_without_a_rate_cost_as_any_other() -> None:
    assert usd({"input": 2, "output": 4}, prompt=100, cached=60) == Decimal("0.0002")


COUNTS = st.integers(0, 10**7)
RATES = st.decimals(0, 1000, places=4)


@given(COUNTS, COUNTS, COUNTS, COUNTS, RATES, RATES, RATES, RATES)
def test_a_cost_is_the_sum_of_its_parts_to_the_last_digit(
    plain: int, cached: int, written: int, completion: int, input_: Decimal, less: Decimal, more: Decimal, out: Decimal
) -> None:
    document = {"input": input_, "cachedInput": less, "cacheWrite": more, "output": out}
    tokens = {"prompt": plain + cached + written, "cached": cached, "cache_write": written, "completion": completion}
    parts = plain * input_ + cached * less + written * more + completion * out
    assert usd(document, **tokens) == parts / 1_000_000


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_counts_that_contradict_each_other_never_cost_more_than_the_prompt(
    prompt: int, cached: int, written: int, hourly: int
) -> None:
    document = {"input": 1, "cachedInput": 1, "cacheWrite": 1, "cacheWrite1h": 1, "output": 0}
    assert usd(document, prompt=prompt, cached=cached, cache_write=written, cache_write_1h=hourly) == Decimal(
        prompt
    ).scaleb(-6)


# --- mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("document", "named"), [
    ({"input": 1}, "output"),
    ({"input": -1, "output": 1}, "input"),
    ({"input": 1, "output": 1, "over": {0: {"input": 1}}}, "over"),
    ({"input": 1, "output": 1, "ovr": {}}, "ovr"),
    ({"input": 1, "output": 1, "offPeak": {"input": 1}}, "hours"),
    ({"input": 1, "output": 1, "offPeak": {"hours": ["9-17"]}}, "HH:MM-HH:MM"),
    ({"input": 1, "output": 1, "offPeak": {"hours": ["09:00-24:30"]}}, "HH:MM-HH:MM"),
    ({"input": 1, "output": 1, "offPeak": {"hours": ["09:00-17:00"], "timeZone": "Mars/Base"}}, "time zone"),
    ({"input": 1, "output": 1, "from": "2026-12-01", "until": "2026-12-01"}, "from must be before until"),
    ({"input": 1, "output": 1, "from": "soon"}, "from"),
    ([{"input": 1, "output": 1, "until": "2027-01-01"}, {"input": 1, "output": 1, "from": "2026-12-01"}], "same time"),
])  # fmt: skip
def test_a_mistake_is_named(document: Any, named: str) -> None:
    with pytest.raises(ValidationError) as caught:
        prices(document)
    assert named in str(caught.value)


def test_days_since_prices_were_checked() -> None:
    assert days_since_check(None, NOW) is None
    assert days_since_check(datetime(2026, 8, 28, tzinfo=UTC).date(), NOW) == 90

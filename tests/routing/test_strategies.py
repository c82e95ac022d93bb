"""The order of a rule's models by price, by speed or by weight, and the assignment of an experiment's variants."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from agentos.domain import CachedPrefix, CacheRoute
from agentos.domain.routing_rules import Experiment, Use, WeightedModel
from agentos.routing.strategies import EXPECTED_COMPLETION_TOKENS, Costs, assign, ordered, pick, saving
from tests.support.settings import settings_of

SETTINGS = settings_of(
    {"a": {"format": "openai", "endpoint": "http://a", "auth": "none"}},
    {
        "a:talker": {"price": {"input": 1, "output": 10}},
        "a:reader": {"price": {"input": 2, "output": 1}},
        "a:gift": {"price": {"input": 0, "output": 0}},
        "a:twin": {"price": {"input": 2, "output": 1}},
    },
)


def order(use: Any, *, prompt: int = 1000, completion: int = 0, latency: Any = None, draw: float = 0.0) -> list[str]:
    made: Use = TypeAdapter(Use).validate_python(use)
    return ordered(made, Costs(SETTINGS, prompt, completion, 0.0), (latency or {}).get, draw)


def cheapest(*models: str) -> dict[str, Any]:
    return {"strategy": "cheapest", "among": list(models)}


def fastest(*models: str) -> dict[str, Any]:
    return {"strategy": "fastest", "among": list(models)}


def weighted(**shares: float) -> dict[str, Any]:
    return {"strategy": "weighted", "among": [{"model": f"a:{name}", "weight": w} for name, w in shares.items()]}


def test_a_model_or_a_list_keeps_its_own_order() -> None:
    assert order("a:x") == ["a:x"]
    assert order(["a:z", "a:x"]) == ["a:z", "a:x"]


def test_the_cheapest_depends_on_prompt_and_expected_answer() -> None:
    both = cheapest("a:talker", "a:reader")
    assert order(both, prompt=10_000, completion=100) == ["a:talker", "a:reader"]  # 11,000 against 20,100
    assert order(both, prompt=1_000, completion=1_000) == ["a:reader", "a:talker"]
    # Without maxTokens an answer of a usual length is expected: the two cost the same at nine times its tokens.
    assert order(both, prompt=9 * EXPECTED_COMPLETION_TOKENS - 1) == ["a:reader", "a:talker"]
    assert order(both, prompt=9 * EXPECTED_COMPLETION_TOKENS + 1) == ["a:talker", "a:reader"]


def test_an_unknown_price_is_not_cheap_and_the_order_given_settles_ties() -> None:
    assert order(cheapest("a:unlisted", "a:talker", "a:gift")) == ["a:gift", "a:talker", "a:unlisted"]
    assert order(cheapest("a:twin", "a:reader")) == ["a:twin", "a:reader"]
    assert order(cheapest("a:u2", "a:u1")) == ["a:u2", "a:u1"]


def test_the_fastest_by_what_was_observed() -> None:
    three = fastest("a:1", "a:2", "a:3")
    assert order(three) == ["a:1", "a:2", "a:3"]
    assert order(three, latency={"a:1": 900, "a:2": 300, "a:3": 500}) == ["a:2", "a:3", "a:1"]
    assert order(three, latency={"a:1": 900, "a:3": 500}) == ["a:3", "a:2", "a:1"], (
        "one that nobody knows keeps its place"
    )
    assert order(three, latency={"a:1": 5, "a:2": 5, "a:3": 5}) == ["a:1", "a:2", "a:3"]
    assert order(fastest("a:1", "a:2", "a:1"), latency={"a:1": 9, "a:2": 3}) == ["a:2", "a:1", "a:1"]


@pytest.mark.parametrize(
    ("draw", "first"), [(0.0, "x"), (0.69, "x"), (0.71, "y"), (0.89, "y"), (0.91, "z"), (1.0, "z")]
)
def test_the_first_model_is_drawn_by_weight_and_the_others_follow(draw: float, first: str) -> None:
    drawn = order(weighted(x=7, y=2, z=1), draw=draw)
    assert drawn[0] == f"a:{first}"
    assert drawn[1:] == [model for model in ("a:x", "a:y", "a:z") if model != drawn[0]]


SHARES = st.lists(st.integers(1, 1000), min_size=1, max_size=6)


def shares(weights: list[int]) -> tuple[WeightedModel, ...]:
    return tuple(WeightedModel(model=f"a:{place}", weight=weight) for place, weight in enumerate(weights))


@given(SHARES)
def test_draws_follow_the_weights(weights: list[int]) -> None:
    total = sum(weights)
    drawn = Counter(pick(shares(weights), (place + 0.5) / total) for place in range(total))
    assert [drawn[f"a:{place}"] for place in range(len(weights))] == weights


def experiment(weights: list[int], salt: str = "s") -> Experiment:
    return Experiment(name="test", salt=salt, variants=shares(weights))


@given(SHARES, st.text(max_size=30), st.text(max_size=10))
def test_a_session_keeps_its_variant(weights: list[int], session: str, salt: str) -> None:
    assert assign(experiment(weights, salt), session) == assign(experiment(weights, salt), session)


def test_variants_are_assigned_by_weight_and_another_salt_is_another_draw() -> None:
    sessions = [f"sess_{number}" for number in range(4000)]
    given_out = Counter(assign(experiment([3, 1]), session) for session in sessions)
    assert 2850 < given_out["a:0"] < 3150  # five standard deviations around 3000
    moved = sum(assign(experiment([1, 1], "s"), one) != assign(experiment([1, 1], "t"), one) for one in sessions)
    assert 1840 < moved < 2160


def test_adding_a_variant_moves_no_other_session() -> None:
    """When the last variant's share grows, sessions move to it alone."""
    for number in range(500):
        before, after = assign(experiment([5, 1]), f"s{number}"), assign(experiment([5, 5]), f"s{number}")
        assert after in (before, "a:1")


CACHING = settings_of(
    {"a": {"format": "openai", "endpoint": "http://a", "auth": "none"}},
    {
        "a:dear": {"price": {"input": 3, "cachedInput": 0.3, "cacheWrite": 4, "output": 10}},
        "a:cheap": {"price": {"input": 2, "cachedInput": 0.2, "output": 10}},
        "a:gift": {"price": {"input": 0.1, "output": 0.1}},
    },
)


def with_prefix(use: Any, tokens: int, *, prompt: int = 10_000, draw: float = 0.0) -> tuple[list[str], Any]:
    """The order where a:dear has so much of the prompt in its cache, and what it saves to stay there."""
    made: Use = TypeAdapter(Use).validate_python(use)
    costs = Costs(CACHING, prompt, 100, 0.0, CachedPrefix("a:dear", tokens))
    return ordered(made, costs, {}.get, draw), saving(made, costs)


def test_the_cheapest_is_the_one_that_has_the_prompt_as_long_as_that_is_cheaper() -> None:
    both = cheapest("a:cheap", "a:dear")
    # 9,000 read at 0.3, 1,000 written at 4, 100 said at 10: 7,700; elsewhere 10,000 at 2 and 100 at 10: 21,000
    assert with_prefix(both, 9_000) == (
        ["a:dear", "a:cheap"], CacheRoute(model="a:dear", cached_tokens=9_000, saved_usd=0.0133),
    )  # fmt: skip
    assert with_prefix(both, 2_000) == (["a:cheap", "a:dear"], None)
    assert with_prefix(cheapest("a:cheap", "a:dear", "a:gift"), 9_000)[0][0] == "a:gift"
    assert with_prefix(both, 50_000, prompt=3_000)[1].cached_tokens == 3_000


def test_a_draw_gives_way_to_the_cache_where_that_is_cheaper() -> None:
    shares_ = weighted(cheap=9, dear=1)
    assert with_prefix(shares_, 9_000, draw=0.1)[0] == ["a:dear", "a:cheap"]
    assert with_prefix(shares_, 2_000, draw=0.1) == (["a:cheap", "a:dear"], None)
    assert with_prefix(weighted(gift=9, dear=1), 9_000, draw=0.1)[0] == ["a:gift", "a:dear"]


@pytest.mark.parametrize("use", ["a:cheap", ["a:cheap", "a:dear"], fastest("a:cheap", "a:dear")])
def test_an_order_that_was_given_stays(use: Any) -> None:
    order_, saved = with_prefix(use, 9_000)
    assert (order_[0], saved) == ("a:cheap", None)

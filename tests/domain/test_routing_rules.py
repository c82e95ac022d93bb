"""What a rule matches, which rules are refused, and which rules can never match."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agentos.domain.routing_rules import Rule, When, first_match, unreachable

Case = tuple[Any, Any, bool]  # a condition, the fact, whether it holds


def holds(condition: Any, fact: Any, name: str = "metadata.x") -> bool:
    return When.model_validate({name: condition}).matches({name: fact})


@pytest.mark.parametrize(("condition", "fact", "expected"), [
    ("gold", "gold", True), ("gold", "Gold", False), ("gold", "golden", False), ("", "", True), ("", "x", False),
    (1, 1, True), (1, 1.0, True), (1, "1", False), (1, True, False), (0, False, False), (1.5, 1.5, True),
    (True, True, True), (True, False, False), (True, 1, False), (True, "true", False), (False, None, False),
    ("x", {"x": 1}, False),
])  # fmt: skip
def test_values_are_compared_as_json(condition: Any, fact: Any, expected: bool) -> None:
    assert holds(condition, fact) is expected


@pytest.mark.parametrize(("condition", "fact", "expected"), [
    (["a", "b"], "b", True), (["a", "b"], "c", False), ([1, "b", True], True, True), (["eu-*", "us"], "eu-1", True),
    ("a", ["a", "b"], True), ("c", ["a", "b"], False), (["c", "b"], ["a", "b"], True), ("a", [], False),
    ({"gte": 2}, [1, 3], True), ({"gte": 2}, [1], False),
])  # fmt: skip
def test_one_common_value_of_two_lists_is_enough(condition: Any, fact: Any, expected: bool) -> None:
    assert holds(condition, fact) is expected


@pytest.mark.parametrize(("condition", "fact", "expected"), [
    ("*", "anything", True), ("*", "", True), ("*", None, False), ("*", 7, False),
    ("eu-*", "eu-west-1", True), ("eu-*", "eu-", True), ("eu-*", "neu-1", False), ("*-1", "eu-1", True),
    ("a*c*e", "abcde", True), ("a*c*e", "abcd", False), ("a*", "a\nb", True), ("*.*", "a.b", True),
    ("*.*", "ab", False), ("[a-z]*", "b", False), ("a+*", "a+b", True),
])  # fmt: skip
def test_a_star_matches_anything_and_no_other_character_is_special(condition: str, fact: Any, expected: bool) -> None:
    assert holds(condition, fact) is expected


@pytest.mark.parametrize(("condition", "fact", "expected"), [
    ({"gte": 5}, 5, True), ({"gte": 5}, 4, False), ({"gt": 5}, 5, False), ({"gt": 5}, 5.1, True),
    ({"lte": 5}, 5, True), ({"lte": 5}, 6, False), ({"lt": 5}, 5, False), ({"lt": 5}, -5, True),
    ({"gte": 1, "lt": 3}, 2, True), ({"gte": 1, "lt": 3}, 3, False), ({"gte": 1}, "2", False),
    ({"gte": 1}, True, False), ({"gte": 1}, None, False), ({"gte": 1}, 10**400, True),
])  # fmt: skip
def test_a_range_holds_for_numbers_within_it(condition: Any, fact: Any, expected: bool) -> None:
    assert holds(condition, fact) is expected


def test_all_conditions_must_hold_and_a_rule_without_any_matches_everything() -> None:
    when = When.model_validate({"taskType": "code", "metadata.tier": ["gold", "platinum"]})
    assert when.matches({"taskType": "code", "metadata.tier": "gold", "metadata.other": 1})
    assert not when.matches({"taskType": "code", "metadata.tier": "silver"})
    assert not when.matches({"taskType": "code"})
    assert When.model_validate({}).matches({})


def test_the_first_rule_that_matches_counts() -> None:
    rules = [rule("a:1", taskType="code"), rule("a:2"), rule("a:3", taskType="code")]
    assert first_match(rules, {"taskType": "code"}) is rules[0]
    assert first_match(rules, {"taskType": "general"}) is rules[1]
    assert first_match(rules[:1], {"taskType": "general"}) is None


# --- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(("when", "place", "reason"), [
    ({"taskTyp": "code"}, ["when"], "'taskTyp' is not a fact; there are model, taskType,"),
    ({"metadata.": "x"}, ["when"], "is not a fact"),
    ({"metadata": "x"}, ["when"], "is not a fact"),
    ({"taskType": 5}, ["when"], "taskType must be str"),
    ({"hasTools": "yes"}, ["when"], "hasTools must be bool"),
    ({"promptTokens": "100"}, ["when"], "promptTokens must be int or float"),
    ({"promptTokens": True}, ["when"], "promptTokens must be int or float"),
    ({"model": {"gte": 1}}, ["when"], "model is not a number"),
    ({"priority": "speed"}, ["when"], "priority is one of cost, latency, quality"),
    ({"priority": ["cost", "speed"]}, ["when"], "priority is one of"),
    ({"taskType": []}, ["when", "taskType", "<list>"], "must not be empty"),
    ({"taskType": None}, ["when", "taskType", "<value>", "str"], "valid string"),
    ({"promptTokens": {}}, ["when", "promptTokens", "<range>"], "at least one of gte, gt, lte, lt"),
    ({"promptTokens": {"gte": 5, "lt": 5}}, ["when", "promptTokens", "<range>"], "has no number in it"),
    ({"promptTokens": {"gt": 5, "lte": 4}}, ["when", "promptTokens", "<range>"], "has no number in it"),
    ({"promptTokens": {"min": 5}}, ["when", "promptTokens", "<range>", "min"], "not permitted"),
    ({"promptTokens": {"gte": "5"}}, ["when", "promptTokens", "<range>", "gte"], "valid number"),
    ({"promptTokens": {"gte": float("nan")}}, ["when", "promptTokens", "<range>", "gte"], "finite"),
    ("code", ["when"], "valid dictionary"),
])  # fmt: skip
def test_a_condition_that_means_nothing_is_refused(when: Any, place: list[str], reason: str) -> None:
    errors = refusal({"when": when, "use": "a:1"})
    assert list(errors[0]["loc"]) == place
    assert reason in errors[0]["msg"]


@pytest.mark.parametrize("condition", ["cost", ["cost", "latency"], "*", "c*"])
def test_every_known_priority_may_be_named(condition: Any) -> None:
    assert When.model_validate({"priority": condition}).matches({"priority": "cost"})


@pytest.mark.parametrize(("use", "reason"), [
    ("gpt", "provider:model"), ([], "must not be empty"), (["a:1", "b"], "provider:model"), (7, "must be a model"),
    ({"strategy": "best", "among": ["a:1"]}, "must be a model"), ({"among": ["a:1"]}, "must be a model"),
    ({"strategy": "cheapest"}, "required"), ({"strategy": "cheapest", "among": []}, "must not be empty"),
    ({"strategy": "fastest", "among": ["a"]}, "provider:model"),
    ({"strategy": "weighted", "among": ["a:1"]}, "valid dictionary"),
    ({"strategy": "weighted", "among": [{"model": "a:1", "weight": 0}]}, "greater than 0"),
    ({"strategy": "weighted", "among": [{"model": "a:1", "weight": "5"}]}, "valid number"),
    ({"strategy": "cheapest", "among": ["a:1"], "amongst": 1}, "not permitted"),
])  # fmt: skip
def test_a_use_that_means_nothing_is_refused(use: Any, reason: str) -> None:
    errors = refusal({"use": use})
    assert errors[0]["loc"][0] == "use"
    assert reason in errors[0]["msg"] or errors[0]["type"].startswith("model_type")


def refusal(value: Any) -> Any:
    with pytest.raises(ValidationError) as caught:
        Rule.model_validate(value)
    return caught.value.errors()


def test_every_model_is_named_with_its_place() -> None:
    assert rule("a:1").models() == [("use", "a:1")]
    assert rule(["a:1", "b:2"]).models() == [("use[0]", "a:1"), ("use[1]", "b:2")]
    assert rule({"strategy": "fastest", "among": ["a:1"]}).models() == [("use.among[0]", "a:1")]
    weighted = rule({"strategy": "weighted", "among": [{"model": "a:1", "weight": 1}]})
    assert weighted.models() == [("use.among[0].model", "a:1")]


# --- rules that could never match -------------------------------------------------------------


def rule(use: Any, **when: Any) -> Rule:
    return Rule.model_validate({"when": when, "use": use})


def tokens(**bounds: int) -> dict[str, Any]:
    return {"promptTokens": bounds}


def crossed(earlier: dict[str, Any], later: dict[str, Any]) -> bool:
    return unreachable([rule("a:1", **earlier), rule("a:2", **later)]) == (1, 0)


@pytest.mark.parametrize(("earlier", "later"), [
    ({}, {}), ({}, {"taskType": "code"}), ({"taskType": "code"}, {"taskType": "code"}),
    ({"taskType": "code"}, {"taskType": "code", "priority": "cost"}), ({"taskType": ["a", "b"]}, {"taskType": "b"}),
    ({"taskType": ["a", "b", "c"]}, {"taskType": ["c", "a"]}), ({"model": "a:*"}, {"model": "a:b*"}),
    ({"model": "*"}, {"model": ["x", "y*"]}), (tokens(gte=5), tokens(gt=5)), (tokens(gte=5), tokens(gte=5, lt=9)),
    (tokens(lt=9), {"promptTokens": 8}), (tokens(lte=9), {"promptTokens": [8, 9]}),
])  # fmt: skip
def test_a_rule_whose_requests_an_earlier_one_always_takes_is_unreachable(
    earlier: dict[str, Any], later: dict[str, Any]
) -> None:
    assert crossed(earlier, later)


@pytest.mark.parametrize(("earlier", "later"), [
    ({"taskType": "code"}, {}), ({"taskType": "code"}, {"taskType": "summary"}),
    ({"taskType": "a"}, {"taskType": ["a", "b"]}), ({"taskType": "code", "priority": "cost"}, {"taskType": "code"}),
    ({"model": "a:b*"}, {"model": "a:*"}), (tokens(gt=5), tokens(gte=5)), (tokens(lt=9), tokens(lte=9)),
    (tokens(lt=9), {"promptTokens": 9}), ({"metadata.x": "1"}, {"metadata.x": 1}),
    ({"metadata.x": "1"}, {"metadata.y": "1"}),
])  # fmt: skip
def test_a_rule_whose_requests_an_earlier_one_may_leave_is_reachable(
    earlier: dict[str, Any], later: dict[str, Any]
) -> None:
    assert not crossed(earlier, later)


def test_the_first_pair_that_crosses_is_named() -> None:
    rules = [rule("a:1", taskType="x"), rule("a:2", taskType="y"), rule("a:3", taskType=["y"]), rule("a:4")]
    assert unreachable(rules) == (2, 1)
    assert unreachable([*rules[:2], rules[3]]) is None


NUMBERS = st.integers(0, 4)
TEXTS = st.text("ab*", max_size=3)
CONDITIONS = (
    TEXTS
    | NUMBERS
    | st.booleans()
    | st.lists(TEXTS | NUMBERS, min_size=1, max_size=3)
    | st.builds(lambda low, more: {"gte": low, "lte": low + more}, NUMBERS, NUMBERS)
    | st.builds(lambda low, more: {"gt": low, "lt": low + more + 1}, NUMBERS, NUMBERS)
)
WHENS = st.dictionaries(st.sampled_from(["metadata.x", "metadata.y"]), CONDITIONS, max_size=2)
VALUES = TEXTS.map(lambda text: text.replace("*", "")) | NUMBERS | st.booleans() | st.floats(0, 4)
FACTS = st.dictionaries(st.sampled_from(["metadata.x", "metadata.y"]), VALUES | st.lists(VALUES, max_size=2))


@given(WHENS, WHENS, st.lists(FACTS, max_size=10))
def test_a_rule_that_is_called_unreachable_never_matches(earlier: Any, later: Any, facts: list[Any]) -> None:
    wide, narrow = When.model_validate(earlier), When.model_validate(later)
    if wide.covers(narrow):
        assert all(wide.matches(fact) for fact in facts if narrow.matches(fact))


@given(WHENS)
def test_every_rule_hides_an_equal_one(when: Any) -> None:
    assert When.model_validate(when).covers(When.model_validate(when))

"""What a caller may do: scopes that include others, names of tenants, patterns of models."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos.domain.callers import SCOPES, Caller, Scope, granted, matches_model, model_pattern, tenant_name

SCOPE_SETS = st.frozensets(st.sampled_from(SCOPES))
MODELS = st.from_regex(r"[a-z0-9]{1,6}:[!-~]{1,12}", fullmatch=True)


@pytest.mark.parametrize(
    ("scope", "all_of_it"),
    [
        ("agents:read", {"agents:read"}),
        ("agents:write", {"agents:write", "agents:read"}),
        ("chat", {"chat"}),
        ("usage", {"usage"}),
        ("admin", {"admin", "usage"}),
    ],
)
def test_what_a_scope_includes(scope: Scope, all_of_it: set[Scope]) -> None:
    assert granted([scope]) == all_of_it


@given(SCOPE_SETS, SCOPE_SETS)
def test_more_scopes_never_grant_less(some: frozenset[Scope], more: frozenset[Scope]) -> None:
    assert some <= granted(some) <= granted(some | more)
    assert granted(granted(some)) == granted(some)


@given(SCOPE_SETS)
def test_any_caller_may_use_what_asks_for_no_scope(scopes: frozenset[Scope]) -> None:
    caller = Caller(scopes=scopes)
    assert caller.may("any") == caller.known == bool(scopes)
    assert caller.may("open")
    assert caller.may("optional")
    assert {scope for scope in SCOPES if caller.may(scope)} == granted(scopes)


@pytest.mark.parametrize("name", ["a", "acme", "7", "a-b", "a" * 63, "default"])
def test_names_of_tenants(name: str) -> None:
    assert tenant_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", "A", "a#b", "a b", "a/b", "a" * 64, "a\n", "é", "a_b"])
def test_what_is_no_name_of_a_tenant(name: str) -> None:
    with pytest.raises(ValueError, match="lower-case letters"):
        tenant_name(name)


@given(MODELS)
def test_a_model_matches_its_own_name_and_any_text(model: str) -> None:
    assert matches_model(["*"], model)
    assert matches_model([f"{model.partition(':')[0]}:*"], model)
    if "*" not in model:
        assert matches_model([model], model)
        assert not matches_model([model], model + "x")
        assert not matches_model([model], "x" + model)


@given(st.text("ab:*?[]!-", min_size=1, max_size=8), st.text("ab:?[]!-", max_size=8))
def test_only_the_asterisk_is_special(pattern: str, model: str) -> None:
    expression = ".*".join(map(re.escape, pattern.split("*")))
    assert matches_model([pattern], model) == bool(re.fullmatch(expression, model, re.DOTALL))


def test_without_patterns_all_models_may_be_used() -> None:
    assert Caller().may_use("openai:gpt-4o-mini")
    assert not Caller(models=()).may_use("openai:gpt-4o-mini")
    assert Caller(models=("gemini:*", "openai:gpt-4o*")).may_use("openai:gpt-4o-mini")


@pytest.mark.parametrize("text", ["", "openai", "open ai:*", "a:b\n", "a:" + "b" * 300])
def test_what_is_no_pattern(text: str) -> None:
    with pytest.raises(ValueError, match="must be a pattern"):
        model_pattern(text)

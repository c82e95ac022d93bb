"""The routing guide's examples do what the guide says: they are valid, and the planner follows them."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from agentos.domain import Attempt, Plan
from agentos.domain.requests import NewAgent
from agentos.domain.routing_rules import AgentRouting, unreachable
from agentos.kernel.errors import ErrorClass
from agentos.kernel.validation import validated
from agentos.routing.plan import Facts, make_plan
from agentos.routing.policy import POLICIES
from agentos.settings.loading import Settings, load_settings
from tests.support.gateway import ROOT

GUIDE = (ROOT / "docs" / "routing.md").read_text()
BLOCKS = re.findall(r"^```(json|yaml)\n(.*?)^```", GUIDE, re.S | re.M)
JSON = [json.loads(block) for language, block in BLOCKS if language == "json"]
YAML = [block for language, block in BLOCKS if language == "yaml"]
COOKBOOK = GUIDE.partition("## Cookbook")[2].partition("\n## ")[0]
RECIPES = dict(re.findall(r"^\*\*(.*?)\*\*.*?\n```\w+\n(.*?)^```", COOKBOOK, re.S | re.M))


@pytest.fixture(scope="module")
def settings() -> Settings:
    """Every provider with a key."""
    names = [name.upper().replace("-", "_") for name in load_settings({}).providers]
    return load_settings({f"{name}_API_KEY": "key-0123456789" for name in names})


def routing_of(example: dict[str, Any]) -> AgentRouting:
    return validated(
        NewAgent, {"name": "guide", "model": "openai:gpt-4o-mini", "config": {"routing": example}}
    ).config.routing


@pytest.mark.parametrize("example", JSON, ids=lambda example: ",".join(example)[:40])
def test_each_json_example_is_an_agent_its_routing_or_an_attempt(example: dict[str, Any], settings: Settings) -> None:
    if "upstreamModel" in example:
        assert Attempt.model_validate(example).to_json() == example
        return
    agent = validated(NewAgent, example) if "name" in example else None
    routing = agent.config.routing if agent else routing_of(example)
    named = [model for _, model in routing.models()] + ([agent.model, *agent.config.fallbacks()] if agent else [])
    assert named
    assert [name for name in named if name not in settings.models] == [], "examples name models that are listed"
    assert unreachable(routing.rules) is None


@pytest.mark.parametrize("text", YAML)
def test_each_yaml_example_is_an_overlay(text: str, tmp_path: Path) -> None:
    overlay = tmp_path / "own.yaml"
    overlay.write_text(text)
    changed, shipped = load_settings({"AGENTOS_CONFIG": str(overlay)}), load_settings({})
    assert (changed.routing, changed.models) != (shipped.routing, shipped.models)


def test_the_cookbook_is_complete() -> None:
    assert list(RECIPES) == [
        "Fallback.", "Cost.", "Latency.", "Task type.", "Canary.", "Sticky experiment.", "Private gateway.",
        "One provider per tenant",
    ]  # fmt: skip


def plan(recipe: str, settings: Settings, **facts: Any) -> Plan:
    example = json.loads(RECIPES[recipe])
    example = example if "name" in example else {"config": {"routing": example}}
    agent = validated(NewAgent, {"name": "guide", "model": "openai:gpt-4o-mini", **example})
    return make_plan(agent.model, agent.config, Facts(**facts), settings)


@pytest.mark.parametrize(("recipe", "facts", "first"), [
    ("Fallback.", {}, "openai:gpt-4o-mini"),
    ("Cost.", {"priority": "cost"}, "openai:gpt-4o-mini"),
    ("Cost.", {}, "openai:gpt-4o-mini"),
    ("Latency.", {"priority": "latency"}, "cerebras:gpt-oss-120b"),
    ("Task type.", {"task_type": "code"}, "mistral:codestral-latest"),
    ("Task type.", {"prompt_tokens": 100_000}, "gemini:flash-1.5"),
    ("Task type.", {"prompt_tokens": 99_999}, "openai:gpt-4o-mini"),
    ("Canary.", {"draw": 0.94}, "openai:gpt-4o-mini"),
    ("Canary.", {"draw": 0.96}, "openai:gpt-6-luna"),
    ("One provider per tenant", {"metadata": {"region": "eu-west-1"}}, "mistral:mistral-large-latest"),
    ("One provider per tenant", {"metadata": {"tier": "platinum"}}, "openai:gpt-6.1-sol"),
    ("One provider per tenant", {"metadata": {"tier": "tin"}}, "openai:gpt-4o-mini"),
])  # fmt: skip
def test_a_recipe_does_what_it_says(recipe: str, facts: dict[str, Any], first: str, settings: Settings) -> None:
    assert plan(recipe, settings, **facts).targets[0].model == first


def test_fallbacks_follow_in_their_order(settings: Settings) -> None:
    models = [target.model for target in plan("Fallback.", settings).targets]
    assert models[:3] == ["openai:gpt-4o-mini", "gemini:flash-1.5", "groq:llama3-70b"]


def test_the_experiment_halves_sessions(settings: Settings) -> None:
    variants = Counter(
        plan("Sticky experiment.", settings, session_id=f"sess_{number}").targets[0].model for number in range(400)
    )
    assert set(variants) == {"openai:gpt-4o-mini", "openai:gpt-6-luna"}
    assert min(variants.values()) > 140


def test_the_gateway_is_asked_where_no_other_target_is_left(tmp_path: Path) -> None:
    overlay = tmp_path / "own.yaml"
    overlay.write_text(RECIPES["Private gateway."])
    settings = load_settings({"AGENTOS_CONFIG": str(overlay), "MY_GATEWAY_API_KEY": "key-0123456789"})
    config = NewAgent.model_validate({"name": "x", "model": "openai:gpt-4o-mini"}).config
    (target,) = make_plan("openai:gpt-4o-mini", config, Facts(), settings).targets
    assert (target.model, target.upstream_model) == ("my-gateway:general", "general")
    assert settings.providers["my-gateway"].settings.timeout_seconds == 20


def test_every_error_class_is_in_the_table() -> None:
    rows = [line for line in GUIDE.splitlines() if line.startswith("| `") and line.count("|") == 6]
    named = [name for line in rows for name in re.findall(r"`(\w+)`", line.split("|")[1])]
    assert named == [str(error_class) for error_class in ErrorClass]
    for line in rows:
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        for name in re.findall(r"`(\w+)`", cells[0]):
            policy = POLICIES[ErrorClass(name)]
            assert cells[3].startswith(("yes", "those")) is policy.falls_back, name
            assert (cells[4] == "yes") is policy.counts, name


def test_every_limit_is_documented(settings: Settings) -> None:
    names = set(re.findall(r"`limits\.(\w+)`", GUIDE))
    elsewhere = {"historyTokens", "historyMessages", "usageRecordDays"}
    assert names == set(settings.limits.to_json()) - elsewhere

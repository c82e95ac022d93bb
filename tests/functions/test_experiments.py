"""Experiments: every session keeps its variant, and every reply and metric says which."""

import json
from typing import Any

import pytest

from tests.functions.conftest import Chat, Providers
from tests.support.upstream import refusal

VARIANTS = [{"model": "openai:gpt-4o-mini", "weight": 1}, {"model": "gemini:flash-1.5", "weight": 1}]
EXPERIMENT = {"name": "gemini-half", "salt": "2026-11", "variants": VARIANTS}


@pytest.fixture
def agent_id(api: Any, providers: Providers) -> str:
    return str(api.agent(model="openai:gpt-6-luna", config={"routing": {"experiment": EXPERIMENT}}))


def a_chat(api: Any, agent_id: str, variant: str) -> Chat:
    """A session that was given this variant."""
    for _ in range(100):
        session_id = api.session(agent_id)
        plan = api("explain_route", {"content": "x", "sessionId": session_id}, agentId=agent_id).json
        if plan["experiment"]["variant"] == variant:
            return Chat(api, agent_id, session_id)
    raise AssertionError(f"no session of a hundred was given {variant}")


@pytest.mark.parametrize("variant", [one["model"] for one in VARIANTS])
def test_a_session_keeps_its_variant_and_every_reply_says_so(
    api: Any, providers: Providers, agent_id: str, variant: str
) -> None:
    talk = a_chat(api, agent_id, variant)
    for _ in range(3):
        reply = talk.say().json
        assert reply["model"] == variant
        assert reply["route"]["experiment"] == {"name": "gemini-half", "variant": variant}
        assert (reply["route"]["requested"], reply["route"]["fallbackUsed"]) == ("openai:gpt-6-luna", False)


def test_a_fallback_answers_for_the_variant_and_the_session_stays_assigned(
    api: Any, providers: Providers, agent_id: str
) -> None:
    talk = a_chat(api, agent_id, "gemini:flash-1.5")
    providers.gemini.default = refusal(404)
    failed = talk.say().json["route"]
    assert (failed["served"], failed["fallbackUsed"]) == ("openai:gpt-6-luna", True)
    assert failed["experiment"] == {"name": "gemini-half", "variant": "gemini:flash-1.5"}
    providers.set("GEMINI_API_KEY", None)
    skipped = talk.say().json["route"]
    assert (skipped["served"], skipped["experiment"]) == ("openai:gpt-6-luna", failed["experiment"])
    assert talk.messages()[-1]["route"]["experiment"] == failed["experiment"], "and it is stored so"


def test_metrics_tell_the_variant(
    api: Any, providers: Providers, agent_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    talk = a_chat(api, agent_id, "gemini:flash-1.5")
    capsys.readouterr()
    talk.say()
    (metric,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert (metric["experiment"], metric["variant"]) == ("gemini-half", "gemini:flash-1.5")
    assert (metric["model"], metric["Turns"], metric["Attempts"], metric["Fallbacks"]) == (
        "gemini:flash-1.5",
        1,
        1,
        0,
    )
    declared = next(
        one for one in metric["_aws"]["CloudWatchMetrics"] if {"Name": "Turns", "Unit": "Count"} in one["Metrics"]
    )
    assert ["service", "model", "experiment", "variant"] in declared["Dimensions"]


def test_without_an_experiment_nothing_is_said_of_one(
    api: Any, providers: Providers, capsys: pytest.CaptureFixture[str]
) -> None:
    agent_id = api.agent(model="openai:gpt-4o-mini")
    capsys.readouterr()
    assert api.say(agent_id, api.session(agent_id)).json["route"]["experiment"] is None
    (metric,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert not {"experiment", "variant"} & set(metric)

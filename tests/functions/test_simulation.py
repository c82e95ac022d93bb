"""`x-agentos-simulate`: failures on request, only where the configuration allows it."""

from collections.abc import Callable
from typing import Any

import pytest

from agentos.kernel.errors import ErrorClass
from tests.functions.conftest import Chat, Providers, chat

ON = "routing: {simulation: true}"
Configure = Callable[[str], None]


def simulate(talk: Chat, header: str) -> Any:
    body = {"content": "Hello"}
    return talk.api("send_message", body, headers={"X-AgentOS-Simulate": header}, **talk.path)


def outcomes(answer: Any) -> list[tuple[str, str]]:
    attempts = answer.json["route"]["attempts"] if answer.status == 200 else answer.json["details"]["attempts"]
    return [(one["provider"], one["outcome"]) for one in attempts]


@pytest.mark.parametrize("error_class", [one for one in ErrorClass if one != "content_filter"])
def test_a_provider_fails_as_asked_without_being_called_and_the_fallback_answers(
    api: Any, providers: Providers, configure: Configure, error_class: str
) -> None:
    configure(ON)
    answer = simulate(chat(api), f"openai={error_class}")
    assert answer.json["model"] == "gemini:flash-1.5"
    tries = 2 if error_class in ("connect", "server") else 1
    assert outcomes(answer) == [("openai", error_class)] * tries + [("gemini", "ok")]
    assert providers.openai.requests == []


def test_a_simulated_error_without_fallback_ends_the_turn(api: Any, providers: Providers, configure: Configure) -> None:
    configure(ON)
    assert simulate(chat(api), "openai=content_filter").json["code"] == "content_filtered"
    assert providers.openai.requests == providers.gemini.requests == []


def test_several_failures_can_be_simulated_at_once(api: Any, providers: Providers, configure: Configure) -> None:
    configure(ON)
    failed = simulate(chat(api), " openai = quota , gemini=auth,")
    assert (failed.status, failed.json["code"]) == (502, "upstream_failed")
    assert outcomes(failed) == [("openai", "quota"), ("gemini", "auth")]


def test_a_simulated_failure_does_not_count_against_health(
    api: Any, providers: Providers, configure: Configure
) -> None:
    configure(ON)
    talk = chat(api)
    for _ in range(4):
        simulate(talk, "openai=server")
    assert talk.say().json["model"] == "openai:gpt-4o-mini"
    assert [one for one in api("health").json["providers"] if one["circuits"]] == []


@pytest.mark.parametrize("text", ["", "routing: {simulation: false}"])
@pytest.mark.parametrize("header", ["openai=server", "nonsense"])
def test_a_simulated_failure_is_ignored_where_it_is_not_allowed(
    api: Any, providers: Providers, configure: Configure, text: str, header: str
) -> None:
    configure(text)
    assert simulate(chat(api), header).json["model"] == "openai:gpt-4o-mini"


@pytest.mark.parametrize(("header", "reason"), [
    ("nobody=server", "there is no provider 'nobody'"), ("openai", "'' is none of auth, quota,"),
    ("openai=slow", "'slow' is none of auth, quota,"), ("openai=server,=", "there is no provider ''"),
])  # fmt: skip
def test_a_mistake_in_the_variable_is_reported(
    api: Any, providers: Providers, configure: Configure, header: str, reason: str
) -> None:
    configure(ON)
    answer = simulate(chat(api), header)
    assert (answer.status, answer.json["details"]["errors"][0]["field"]) == (400, "x-agentos-simulate")
    assert reason in answer.json["message"]
    assert providers.openai.requests == []

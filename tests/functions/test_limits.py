"""The server's limits and the agent's own, parameters that a model does not take, and clients that have left."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.functions.conftest import Providers, chat
from tests.support.gateway import Context, event, invoke
from tests.support.upstream import Reply, refusal

Configure = Callable[[str], None]


def outcomes(answer: Any) -> list[tuple[str, str]]:
    attempts = answer.json["route"]["attempts"] if answer.status == 200 else answer.json["details"]["attempts"]
    return [(one["provider"], one["outcome"]) for one in attempts]


PARTS = [{"type": "text", "text": "x" * 600}, {"type": "text", "text": "y" * 600}]


@pytest.mark.parametrize("content", ["x" * 1001, "日" * 334, PARTS])
def test_content_over_the_limit_is_refused_before_any_provider_is_called(
    api: Any, providers: Providers, configure: Configure, content: Any
) -> None:
    configure("limits: {contentBytes: 1000}")
    talk = chat(api)
    answer = talk.say(content)
    assert (answer.status, answer.json["code"]) == (413, "payload_too_large")
    assert answer.json["details"]["maxBytes"] == 1000
    assert providers.openai.requests == []
    assert (talk.session()["state"], talk.messages()) == ("idle", [])


@pytest.mark.parametrize("content", ["x" * 500, "日" * 160])
def test_content_up_to_the_limit_is_taken(api: Any, providers: Providers, configure: Configure, content: str) -> None:
    configure("limits: {contentBytes: 1000}")
    assert chat(api).say(content).status == 200


def test_upstream_calls_of_a_turn_are_capped(api: Any, providers: Providers, configure: Configure) -> None:
    configure("limits: {attempts: 3}")
    providers.openai.default = providers.gemini.default = refusal(500)
    failed = chat(api, fallbackModels=["openai:gpt-6-luna"]).say()
    assert outcomes(failed) == [("openai", "server"), ("gemini", "server"), ("openai", "server")]  # each once
    assert (len(providers.openai.requests), len(providers.gemini.requests)) == (2, 1)
    assert (failed.status, failed.headers["x-agentos-attempts"]) == (502, "3")


def test_no_library_multiplies_the_calls(api: Any, providers: Providers) -> None:
    """Two targets fail in every way that is retried: four calls in all, since no library adds retries of its own."""
    providers.openai.default = providers.gemini.default = refusal(503)
    assert chat(api).say().status == 502
    assert (len(providers.openai.requests), len(providers.gemini.requests)) == (2, 2)


def test_a_providers_own_timeout_comes_before_the_servers(api: Any, providers: Providers, configure: Configure) -> None:
    configure("providers: {openai: {timeoutSeconds: 0.3}}")
    release = threading.Event()
    providers.openai.default = Reply({}, before=release.wait)
    try:
        said = chat(api).say()
    finally:
        release.set()
    assert outcomes(said) == [("openai", "timeout"), ("gemini", "ok")]
    assert len(providers.openai.requests) == 1


@pytest.mark.parametrize("limits", ["{turnSeconds: 2.4}", "{commitReserveSeconds: 29.6}"])
def test_the_servers_limits_bound_a_turn(api: Any, providers: Providers, configure: Configure, limits: str) -> None:
    configure(f"limits: {limits}")
    answer = chat(api).say()
    assert (answer.status, answer.json["code"]) == (504, "deadline_exceeded")
    assert providers.openai.requests == []


def test_parameters_that_a_model_does_not_take_are_left_out_or_lowered_with_a_note(
    api: Any, providers: Providers, configure: Configure
) -> None:
    configure("models: {'openai:gpt-4o-mini': {unsupported: [temperature, stop], maxOutputTokens: 100}}")
    providers.openai.default = refusal(404)
    said = chat(api, temperature=0.5, stop="END", maxTokens=500, topP=0.9).say()
    sent = providers.openai.requests[0]
    assert {name: sent[name] for name in sent if name not in ("model", "messages", "prompt_cache_key")} == {
        "max_completion_tokens": 100,
        "top_p": 0.9,
    }
    assert providers.gemini.requests[0]["generationConfig"] == {
        "temperature": 0.5,
        "maxOutputTokens": 500,
        "topP": 0.9,
        "stopSequences": ["END"],
    }
    assert [one["notes"] for one in said.json["route"]["attempts"]] == [
        [
            "temperature left out: the model does not take it",
            "stop left out: the model does not take it",
            "maxTokens lowered to 100, the model's most",
        ],
        [],
    ]


@dataclass
class Leaving(Context):
    """The context of a host that can tell when the client has hung up."""

    gone: threading.Event | None = None

    def client_gone(self) -> bool:
        return self.gone is not None and self.gone.is_set()


@pytest.mark.parametrize("reply", [refusal(500), refusal(401), refusal(429, retry_after="0")])
def test_when_the_client_has_left_no_other_target_is_called(api: Any, providers: Providers, reply: Reply) -> None:
    gone = threading.Event()
    providers.openai.default = Reply(reply.body, reply.status, reply.headers, before=gone.set)
    talk = chat(api)
    answer = invoke("send_message", event({"content": "Hello"}, talk.path), Leaving(gone=gone))
    assert answer.json["code"] == "deadline_exceeded"
    assert len(providers.openai.requests) == 1
    assert providers.gemini.requests == []
    assert (talk.session()["state"], talk.messages()) == ("idle", [])


def test_no_target_is_called_for_a_client_that_left_before(api: Any, providers: Providers) -> None:
    gone = threading.Event()
    gone.set()
    talk = chat(api)
    assert invoke("send_message", event({"content": "Hello"}, talk.path), Leaving(gone=gone)).status == 504
    assert providers.openai.requests == []


def test_an_answer_that_comes_after_the_client_left_is_stored(api: Any, providers: Providers) -> None:
    gone = threading.Event()
    providers.openai.default = Reply(providers.openai.default.body, before=gone.set)
    talk = chat(api)
    assert invoke("send_message", event({"content": "Hello"}, talk.path), Leaving(gone=gone)).status == 200
    assert [message["role"] for message in talk.messages()] == ["user", "assistant"]

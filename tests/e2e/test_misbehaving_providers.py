"""A third party's fakes of OpenAI, Gemini and Anthropic misbehave on demand, and then judge our requests."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local import process
from tests.e2e.hosting import START_SECONDS, Host, start
from tests.support.ports import free_port

LLMOCK = Path(sys.executable).with_name("llmock")
LAST_RESORT = "local:smollm2"


class Llmock:
    """PyPI's llmock, as a process; every scenario is for one provider and one model."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = httpx.Client(base_url=url, trust_env=False)

    def answers(self) -> bool:
        try:
            return self.client.get("/_llmock/scenario").is_success
        except httpx.TransportError:
            return False

    def misbehave(self, provider: str, model: str, **behaviour: Any) -> None:
        """`type` and what belongs to it, for ever unless `times` says how often."""
        match = {"provider": provider, "model": model}
        scenario = {"behaviors": [{"times": None, "match": match, **behaviour}]}
        self.client.post("/_llmock/scenario", json=scenario).raise_for_status()

    def report(self) -> tuple[int, str]:
        """The verdict's exit code, 1 where the client misbehaved, and its text."""
        verdict = subprocess.run([LLMOCK, "report", "--url", self.url], capture_output=True, text=True, check=False)
        return verdict.returncode, verdict.stdout + verdict.stderr


@pytest.fixture(scope="module")
def llmock() -> Iterator[Llmock]:
    port = free_port()
    command = [str(LLMOCK), "serve", "-h", "127.0.0.1", "-p", str(port), "--response-style", "echo"]
    with process.running(command, subprocess.DEVNULL) as server:
        running = Llmock(f"http://127.0.0.1:{port}")
        process.wait_until(running.answers, START_SECONDS, server)
        yield running
        running.client.close()


@pytest.fixture(scope="module")
def broken(llmock: Llmock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A host with the real model whose OpenAI, Gemini and Anthropic are llmock."""
    environment = {
        "LOCAL_MODEL": "1",
        "OPENAI_API_KEY": "sk-for-llmock-0123456789",
        "OPENAI_ENDPOINT": f"{llmock.url}/v1",
        "GEMINI_API_KEY": "AIza-for-llmock-0123456789",
        "GEMINI_ENDPOINT": f"{llmock.url}/gemini/v1beta",
        "ANTHROPIC_API_KEY": "sk-ant-for-llmock-0123456789",
        "ANTHROPIC_ENDPOINT": f"{llmock.url}/anthropic/v1",
    }
    running = start(tmp_path_factory.mktemp("broken"), environment)
    yield running
    running.end()


def fail(status: int, **more: Any) -> dict[str, Any]:
    return {"type": "fail", "status": status, **more}


Behaviour = dict[str, Any]
ASKED_ONCE: list[tuple[Behaviour, str]] = [
    (fail(401), "auth"),
    (fail(403), "auth"),
    (fail(402), "quota"),
    (fail(429, code="insufficient_quota"), "quota"),
    (fail(429, retry_after=3600), "rate_limited"),
    (fail(404, code="model_not_found"), "model_not_found"),
    (fail(503, retry_after=1), "server"),
]
ASKED_TWICE: list[tuple[Behaviour, str]] = [
    (fail(500), "server"),
    (fail(502), "server"),
    (fail(429, retry_after=1), "rate_limited"),
]


def names(case: Any) -> str | None:
    return "-".join(str(value) for value in case.values()) if isinstance(case, dict) else None


def asked(reply: dict[str, Any]) -> list[tuple[str, str]]:
    return [(attempt["provider"], attempt["outcome"]) for attempt in reply["route"]["attempts"]]


def model_of(request: pytest.FixtureRequest) -> str:
    """A model of its own for every case, so that no case finds a target that is cooling down from another."""
    return "".join(letter if letter.isalnum() else "-" for letter in request.node.name)


@pytest.mark.parametrize(("behaviour", "outcome"), ASKED_ONCE, ids=names)
def test_permanent_errors_go_to_the_next_target_at_once(
    broken: Host, llmock: Llmock, request: pytest.FixtureRequest, behaviour: Behaviour, outcome: str
) -> None:
    model = model_of(request)
    llmock.misbehave("openai", model, **behaviour)
    reply = say(broken, model, fallback=f"gemini:{model}")
    assert asked(reply) == [("openai", outcome), ("gemini", "ok")]
    assert reply["model"] == f"gemini:{model}"
    assert "Hello" in reply["content"]


@pytest.mark.parametrize(("behaviour", "outcome"), ASKED_TWICE, ids=names)
def test_temporary_errors_are_retried_once(
    broken: Host, llmock: Llmock, request: pytest.FixtureRequest, behaviour: Behaviour, outcome: str
) -> None:
    model = model_of(request)
    llmock.misbehave("openai", model, **behaviour)
    reply = say(broken, model, fallback=f"gemini:{model}")
    assert asked(reply) == [("openai", outcome), ("openai", outcome), ("gemini", "ok")]


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (fail(401), "auth"),
        (fail(404), "model_not_found"),
        (fail(429, retry_after=3600), "rate_limited"),
        (fail(529, retry_after=3600), "rate_limited"),
        (fail(413), "context_length"),
    ],
    ids=names,
)
def test_anthropics_refusals_go_to_the_next_target(
    broken: Host, llmock: Llmock, request: pytest.FixtureRequest, behaviour: Behaviour, outcome: str
) -> None:
    model = model_of(request)
    llmock.misbehave("anthropic", model, **behaviour)
    reply = say(broken, model, fallback=f"gemini:{model}", provider="anthropic")
    assert asked(reply) == [("anthropic", outcome), ("gemini", "ok")]


def test_anthropic_answers_as_soon_as_it_can(broken: Host, llmock: Llmock, request: pytest.FixtureRequest) -> None:
    model = model_of(request)
    llmock.misbehave("anthropic", model, **fail(500, times=1))
    reply = say(broken, model, provider="anthropic")
    assert asked(reply) == [("anthropic", "server"), ("anthropic", "ok")]
    assert "Hello" in reply["content"]
    assert reply["usage"]["promptTokens"] > 0


def test_a_short_retry_after_is_waited_for(broken: Host, llmock: Llmock, request: pytest.FixtureRequest) -> None:
    """That we wait long enough is for the report to say."""
    model = model_of(request)
    llmock.misbehave("openai", model, **fail(429, retry_after=1, times=1))
    assert asked(say(broken, model)) == [("openai", "rate_limited"), ("openai", "ok")]


def test_a_provider_that_hangs_leaves_time_for_the_next(
    broken: Host, llmock: Llmock, request: pytest.FixtureRequest
) -> None:
    model = model_of(request)
    llmock.misbehave("openai", model, type="delay", seconds=10)
    reply = say(broken, model, fallback=f"gemini:{model}", timeoutSeconds=6)
    assert asked(reply) == [("openai", "timeout"), ("gemini", "ok")]


@pytest.mark.parametrize("status", [400, 422])
def test_what_one_provider_rejects_the_next_one_answers(
    broken: Host, llmock: Llmock, request: pytest.FixtureRequest, status: int
) -> None:
    model = model_of(request)
    llmock.misbehave("openai", model, **fail(status))
    assert asked(say(broken, model, fallback=f"gemini:{model}")) == [("openai", "rejected"), ("gemini", "ok")]


def test_without_both_providers_the_real_model_answers(
    broken: Host, llmock: Llmock, request: pytest.FixtureRequest
) -> None:
    model = model_of(request)
    llmock.misbehave("openai", model, **fail(500))
    llmock.misbehave("gemini", model, **fail(401))
    reply = say(broken, model, fallback=f"gemini:{model}")
    assert asked(reply) == [("openai", "server")] * 2 + [("gemini", "auth"), ("local", "ok")]
    assert reply["model"] == LAST_RESORT
    assert reply["content"].strip()


def test_llmocks_verdict_on_our_requests_is_clean(broken: Host, llmock: Llmock, request: pytest.FixtureRequest) -> None:
    """It judges every request that it has had: this one, and those of the tests before."""
    model = model_of(request)
    llmock.misbehave("openai", model, **fail(503, retry_after=1))
    say(broken, model, fallback=f"gemini:{model}")
    code, text = llmock.report()
    assert code == 0, text
    assert re.search(r"\b[1-9]\d* fault\(s\) injected", text)


def ask(host: Host, model: str, fallback: str = LAST_RESORT, provider: str = "openai", **config: Any) -> httpx.Response:
    agent = host.agent(model=f"{provider}:{model}", config={"fallbackModel": fallback, "maxTokens": 16, **config})
    return host.say(host.session(agent))


def say(host: Host, model: str, fallback: str = LAST_RESORT, **config: Any) -> dict[str, Any]:
    """What `ask` is answered."""
    answer = ask(host, model, fallback, **config)
    assert answer.status_code == 200, answer.text
    reply: dict[str, Any] = answer.json()
    return reply

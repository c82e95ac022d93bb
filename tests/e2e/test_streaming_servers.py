"""Streamed answers from third-party servers: the real model behind llama.cpp's server, and llmock's three formats."""

from collections.abc import Iterator

import pytest

from agentos.domain import Completion, Message, Parameters, Prompt
from agentos.domain.conversation import AnswerListener
from agentos.kernel.clock import Timeouts
from agentos.providers.http_client import HttpClient
from agentos.providers.registry import adapter
from local.model import START_SECONDS, LocalModel
from tests.e2e.test_misbehaving_providers import Llmock, llmock  # noqa: F401 - a fixture
from tests.providers.recordings import settings_for

SECONDS = 120.0
ASKED = Prompt(
    messages=(Message(role="user", content="Tell me about the sea, please."),), parameters=Parameters(max_tokens=24)
)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    model = LocalModel()
    yield model.wait(START_SECONDS)
    model.stop()


@pytest.fixture(scope="module")
def http() -> Iterator[HttpClient]:
    made = HttpClient(1_000_000)
    yield made
    made.close()


def streamed(http: HttpClient, model: str, endpoint: str) -> tuple[Completion, list[str]]:
    provider = model.partition(":")[0]
    settings = settings_for(**{f"{provider.upper()}_ENDPOINT": endpoint})
    known, received = settings.providers[provider], list[str]()
    completion = adapter(known.settings.format).stream(
        known,
        settings.target(model, "test"),
        ASKED,
        http.open,
        Timeouts(SECONDS, SECONDS),
        AnswerListener(received.append),
    )
    return completion, received


@pytest.mark.parametrize("model", ["local:smollm2", "anthropic:smollm2"])
def test_the_real_models_answer_is_streamed(http: HttpClient, server: str, model: str) -> None:
    completion, received = streamed(http, model, server)
    assert len(received) > 5
    assert "".join(received) == completion.text
    assert completion.finish_reason in ("stop", "length")
    assert completion.tokens.prompt > 5
    assert 5 < completion.tokens.completion <= 24


@pytest.mark.parametrize(("model", "base"), [
    ("openai:gpt-4o-mini", "/v1"),
    ("anthropic:claude-haiku-5-5", "/anthropic/v1"),
    ("gemini:flash-1.5", "/gemini/v1beta"),
])  # fmt: skip
def test_llmocks_answers_are_streamed(http: HttpClient, llmock: Llmock, model: str, base: str) -> None:  # noqa: F811
    completion, received = streamed(http, model, llmock.url + base)
    assert len(received) > 1
    assert "".join(received) == completion.text
    assert completion.finish_reason == "stop"
    assert completion.tokens.prompt > 0
    assert completion.tokens.completion > 0

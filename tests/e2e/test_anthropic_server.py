"""The real model behind llama.cpp's own `/v1/messages`: somebody else's server of Anthropic's wire format."""

from collections.abc import Iterator

import pytest

from local.model import START_SECONDS, LocalModel
from tests.e2e.hosting import Host, start

MODEL = "anthropic:smollm2"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    model = LocalModel()
    yield model.wait(START_SECONDS)
    model.stop()


@pytest.fixture(scope="module")
def host(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    environment = {"ANTHROPIC_API_KEY": "a-key-that-nobody-checks", "ANTHROPIC_ENDPOINT": server}
    running = start(tmp_path_factory.mktemp("host"), environment)
    yield running
    running.end()


def test_a_conversation_goes_on_over_several_turns(host: Host) -> None:
    session = host.session(host.agent(model=MODEL, config={"instructions": "Be brief.", "maxTokens": 16}))
    first, second = host.say(session, "Hello.").json(), host.say(session, "And now?").json()
    assert (first["model"], first["provider"]) == (MODEL, "anthropic")
    assert first["content"]
    assert second["content"]
    assert second["finishReason"] in ("stop", "length")
    assert second["usage"]["promptTokens"] > first["usage"]["promptTokens"] > 0


def test_a_call_of_a_tool_and_its_result_are_understood(host: Host) -> None:
    """Whether so small a model calls a tool is its own affair; that the server takes tools and answers is ours."""
    tool = {"type": "function", "function": {"name": "now", "description": "The time.", "parameters": {}}}
    agent = host.agent(model=MODEL, tools=[tool], config={"maxTokens": 48})
    reply = host.say(host.session(agent), "What time is it?")
    assert reply.status_code == 200, reply.text
    assert reply.json()["content"] or reply.json()["toolCalls"]


def test_a_prompt_that_is_too_long_is_reported_as_such(host: Host) -> None:
    reply = host.say(host.session(host.agent(model=MODEL)), "word " * 20_000).json()
    attempts = [(attempt["provider"], attempt["outcome"]) for attempt in reply["route"]["attempts"]]
    assert attempts == [("anthropic", "context_length"), ("echo", "ok")]  # the last resort of a host without a model

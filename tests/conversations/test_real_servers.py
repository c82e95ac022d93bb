"""The same conversations with third-party servers: llama.cpp's with a real model, and llmock's three.

llmock says what it is expected to, so that its answers are compared with the script. What a real model says is its own
affair; how it says it is not.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.model import START_SECONDS, LocalModel
from tests.conversations.cases import CASES, Body, Case, Step
from tests.conversations.fakes.model import Answer, Call, Received
from tests.conversations.talk import SECONDS, Outcome, Talk
from tests.e2e.test_misbehaving_providers import Llmock, llmock  # noqa: F401 - a fixture
from tests.support.gateway import Client

EACH = {case.name: case for case in CASES}

CALLS_NOTHING = "a model of 135 million parameters calls no tool reliably"
LEFT_OUT = {
    "llama.cpp": {
        "images_as_data": "the model reads text alone",
        "an_image_by_its_address": "the model reads text alone",
        "one_tool_call": CALLS_NOTHING,
        "parallel_calls_answered_in_another_order": CALLS_NOTHING,
        "words_before_a_call": CALLS_NOTHING,
        "results_of_every_kind": CALLS_NOTHING,
        "nested_schema_and_unicode_arguments": CALLS_NOTHING,
        "a_long_answer": "two hundred kilobytes would take the model an hour",
        "refused_at_once": "the server filters nothing",
        "refused_after_some_words": "the server filters nothing",
    },
    "llmock": {},
}
"""The cases that a server cannot play, and why."""

PLAYED = {
    "llama.cpp": [
        "one_line",
        "three_turns_and_a_cache",
        "a_configured_agent",
        "a_system_message_in_mid_conversation",
        "tools_that_are_not_used",
        "structured_output",
        "a_stop_sequence",
        "an_answer_cut_at_max_tokens",
        "thirty_turns",
        "unicode_everywhere",
    ],
    "llmock": [
        "one_line",
        "three_turns_and_a_cache",
        "a_configured_agent",
        "a_system_message_in_mid_conversation",
        "images_as_data",
        "an_image_by_its_address",
        "one_tool_call",
        "parallel_calls_answered_in_another_order",
        "words_before_a_call",
        "results_of_every_kind",
        "nested_schema_and_unicode_arguments",
        "tools_that_are_not_used",
        "structured_output",
        "a_stop_sequence",
        "an_answer_cut_at_max_tokens",
        "a_long_answer",
        "thirty_turns",
        "unicode_everywhere",
        "refused_at_once",
        "refused_after_some_words",
    ],
}

SHORT = 12
"""Tokens of an answer, so that a model on one thread is done in half a minute."""

DOZEN = 12
"""Turns, for the same reason; of a conversation that has more, with two tokens an answer."""

streamed_or_not = pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])


@pytest.mark.parametrize("server", PLAYED)
def test_every_case_is_played_or_explained(server: str) -> None:
    assert sorted([*PLAYED[server], *LEFT_OUT[server]]) == sorted(EACH)
    assert all(LEFT_OUT[server].values())


# --- llama.cpp ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    model = LocalModel()
    yield model.wait(START_SECONDS)
    model.stop()


@pytest.fixture(params=["local", "anthropic"])
def real(request: pytest.FixtureRequest, configured: pytest.MonkeyPatch, server: str, tmp_path: Path) -> str:
    """A model name that leads to the real model: `local` speaks OpenAI's format. It has all the time that it needs."""
    patient = tmp_path / "patient.yaml"
    patient.write_text(
        f"limits: {{turnSeconds: {SECONDS}, streamedTurnSeconds: {SECONDS}, providerSeconds: {SECONDS}}}"
    )
    configured.setenv("AGENTOS_CONFIG", f"{os.environ['AGENTOS_CONFIG']}{os.pathsep}{patient}")
    configured.setenv(f"{request.param.upper()}_ENDPOINT", server)
    configured.setenv("ANTHROPIC_API_KEY", "a-key-that-nobody-checks")
    return f"{request.param}:anything"  # not in the catalogue, so that tools and schemas go through


def counted(real: str, talk: Talk, reply: Body) -> bool:
    """Whether the server tells the prompt's tokens: its Messages API leaves out `message_start`, which has them, where
    the first token that it streams is but a part of a character."""
    return real.startswith("local") or not talk.streamed or reply["content"][:1].isascii()


def check_real(talk: Talk, outcome: Outcome, most: int) -> None:
    """What holds of any answer."""
    assert outcome.status == 200, outcome.body
    reply, usage = outcome.body, outcome.body["usage"]
    assert reply["content"].strip() or reply["toolCalls"]
    assert outcome.expected == (reply["content"] if talk.streamed else "")
    assert reply["finishReason"] in ("stop", "length", "tool_calls")
    assert reply["finishReason"] != "length" or usage["completionTokens"] == most
    assert 0 < usage["completionTokens"] <= most
    if usage["promptTokens"] is None:  # llama.cpp counts 0 for a prompt that it has cached as a whole
        assert usage["totalTokens"] is None
    else:
        assert usage["totalTokens"] == usage["promptTokens"] + usage["completionTokens"]
    assert talk.messages()[-1] == reply


@streamed_or_not
@pytest.mark.parametrize("name", PLAYED["llama.cpp"])
def test_a_real_model_passes_every_case(api: Client, real: str, name: str, *, streamed: bool) -> None:
    case = EACH[name]
    most = min(case.config.get("maxTokens", SHORT), 2 if len(case.steps) > DOZEN else SHORT)
    talk = Talk.begin(api, real, {**case.config, "maxTokens": most, "temperature": 0}, case.tools, streamed=streamed)
    prompts = []
    for step in case.steps[:DOZEN]:
        if step.post.get("role") == "tool":
            break  # the script's call, not this model's
        outcome = talk.post(step.post)
        check_real(talk, outcome, most)
        if counted(real, talk, outcome.body):
            prompts.append(outcome.body["usage"]["promptTokens"])
        if outcome.body["toolCalls"]:
            break  # it has called by itself, and waits
    assert prompts == sorted({0, *prompts})[1:], "every turn brings the ones before along"
    if name == "structured_output" and real.startswith("local"):  # its Messages API knows no schema
        assert outcome.body["content"].lstrip().startswith("{")


@streamed_or_not
def test_a_real_model_stops_at_a_stop_sequence(api: Client, real: str, *, streamed: bool) -> None:
    """The stop sequence is taken from the answer without one."""
    config = {"maxTokens": SHORT, "temperature": 0}
    question = {"content": "Tell me about the sea, please."}
    free = Talk.begin(api, real, config, (), streamed=streamed).post(question).body["content"]
    word = free.split()[3]
    stopped = Talk.begin(api, real, {**config, "stop": [word]}, (), streamed=streamed).post(question)
    assert stopped.body["finishReason"] == "stop"
    assert word not in stopped.body["content"]
    assert free.startswith(stopped.body["content"].rstrip())


@streamed_or_not
def test_a_prompt_over_a_real_models_window_is_refused(api: Client, real: str, *, streamed: bool) -> None:
    """No other target is left, so the client gets the error."""
    outcome = Talk.begin(api, real, {"maxTokens": SHORT}, (), streamed=streamed).post({"content": "word " * 20_000})
    assert (outcome.status, outcome.body["code"]) == (400, "context_length_exceeded")


# --- llmock -------------------------------------------------------------------------------------

BASES = {"openai": "/v1", "anthropic": "/anthropic/v1", "gemini": "/gemini/v1beta"}
FINISHES = {"stop_sequence": "stop", "refused": "content_filter"}


@pytest.fixture(params=BASES)
def mocked(request: pytest.FixtureRequest, configured: pytest.MonkeyPatch, llmock: Llmock) -> str:  # noqa: F811
    """A provider that is llmock."""
    name = str(request.param)
    configured.setenv(f"{name.upper()}_ENDPOINT", llmock.url + BASES[name])
    configured.setenv(f"{name.upper()}_API_KEY", "sk-for-llmock-0123456789")
    return name


LONGEST = 20_000
"""Characters of an answer of llmock's. It streams four in an event and needs ten times as long as our own fakes, which
play the whole of the long case."""


def _shortened(answer: Answer) -> Answer:
    return replace(answer, text=answer.text[:LONGEST])


def script(server: Llmock, model: str, case: Case) -> list[Answer | None]:
    """Queue a case's answers, each as its request's bounds leave it; these."""
    config = case.config
    bounds = Received("", (), max_tokens=config.get("maxTokens"), stop=tuple(config.get("stop", ())))
    answers = [step.answer and _shortened(step.answer.under(bounds)) for step in case.steps]
    behaviours = [
        {
            "type": "reply",
            "text": answer.text,
            "tool_calls": [{"name": call.name, "arguments": call.arguments} for call in answer.calls],
            "finish_reason": FINISHES.get(answer.finish, answer.finish),
            "match": {"model": model},
        }
        for answer in answers
        if answer
    ]
    server.client.post("/_llmock/scenario", json={"behaviors": behaviours}).raise_for_status()
    return answers


class Ids:
    """The server names its calls itself: its ids for those of the script."""

    def __init__(self) -> None:
        self._theirs: dict[str, str] = {}

    def learn(self, calls: tuple[Call, ...], reply: Body) -> None:
        sent = [(call["name"], call["arguments"]) for call in reply["toolCalls"]]
        assert sent == [(call.name, call.arguments) for call in calls]
        self._theirs |= {ours.id: call["id"] for ours, call in zip(calls, reply["toolCalls"], strict=True)}

    def put(self, step: Step) -> Body:
        text = json.dumps(step.post)
        for ours, theirs in self._theirs.items():
            text = text.replace(f'"{ours}"', f'"{theirs}"')
        return dict(json.loads(text))


@streamed_or_not
@pytest.mark.parametrize("name", PLAYED["llmock"])
def test_llmock_passes_every_case(
    api: Client,
    mocked: str,
    llmock: Llmock,  # noqa: F811
    name: str,
    *,
    streamed: bool,
) -> None:
    case, ids = EACH[name], Ids()
    model = f"{name}-{streamed}-{mocked}"
    answers = script(llmock, model, case)
    talk = Talk.begin(api, f"{mocked}:{model}", case.config, case.tools, streamed=streamed)
    for step, answer in zip(case.steps[:DOZEN], answers[:DOZEN], strict=True):
        outcome = talk.post(ids.put(step))
        if answer is None:
            assert (outcome.status, outcome.body["state"]) == (200, "requires_action")
        elif answer.refused:
            assert outcome.body["code"] == "content_filtered"
            assert outcome.expected == (answer.text if streamed else "")
        else:
            _check_mocked(outcome, answer, streamed=streamed)
            ids.learn(answer.calls, outcome.body)


def _check_mocked(outcome: Outcome, answer: Answer, *, streamed: bool) -> None:
    reply: Any = outcome.body
    assert outcome.status == 200, reply
    assert reply["content"] == answer.text
    assert outcome.expected == (answer.text if streamed else "")
    assert reply["finishReason"] == FINISHES.get(answer.finish, answer.finish)
    assert reply["state"] == ("requires_action" if answer.calls else "completed")
    assert reply["usage"]["promptTokens"] > 0
    assert reply["usage"]["completionTokens"] > 0

"""OpenAI's text completions: a prompt in, the text that follows out. Runs the real functions."""

import json
from typing import Any

import pytest

from tests.functions.conftest import Providers
from tests.support.gateway import StreamingContext
from tests.support.upstream import CUT, answer, refusal, streamed_reply

MODEL = "openai:gpt-4o-mini"
PROMPT = "Once upon a time"


def ask(api: Any, **fields: Any) -> Any:
    context = {"context": StreamingContext()} if fields.get("stream") else {}
    return api("text_completions", {"model": MODEL, "prompt": PROMPT, **fields}, **context)


def chunks(found: Any) -> list[Any]:
    *events, done, end = found.text.split("\n\n")
    assert (done, end) == ("data: [DONE]", "")
    return [json.loads(event.removeprefix("data: ")) for event in events]


@pytest.mark.parametrize("prompt", [PROMPT, [PROMPT]])
def test_a_prompt_is_completed(api: Any, providers: Providers, prompt: Any) -> None:
    providers.openai.script.append(answer(" there was a king."))
    found = ask(api, prompt=prompt, max_tokens=9, temperature=0, stop=["\n"], user=None).json
    assert found["id"].startswith("cmpl-")
    assert (found["object"], found["model"]) == ("text_completion", MODEL)
    assert found["choices"] == [
        {"text": " there was a king.", "index": 0, "logprobs": None, "finish_reason": "stop"}
    ]  # fmt: skip
    assert found["usage"]["total_tokens"] == 15
    assert found["agentos"]["notes"] == []
    sent = providers.openai.requests[0]
    assert sent["messages"] == [{"role": "user", "content": PROMPT}]
    assert (sent["max_completion_tokens"], sent["temperature"], sent["stop"]) == (9, 0, ["\n"])


def test_a_completion_is_streamed(api: Any, providers: Providers) -> None:
    providers.openai.script.append(streamed_reply(" there", " was"))
    sent = chunks(ask(api, stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk["choices"][0]["text"] for chunk in sent if chunk["choices"]) == " there was"
    assert sent[-2]["choices"][0]["finish_reason"] == "stop"
    assert sent[-2]["agentos"]["route"]["served"] == MODEL
    assert (sent[-1]["choices"], sent[-1]["usage"]["total_tokens"]) == ([], 15)
    assert {chunk["object"] for chunk in sent} == {"text_completion"}
    assert len({chunk["id"] for chunk in sent}) == 1


@pytest.mark.parametrize("stream", [False, True])
def test_the_prompt_is_echoed(api: Any, providers: Providers, stream: bool) -> None:
    providers.openai.script.append(streamed_reply(" there") if stream else answer(" there"))
    found = ask(api, echo=True, stream=stream)
    sent = chunks(found) if stream else [found.json]
    assert "".join(chunk["choices"][0]["text"] for chunk in sent) == f"{PROMPT} there"


def test_what_is_not_carried_is_noted(api: Any, providers: Providers) -> None:
    assert ask(api, logprobs=2, best_of=1, n=1, suffix="", metadata={"a": "b"}).json["agentos"]["notes"] == [
        "metadata left out: it is not known here",
        "logprobs left out: answers have no probabilities",
    ]


def test_an_agents_tools_are_not_offered(api: Any, providers: Providers) -> None:
    tool = {"type": "function", "function": {"name": "now"}}
    agent = api.agent(model=MODEL, tools=[tool], config={"instructions": "Go on."})
    assert ask(api, model=f"agent:{agent}").status == 200
    assert "tools" not in providers.openai.requests[0]
    assert providers.openai.requests[0]["messages"][0] == {"role": "system", "content": "Go on."}


@pytest.mark.parametrize(("fields", "code", "words"), [
    ({"prompt": ""}, "invalid_request", "prompt: "),
    ({"prompt": None}, "invalid_request", "prompt: "),
    ({"prompt": []}, "invalid_request", "prompt: "),
    ({"prompt": ["a", "b"]}, "unsupported", "prompt: one text"),
    ({"prompt": [1, 2]}, "unsupported", "prompt: tokens"),
    ({"prompt": [[1, 2]]}, "unsupported", "prompt: tokens"),
    ({"n": 2}, "unsupported", "n: "),
    ({"best_of": 2}, "unsupported", "best_of: "),
    ({"suffix": "The end."}, "unsupported", "suffix: "),
    ({"temperature": 7}, "invalid_request", "temperature: "),
])  # fmt: skip
def test_what_would_be_another_answer_is_refused(
    api: Any, providers: Providers, fields: Any, code: str, words: str
) -> None:
    found = ask(api, **fields)
    assert (found.status, found.json["error"]["code"]) == (400, code)
    assert found.json["error"]["message"].startswith(words)
    assert providers.openai.requests == []


def test_a_stream_that_breaks_off_ends_in_an_error(api: Any, providers: Providers) -> None:
    providers.openai.script.append(streamed_reply(" there", end=(CUT,)))
    last = ask(api, stream=True).text.rstrip().split("\n\n")[-1]
    assert json.loads(last.removeprefix("data: "))["error"]["code"] == "upstream_failed"


def test_a_chain_falls_back(api: Any, providers: Providers) -> None:
    providers.openai.script += [refusal(500), refusal(500)]
    assert ask(api, model=f"{MODEL}, gemini/flash-1.5").json["model"] == "gemini:flash-1.5"

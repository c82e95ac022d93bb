"""A model's own refusal is an answer: at every door in its vendor's form, whole and streamed, stored and replayed."""

import json
from typing import Any

import pytest

from tests.functions.conftest import Providers
from tests.support.gateway import Client, StreamingContext
from tests.support.responses import checked, checked_events
from tests.support.sse import events, text_of
from tests.support.upstream import CUT, Reply, answer, calling, chunk, refusal, streamed_reply

OPENAI, GEMINI = "openai:gpt-4o-mini", "gemini:flash-1.5"
WORDS = "I cannot help with that."


def refusing(content: str | None = None) -> Reply:
    """A whole answer in which the model refuses."""
    reply = answer("")
    reply.body["choices"][0]["message"] |= {"content": content, "refusal": WORDS}
    return reply


def streamed(*texts: str) -> Reply:
    """The same in pieces, behind these texts."""
    return streamed_reply(*texts, *(chunk({"refusal": piece}) for piece in ("I cannot ", "help with ", "that.")))


def post(api: Client, folder: str, body: Any, *, stream: bool = False, **headers: str) -> Any:
    context = {"context": StreamingContext()} if stream else {}
    more = {"stream": True} if stream else {}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    found = api(folder, {"model": OPENAI, **body, **more}, headers=named, **context)
    assert found.status == 200, found.text
    return found


def data(found: Any) -> list[Any]:
    """The JSON of each event of a stream."""
    lines = [line for line in found.text.split("\n") if line.startswith("data: {")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


HELLO = {"messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
def path(api: Client, providers: Providers) -> dict[str, str]:
    agent_id = api.agent(model=OPENAI)
    return {"agentId": agent_id, "sessionId": api.session(agent_id)}


def test_a_session_stores_it_and_goes_on(api: Client, providers: Providers, path: dict[str, str]) -> None:
    providers.openai.script += [refusing(), answer("Gladly.")]
    reply = api.say(*path.values())
    assert (reply.status, reply.json["content"], reply.json["finishReason"]) == (200, WORDS, "refusal")
    assert (reply.json["state"], reply.json["route"]["attempts"][0]["outcome"]) == ("completed", "ok")
    assert reply.json["usage"]["completionTokens"] == 5
    assert api.say(*path.values(), "And this?").status == 200
    assert providers.openai.requests[-1]["messages"][1] == {"role": "assistant", "content": WORDS}
    assert api.said(*path.values()) == ["Hello", WORDS, "And this?", "Gladly."]


@pytest.mark.parametrize("texts", [(), ("First, ",), (" ",)])
def test_a_sessions_stream_has_its_words_at_the_end(
    api: Client, providers: Providers, path: dict[str, str], texts: tuple[str, ...]
) -> None:
    providers.openai.script.append(streamed(*texts))

    def send() -> Any:
        call = {"query": {"stream": "true"}, "headers": {"idempotency-key": "k"}, "context": StreamingContext()}
        return api("send_message", {"content": "Hello"}, **call, **path)

    first, again = events(send().text), events(send().text)
    said = "".join(texts).strip() and "".join(texts)
    assert text_of(first) == first[-1].data["content"] == said + WORDS
    assert first[-1].data["finishReason"] == "refusal"
    assert again == first
    assert len(providers.openai.requests) == 1


def test_chat_completions_have_a_field_for_it(api: Client, providers: Providers) -> None:
    providers.openai.script += [refusing(), streamed()]
    choice = post(api, "chat_completions", HELLO).json["choices"][0]
    assert (choice["message"]["content"], choice["message"]["refusal"]) == (None, WORDS)
    assert choice["finish_reason"] == "stop"
    chunks = data(post(api, "chat_completions", HELLO, stream=True))
    deltas = [one["choices"][0]["delta"] for one in chunks]
    assert "".join(one.get("refusal") or "" for one in deltas) == WORDS
    assert not any(one.get("content") for one in deltas)
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


def test_text_completions_have_it_as_text(api: Client, providers: Providers) -> None:
    providers.openai.script += [refusing(), streamed()]
    choice = post(api, "text_completions", {"prompt": "Hello"}).json["choices"][0]
    assert (choice["text"], choice["finish_reason"]) == (WORDS, "stop")
    chunks = data(post(api, "text_completions", {"prompt": "Hello"}, stream=True))
    assert "".join(one["choices"][0]["text"] for one in chunks) == WORDS
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


def test_messages_have_a_stop_reason_for_it(api: Client, providers: Providers) -> None:
    providers.openai.script += [refusing(), streamed("First, ")]
    body = {**HELLO, "max_tokens": 64}
    whole = post(api, "anthropic_messages", body).json
    assert (whole["content"], whole["stop_reason"]) == ([{"type": "text", "text": WORDS}], "refusal")
    found = data(post(api, "anthropic_messages", body, stream=True))
    deltas = [one["delta"] for one in found if one["type"] == "content_block_delta"]
    assert "".join(one["text"] for one in deltas) == f"First, {WORDS}"
    assert [one["index"] for one in found if one["type"] == "content_block_start"] == [0]
    assert found[-2]["delta"]["stop_reason"] == "refusal"


@pytest.mark.parametrize("store", [False, True])
def test_responses_have_a_part_and_events_for_it(api: Client, providers: Providers, store: bool) -> None:
    providers.openai.script += [refusing(), streamed()]
    body = {"input": "Hello", "store": store}
    part = {"type": "refusal", "refusal": WORDS}
    whole = checked(post(api, "create_response", body).json)
    assert (whole["status"], whole["output"][0]["content"]) == ("completed", [part])
    found = checked_events(post(api, "create_response", body, stream=True))
    assert [one["type"] for one in found if "refusal" in one["type"]] == [
        "response.refusal.delta", "response.refusal.done",
    ]  # fmt: skip
    assert found[-1]["response"]["output"][0]["content"] == [part]
    if store:
        last = found[-1]["response"]
        assert checked(api("get_response", responseId=last["id"]).json) == last
        assert checked_events(api("get_response", responseId=last["id"], query={"stream": "true"})) == found
        post(api, "create_response", {"input": "And this?", "previous_response_id": last["id"]})
        assert providers.openai.requests[-1]["messages"][1] == {"role": "assistant", "content": WORDS}


def test_a_refusal_behind_a_text_is_a_second_part(api: Client, providers: Providers) -> None:
    providers.openai.script.append(streamed("First, "))
    found = checked_events(post(api, "create_response", {"input": "Hello"}, stream=True))
    output = found[-1]["response"]["output"]
    assert [part["type"] for part in output[0]["content"]] == ["output_text", "refusal"]
    indices = [one["content_index"] for one in found if one["type"] == "response.content_part.added"]
    assert indices == [0, 1]


@pytest.mark.parametrize("stream", [False, True])
def test_a_key_replays_it(api: Client, providers: Providers, stream: bool) -> None:
    for folder, body in (("chat_completions", HELLO), ("create_response", {"input": "Hello"})):
        providers.openai.script.append(streamed() if stream else refusing())
        first = post(api, folder, body, stream=stream, idempotency_key="k")
        assert post(api, folder, body, stream=stream, idempotency_key="k").text == first.text
    assert len(providers.openai.requests) == 2


@pytest.mark.parametrize("stream", [False, True])
def test_fallback_on_content_filter_covers_it(api: Client, providers: Providers, stream: bool) -> None:
    """No word of it reaches the client, and its tokens are paid."""
    config = {"fallbackModels": [GEMINI], "fallbackOn": ["content_filter"]}
    agent_id = api.agent(model=OPENAI, config=config)
    providers.openai.script.append(streamed() if stream else refusing())
    if stream:
        providers.gemini.script.append(_gemini_stream("Gladly."))
    call = {"query": {"stream": "true"}, "context": StreamingContext()} if stream else {}
    found = api("send_message", {"content": "Hello"}, agentId=agent_id, sessionId=api.session(agent_id), **call)
    reply = events(found.text)[-1].data if stream else found.json
    assert WORDS not in found.text
    assert (reply["provider"], reply["finishReason"]) == ("gemini", "stop")
    first, second = reply["route"]["attempts"]
    assert (first["outcome"], first["status"], second["outcome"]) == ("content_filter", 200, "ok")
    assert first["usage"]["completionTokens"] == 5
    assert reply["usage"]["costUsd"] == pytest.approx(first["usage"]["costUsd"] + second["usage"]["costUsd"])


def _gemini_stream(text: str) -> Reply:
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}
    counted = {"promptTokenCount": 7, "candidatesTokenCount": 3, "totalTokenCount": 10}
    return Reply([f"data: {json.dumps({'candidates': [candidate], 'usageMetadata': counted})}\n\n".encode()])


def test_the_last_targets_refusal_is_the_answer(api: Client, providers: Providers) -> None:
    agent_id = api.agent(model=GEMINI, config={"fallbackModels": [OPENAI], "fallbackOn": ["content_filter"]})
    providers.gemini.default = refusal(500)
    providers.openai.script.append(refusing())
    reply = api.say(agent_id, api.session(agent_id))
    assert (reply.status, reply.json["content"], reply.json["finishReason"]) == (200, WORDS, "refusal")


def test_a_providers_filter_stays_an_error(api: Client, providers: Providers, path: dict[str, str]) -> None:
    filtered = answer("I")
    filtered.body["choices"][0]["finish_reason"] = "content_filter"
    providers.openai.script.append(filtered)
    reply = api.say(*path.values())
    assert (reply.status, reply.json["code"]) == (422, "content_filtered")


def test_what_a_model_refuses_beside_its_calls_is_left_out(
    api: Client, providers: Providers, path: dict[str, str]
) -> None:
    both = calling(("call_1", "now", "{}"))
    both.body["choices"][0]["message"]["refusal"] = WORDS
    providers.openai.script.append(both)
    reply = api.say(*path.values())
    assert (reply.json["content"], reply.json["finishReason"]) == ("", "tool_calls")


def test_a_stream_that_breaks_off_in_a_refusal_falls_back(api: Client, providers: Providers) -> None:
    agent_id = api.agent(model=OPENAI, config={"fallbackModels": [GEMINI]})
    broken = streamed_reply(chunk({"refusal": "I cannot"}), CUT, end=())
    providers.openai.script += [broken, broken]
    providers.gemini.script.append(_gemini_stream("Gladly."))
    call = {"query": {"stream": "true"}, "context": StreamingContext()}
    found = api("send_message", {"content": "Hello"}, agentId=agent_id, sessionId=api.session(agent_id), **call)
    last = events(found.text)[-1]
    assert (last.kind, last.data["content"], last.data["finishReason"]) == ("message.end", "Gladly.", "stop")

"""Anthropic's own client against the door at `/v1/messages`, over a real socket, with another maker's model behind it.

The last tests go through what Claude Code demands of a gateway (https://code.claude.com/docs/en/llm-gateway).
"""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from tests.e2e.door import Door
from tests.e2e.hosting import Host
from tests.support.sdks import anthropic
from tests.support.seed import KEY
from tests.support.upstream import CUT, Upstream, answer, calling, chunk, refusal, streamed_reply

MODEL = "xai:grok"
HELLO: Any = [{"role": "user", "content": "Hello"}]
WEATHER: Any = {
    "name": "weather",
    "description": "The weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture
def primary(door: Door) -> Upstream:
    return door.upstream


@pytest.fixture
def base(door: Door) -> str:
    return str(door.host.client.base_url)


@pytest.fixture
def client(base: str) -> Iterator[Any]:
    with anthropic.Anthropic(base_url=base, api_key="any", max_retries=0) as client:
        yield client


def test_an_answer_is_received(client: Any, primary: Upstream) -> None:
    raw = client.messages.with_raw_response.create(
        model=MODEL, max_tokens=50, system="Be brief.", messages=HELLO, stop_sequences=["END"],
        metadata={"user_id": "ann"},
    )  # fmt: skip
    message = raw.parse()
    assert [block.text for block in message.content] == ["Hello from upstream."]
    assert (message.role, message.stop_reason, message.model) == ("assistant", "end_turn", MODEL)
    assert (message.usage.input_tokens, message.usage.output_tokens) == (10, 5)
    assert message._request_id == raw.headers["request-id"] == raw.headers["x-request-id"]
    assert raw.headers["x-agentos-model"] == MODEL
    asked = primary.requests[-1]
    assert asked["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    assert asked["max_completion_tokens"] == 50


def test_a_text_is_streamed(client: Any, primary: Upstream) -> None:
    received = threading.Event()
    primary.script.append(streamed_reply("Hel", lambda: received.wait(60), "lo"))
    texts = []
    with client.messages.stream(model=MODEL, max_tokens=50, messages=HELLO) as stream:
        for text in stream.text_stream:
            texts.append(text)
            received.set()  # only now does the upstream go on
        message = stream.get_final_message()
    assert texts == ["Hel", "lo"]
    assert [block.text for block in message.content] == ["Hello"]
    assert (message.stop_reason, message.usage.input_tokens, message.usage.output_tokens) == ("end_turn", 10, 5)


def test_the_events_are_anthropics(client: Any, primary: Upstream) -> None:
    primary.script.append(streamed_reply("Hel", "lo"))
    with client.messages.create(model=MODEL, max_tokens=50, messages=HELLO, stream=True) as stream:
        events = list(stream)
    assert [event.type for event in events if event.type != "ping"] == [
        "message_start", "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop",
        "message_delta", "message_stop",
    ]  # fmt: skip
    assert events[-1].agentos["route"]["served"] == MODEL


def test_the_asynchronous_client(base: str, primary: Upstream) -> None:
    async def ask() -> tuple[str, list[str], str]:
        async with anthropic.AsyncAnthropic(base_url=base, api_key="any") as client:
            whole = await client.messages.create(model=MODEL, max_tokens=50, messages=HELLO)
            async with client.messages.stream(model=MODEL, max_tokens=50, messages=HELLO) as stream:
                texts = [text async for text in stream.text_stream]
                final = await stream.get_final_message()
            return whole.content[0].text, texts, final.content[0].text

    primary.script += [answer("Hello."), streamed_reply("Hel", "lo")]
    assert asyncio.run(ask()) == ("Hello.", ["Hel", "lo"], "Hello")


@pytest.mark.parametrize("streamed", [False, True])
def test_tools_are_called_and_their_results_answered(client: Any, primary: Upstream, streamed: bool) -> None:
    cities = [("call_a", "weather", '{"city": "Paris"}'), ("call_b", "weather", '{"city": "Rome"}')]
    primary.script.append(calling(*cities))
    asked: Any = {"model": MODEL, "max_tokens": 50, "tools": [WEATHER]}
    question = {"role": "user", "content": "Weather?"}
    if streamed:
        with client.messages.stream(messages=[question], tool_choice={"type": "any"}, **asked) as stream:
            first = stream.get_final_message()
    else:
        first = client.messages.create(messages=[question], tool_choice={"type": "any"}, **asked)
    assert first.stop_reason == "tool_use"
    assert [block.input for block in first.content] == [{"city": "Paris"}, {"city": "Rome"}]
    assert primary.requests[-1]["tool_choice"] == "required"
    results = [{"type": "tool_result", "tool_use_id": block.id, "content": "21 degrees"} for block in first.content]
    history = [question, {"role": "assistant", "content": first.content}, {"role": "user", "content": results}]
    second = client.messages.create(messages=history, **asked)
    assert second.content[0].text == "Hello from upstream."
    sent = primary.requests[-1]["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "tool"]
    assert [message["tool_call_id"] for message in sent[2:]] == ["call_a", "call_b"]


def thought_of(text: str, *pieces: str) -> Any:
    """An answer with thoughts, streamed in pieces or whole."""
    if pieces:
        return streamed_reply(chunk({"reasoning_content": pieces[0]}), chunk({"reasoning_content": pieces[1]}), text)
    reply = answer(text)
    reply.body["choices"][0]["message"]["reasoning_content"] = "Let me see."
    return reply


def test_thoughts_are_shown(client: Any, primary: Upstream) -> None:
    asked: Any = {"model": MODEL, "max_tokens": 4096, "messages": HELLO}
    asked["thinking"] = {"type": "enabled", "budget_tokens": 2048}
    primary.script += [thought_of("Yes."), thought_of("Yes.", "Let me ", "see.")]
    whole = client.messages.create(**asked)
    with client.messages.stream(**asked) as stream:
        streamed = stream.get_final_message()
    for message in (whole, streamed):
        assert [block.type for block in message.content] == ["thinking", "text"]
        assert (message.content[0].thinking, message.content[1].text) == ("Let me see.", "Yes.")
    history = [*HELLO, {"role": "assistant", "content": whole.content}, {"role": "user", "content": "Sure?"}]
    assert client.messages.create(model=MODEL, max_tokens=50, messages=history).content[0].text


class City(BaseModel):
    name: str


def test_an_answer_is_parsed(client: Any, primary: Upstream) -> None:
    primary.script.append(answer('{"name": "Paris"}'))
    message = client.messages.parse(model=MODEL, max_tokens=50, messages=HELLO, output_format=City)
    assert message.parsed_output == City(name="Paris")
    assert primary.requests[-1]["response_format"]["json_schema"]["schema"]["required"] == ["name"]


def test_tokens_are_counted(client: Any, primary: Upstream) -> None:
    before = len(primary.requests)
    counted = client.messages.count_tokens(model=MODEL, system="Be brief.", messages=HELLO, tools=[WEATHER])
    assert counted.input_tokens > 20
    assert len(primary.requests) == before


def test_models_are_listed(client: Any) -> None:
    ids = [model.id for model in client.models.list(limit=3)]  # over all pages
    assert "xai:grok-4.3" in ids
    assert len(ids) == len(set(ids))
    model = client.models.retrieve("grok-4.3")
    assert (model.id, model.type, model.max_input_tokens) == ("xai:grok-4.3", "model", 1_000_000)
    with pytest.raises(anthropic.NotFoundError):
        client.models.retrieve("xai:none")


def test_a_chain_and_an_agent_answer(client: Any, door: Door, primary: Upstream) -> None:
    primary.script += [refusal(500), refusal(500)]
    chain = client.messages.create(model=f"openai:gpt-4o-mini, xai:broken, {MODEL}", max_tokens=50, messages=HELLO)
    assert chain.model == MODEL
    path = door.host.agent(model=MODEL, config={"instructions": "Be kind."})
    agent = f"agent:{path.rpartition('/')[2]}"
    client.messages.create(model=agent, max_tokens=50, system="Be brief.", messages=HELLO)
    said = [message["content"] for message in primary.requests[-1]["messages"]]
    assert said == ["Be kind.", "Be brief.", "Hello"]


def test_the_same_key_has_the_same_answer(client: Any, primary: Upstream) -> None:
    before = len(primary.requests)
    asked: Any = {"model": MODEL, "max_tokens": 50, "extra_headers": {"Idempotency-Key": "order 4713"}}
    first, second = (client.messages.create(messages=HELLO, **asked) for _ in range(2))
    assert first.to_dict() == second.to_dict()
    assert len(primary.requests) == before + 1
    with pytest.raises(anthropic.UnprocessableEntityError):
        client.messages.create(messages=[{"role": "user", "content": "Bye"}], **asked)


@pytest.mark.parametrize(("fields", "error", "kind"), [
    ({"model": "nobody:x"}, "NotFoundError", "not_found_error"),
    ({"model": "gpt-none"}, "NotFoundError", "not_found_error"),
    ({"model": "a b"}, "BadRequestError", "invalid_request_error"),
    ({"extra_body": {"temperature": 9}}, "BadRequestError", "invalid_request_error"),
    ({"messages": []}, "BadRequestError", "invalid_request_error"),
    ({"tool_choice": {"type": "any"}}, "BadRequestError", "invalid_request_error"),
    ({"extra_headers": {"Idempotency-Key": "k" * 256}}, "BadRequestError", "invalid_request_error"),
    ({"model": "openai:gpt-4o-mini", "extra_headers": {"x-agentos-simulate": "echo=server"}}, "APIStatusError", None),
])  # fmt: skip
def test_mistakes_are_errors_of_the_client(client: Any, fields: Any, error: str, kind: str | None) -> None:
    with pytest.raises(getattr(anthropic, error)) as caught:
        client.messages.create(**{"model": MODEL, "max_tokens": 50, "messages": HELLO, **fields})
    assert caught.value.request_id == caught.value.response.headers["x-request-id"]
    assert caught.value.body["type"] == "error"
    assert caught.value.body["error"]["type"] == (kind or caught.value.body["error"]["type"])


def test_a_stream_that_breaks_is_an_error_of_the_client(client: Any, primary: Upstream) -> None:
    primary.script.append(streamed_reply("Hel", end=(CUT,)))
    texts: list[str] = []
    asked: Any = {"model": "xai:flaky", "max_tokens": 50, "messages": HELLO}
    with pytest.raises(anthropic.APIStatusError, match="broke off"), client.messages.stream(**asked) as stream:
        texts.extend(stream.text_stream)
    assert texts == ["Hel"]


def test_an_unknown_route_is_an_error_that_the_client_can_read(client: Any) -> None:
    with pytest.raises(anthropic.NotFoundError, match="There is no route"):
        client.messages.batches.list()


CLAUDE_CODE = {
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "claude-code-20250219,context-management-2025-06-27,interleaved-thinking-2025-05-14",
    "x-claude-code-session-id": "0b5e4c55-8d0c-4b44-9a0e-0c7f7b6f5f0a",
    "x-app": "cli",
    "user-agent": "claude-cli/2.1.126 (external, cli)",
    "accept": "application/json",
}
"""What Claude Code sends with each request."""

TURN: Any = {
    "model": MODEL,
    "max_tokens": 32_000,
    "stream": True,
    "system": [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.126"},
        {"type": "text", "text": "You help with code.", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
    ],
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "<system-reminder>Be careful.</system-reminder>"},
                {"type": "text", "text": "List the files.", "cache_control": {"type": "ephemeral"}},
            ],
        }
    ],
    "tools": [{"name": "Bash", "description": "Runs a command.", "eager_input_streaming": True, "input_schema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
        "properties": {"command": {"type": "string"}}, "required": ["command"], "additionalProperties": False}}],
    "metadata": {"user_id": json.dumps({"device_id": "d" * 64, "account_uuid": "", "session_id": "s" * 36})},
    "thinking": {"type": "adaptive"},
    "output_config": {"effort": "medium"},
    "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
}  # fmt: skip
"""A turn as Claude Code asks for it."""


def test_claude_codes_turns_are_answered(base: str, primary: Upstream) -> None:
    primary.script.append(calling(("call_1", "Bash", '{"command": "ls"}'), text="I look."))
    with httpx.Client(base_url=base, headers=CLAUDE_CODE) as client:
        answered = client.post("/v1/messages?beta=true", json=TURN)
    assert answered.status_code == 200, answered.text
    assert answered.headers["content-type"] == "text/event-stream"
    assert answered.headers["request-id"]
    events = [json.loads(line[6:]) for line in answered.text.split("\n") if line.startswith("data: ")]
    assert events[0]["type"] == "message_start"
    assert events[-1]["type"] == "message_stop"
    (stop,) = [event for event in events if event["type"] == "message_delta"]
    assert stop["delta"]["stop_reason"] == "tool_use"
    assert stop["usage"]["input_tokens"] == 10
    sent = primary.requests[-1]
    assert sent["tools"][0]["function"]["name"] == "Bash"
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert "context_management" not in sent
    assert not {"anthropic-beta", "anthropic-version"} & primary.headers[-1].keys()
    notes = events[-1]["agentos"]["notes"]
    assert any(note.startswith("anthropic-beta left out") for note in notes)


def test_claude_code_counts_tokens_and_lists_models(base: str) -> None:
    with httpx.Client(base_url=base, headers=CLAUDE_CODE) as client:
        asked = {name: TURN[name] for name in ("model", "system", "messages", "tools", "thinking")}
        counted = client.post("/v1/messages/count_tokens?beta=true", json=asked)
        models = client.get("/v1/models?limit=1000")
    assert counted.json()["input_tokens"] > 20
    page = models.json()
    assert page["has_more"] is False
    assert all(model["id"] and model["display_name"] for model in page["data"])


def test_claude_code_shortens_a_conversation_that_is_too_long(base: str, primary: Upstream) -> None:
    primary.script.append(refusal(400, "context_length_exceeded"))
    with httpx.Client(base_url=base, headers=CLAUDE_CODE) as client:
        refused = client.post("/v1/messages?beta=true", json=TURN)
    assert refused.status_code == 400
    assert "prompt is too long" in refused.json()["error"]["message"]


def test_claude_codes_two_ways_to_send_a_key(start_host: Callable[..., Host]) -> None:
    host = start_host({"AUTH": "keys", "AGENTOS_ADMIN_KEY": KEY})
    scopes = {"tenant": "acme", "name": "cc", "scopes": ["chat"]}
    key = host.client.post("/keys", json=scopes, headers={"x-api-key": KEY}).json()["key"]
    asked = {"model": "echo:echo", "messages": HELLO}
    for headers in ({"authorization": f"Bearer {key}"}, {"x-api-key": key}):
        assert host.client.post("/v1/messages/count_tokens", json=asked, headers=headers).status_code == 200
    for headers in ({}, {"x-api-key": "sk-ant-none"}):
        refused = host.client.post("/v1/messages", json={**asked, "max_tokens": 9}, headers=CLAUDE_CODE | headers)
        assert (refused.status_code, refused.json()["error"]["type"]) == (401, "authentication_error")
        assert refused.headers["request-id"] == refused.json()["request_id"]

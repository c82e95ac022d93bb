"""The fakes are strict: what their providers refuse by their documentation and types, they refuse too."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.conversations.fakes import bedrock
from tests.conversations.fakes.model import ScriptedModel
from tests.conversations.fakes.provider import MODEL, FakeProvider, Request
from tests.conversations.fakes.rules import Refused
from tests.conversations.formats import FORMATS

Body = dict[str, Any]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
OPEN = {"format": {"type": "json_schema", "schema": {"type": "object"}}}
JPG = [{"image": {"format": "jpg", "source": {"bytes": ""}}}]

GOOD: dict[str, Body] = {
    "openai": {
        "model": MODEL,
        "messages": [
            {"role": "user", "content": "Hello."},
            {"role": "assistant", "content": None, "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "call_1", "content": "Done."},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}],
    },
    "anthropic": {
        "model": MODEL,
        "max_tokens": 9,
        "system": "Be kind.",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Hello."}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "call_1", "name": "f", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "Done."}]},
        ],
        "tools": [{"name": "f", "input_schema": SCHEMA}],
    },
    "gemini": {
        "contents": [
            {"role": "user", "parts": [{"text": "Hello."}]},
            {"role": "model", "parts": [{
                "functionCall": {"id": "call_1", "name": "f", "args": {}},
                "thoughtSignature": "skip_thought_signature_validator"}]},
            {"role": "user", "parts": [{"functionResponse": {"id": "call_1", "name": "f", "response": {"a": 1}}}]},
        ],
        "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": SCHEMA}]}],
        "generationConfig": {"temperature": 0.5},
    },
    "bedrock": {
        "messages": [
            {"role": "user", "content": [{"text": "Hello."}]},
            {"role": "assistant", "content": [{"toolUse": {"toolUseId": "call_1", "name": "f", "input": {}}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "call_1", "content": [{"text": "Done."}]}}]},
        ],
        "toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": SCHEMA}}}]},
        "inferenceConfig": {"maxTokens": 9},
    },
}  # fmt: skip

WRONGS: list[tuple[str, Callable[[Any], object], str]] = [
    ("openai", lambda body: body.update(max_tokns=5), "max_tokns"),
    ("openai", lambda body: body.update(temperature="hot"), "temperature"),
    ("openai", lambda body: body["messages"].pop(), "answered by"),
    ("openai", lambda body: body["messages"][2].update(tool_call_id="call_2"), "answered by"),
    ("openai", lambda body: body["messages"].pop(1), "must follow"),
    ("openai", lambda body: body["messages"][0].update(content=[{"type": "text", "txt": "x"}]), "text"),
    ("openai", lambda body: body["messages"][1]["tool_calls"][0]["function"].update(arguments="[]"), "no object"),
    ("openai", lambda body: body.update(stream_options={"include_usage": True}), "streams alone"),
    ("openai", lambda body: body.update(stop=list("abcde")), "at most four"),
    ("anthropic", lambda body: body.pop("max_tokens"), "max_tokens"),
    ("anthropic", lambda body: body.update(temperature=0.5), "temperature"),
    ("anthropic", lambda body: body["messages"][0]["content"][0].update(txt="x"), "txt"),
    ("anthropic", lambda body: body["messages"].pop(), "end with a user"),
    ("anthropic", lambda body: body["messages"].pop(0), "first message"),
    ("anthropic", lambda body: body["messages"][2]["content"][0].update(tool_use_id="call_2"), "answered by"),
    ("anthropic", lambda body: body["messages"][2]["content"].insert(0, {"type": "text", "text": "x"}), "come first"),
    ("anthropic", lambda body: body["messages"][0]["content"][0].update(text=" "), "non-whitespace"),
    ("anthropic", lambda body: body.update(output_config=OPEN), "false"),
    ("gemini", lambda body: body["generationConfig"].update(topKay=5), "topKay"),
    ("gemini", lambda body: body["contents"][0].update(role="assistant"), "multiturn"),
    ("gemini", lambda body: body["contents"].pop(), "end with a user"),
    ("gemini", lambda body: body["contents"].insert(0, body["contents"][0]), "the user first"),
    ("gemini", lambda body: body["contents"][2]["parts"][0]["functionResponse"].update(name="g"), "answered by"),
    ("gemini", lambda body: body["contents"][1]["parts"][0].pop("thoughtSignature"), "thought_signature"),
    ("gemini", lambda body: body["contents"][0].update(parts=[]), "must not be empty"),
    ("bedrock", lambda body: body["inferenceConfig"].update(max_tokens=5), "max_tokens"),
    ("bedrock", lambda body: body["messages"].pop(), "end with a user"),
    ("bedrock", lambda body: body["messages"].insert(0, body["messages"][0]), "alternate"),
    ("bedrock", lambda body: body["messages"][2]["content"][0]["toolResult"].update(toolUseId="call_2"), "answered by"),
    ("bedrock", lambda body: body.pop("toolConfig"), "toolConfig"),
    ("bedrock", lambda body: body["messages"][0]["content"][0].update(text=""), "blank"),
    ("bedrock", lambda body: body["messages"][0].update(content=JPG), "jpg"),
    ("bedrock", lambda body: body["messages"][0].update(role="system"), "user message"),
]  # fmt: skip


def sent(fake: FakeProvider, body: Body) -> Request:
    """As a client of the provider's sends it."""
    paths = {
        "openai": "/v1/chat/completions",
        "anthropic": "/v1/messages",
        "gemini": f"/v1beta/models/{MODEL}:generateContent",
        "bedrock": f"/model/{MODEL}/converse",
    }
    keys = {"authorization": f"Bearer {fake.key}", "x-api-key": fake.key, "x-goog-api-key": fake.key}
    headers, path, content = {"anthropic-version": "2023-06-01", **keys}, paths[fake.name], json.dumps(body)
    if fake.name == "bedrock":
        request = AWSRequest("POST", fake.url + path, {}, content.encode())
        credentials = Credentials(bedrock.ACCESS_KEY, bedrock.SECRET)
        SigV4Auth(credentials, "bedrock", bedrock.REGION).add_auth(request)
        host = fake.url.removeprefix("http://")
        headers = {"host": host, **{name.lower(): value for name, value in request.headers.items()}}
    return Request("POST", path, headers, content.encode())


@pytest.fixture
def opened() -> Callable[[str], FakeProvider]:
    return lambda name: FORMATS[name].fake(ScriptedModel())


@pytest.mark.parametrize("name", FORMATS)
def test_a_good_request_is_heard(opened: Callable[[str], FakeProvider], name: str) -> None:
    fake = opened(name)
    received = fake.accept(sent(fake, GOOD[name]))
    assert [one.role for one in received.said] == ["user", "assistant", "user"]
    assert [tool.name for tool in received.tools] == ["f"]


@pytest.mark.parametrize(("name", "wrong", "why"), WRONGS, ids=[f"{name}-{why}" for name, _, why in WRONGS])
def test_what_the_provider_refuses_is_refused(
    opened: Callable[[str], FakeProvider], name: str, wrong: Callable[[Any], object], why: str
) -> None:
    fake, body = opened(name), copy.deepcopy(GOOD[name])
    wrong(body)
    with pytest.raises(Refused, match=why):
        fake.accept(sent(fake, body))


@pytest.mark.parametrize("name", FORMATS)
def test_a_request_without_its_key_is_refused(opened: Callable[[str], FakeProvider], name: str) -> None:
    fake = opened(name)
    good = sent(fake, GOOD[name])
    with pytest.raises(Refused, match=r"key|signature"):
        fake.accept(Request(good.method, good.path, {"anthropic-version": "2023-06-01"}, good.body))

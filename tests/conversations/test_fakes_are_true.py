"""The fakes match the vendors' forms: the vendors' own SDKs read their answers and refusals correctly."""

import json
import logging
from collections.abc import Iterable, Iterator
from typing import Any

import boto3
import httpx
import pytest

from tests.conversations.cases import UNICODE
from tests.conversations.fakes import bedrock
from tests.conversations.fakes.model import Answer, Call, ScriptedModel
from tests.conversations.fakes.provider import MODEL, FakeProvider, Request
from tests.conversations.fakes.providers import HOSTS, PROVIDERS
from tests.conversations.fakes.rules import Refused, signature_of
from tests.conversations.fakes.server import FakeServer
from tests.support.sdks import anthropic, genai, openai

Body = dict[str, Any]
Read = tuple[str, list[tuple[str, Any]], Any, int]
"""An answer's text, its calls, its finish reason and the prompt's tokens, as an SDK gives them out."""

CALL = Call("call_1", "get_weather", {"city": "東京", "days": [1, 2.5, None]})


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.WARNING)  # SDKs comment on what they read
    yield
    logging.disable(logging.NOTSET)


def by_openai(fake: FakeProvider, *, streamed: bool) -> Read:
    asked: Any = {"model": MODEL, "messages": [{"role": "user", "content": "Hello."}]}
    with openai.OpenAI(api_key=fake.key, base_url=fake.url + fake.path, max_retries=0) as client:
        if streamed:
            if fake.name != "mistral":  # which refuses to be asked for usage, and sends it
                asked["stream_options"] = {"include_usage": True}
            with client.chat.completions.stream(**asked) as stream:
                whole: Any = stream.get_final_completion()
        else:
            whole = client.chat.completions.create(**asked)
    message = whole.choices[0].message
    calls = [(one.function.name, json.loads(one.function.arguments)) for one in message.tool_calls or ()]
    return message.content or "", calls, whole.choices[0].finish_reason, whole.usage.prompt_tokens


def by_openai_responses(fake: FakeProvider, *, streamed: bool) -> Read:
    asked: Any = {"model": MODEL, "store": False, "input": [{"role": "user", "content": "Hello."}]}
    with openai.OpenAI(
        api_key=fake.key, base_url=fake.url + fake.path, max_retries=0, default_headers={"api-key": fake.key}
    ) as client:
        if streamed:
            with client.responses.stream(**asked) as stream:
                whole: Any = stream.get_final_response()
        else:
            whole = client.responses.create(**asked)
    calls = [(one.name, json.loads(one.arguments)) for one in whole.output if one.type == "function_call"]
    return whole.output_text, calls, whole.status, whole.usage.input_tokens


def by_anthropic(fake: FakeProvider, *, streamed: bool) -> Read:
    asked: Any = {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello."}]}
    with anthropic.Anthropic(api_key=fake.key, base_url=fake.url, max_retries=0) as client:
        if streamed:
            with client.messages.stream(**asked) as stream:
                whole: Any = stream.get_final_message()
        else:
            whole = client.messages.create(**asked)
    text = "".join(block.text for block in whole.content if block.type == "text")
    calls = [(block.name, block.input) for block in whole.content if block.type == "tool_use"]
    return text, calls, whole.stop_reason, whole.usage.input_tokens + whole.usage.cache_read_input_tokens


def by_google(fake: FakeProvider, *, streamed: bool) -> Read:
    options = genai.types.HttpOptions(base_url=fake.url, api_version="v1beta")
    asked: Any = {"model": MODEL, "contents": "Hello."}
    with genai.Client(api_key=fake.key, http_options=options) as client:
        if streamed:
            answers = list(client.models.generate_content_stream(**asked))
        else:
            answers = [client.models.generate_content(**asked)]
    last: Any = answers[-1]
    parts = [part for one in answers for part in one.candidates[0].content.parts]
    calls = [(part.function_call.name, part.function_call.args) for part in parts if part.function_call]
    text = "".join(part.text or "" for part in parts)
    return text, calls, last.candidates[0].finish_reason.value, last.usage_metadata.prompt_token_count


def by_boto(fake: FakeProvider, *, streamed: bool) -> Read:
    client = boto3.client(
        "bedrock-runtime",
        endpoint_url=fake.url,
        region_name=bedrock.REGION,
        aws_access_key_id=bedrock.ACCESS_KEY,
        aws_secret_access_key=bedrock.SECRET,
    )
    asked: Any = {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": "Hello."}]}]}
    if not streamed:
        whole = client.converse(**asked)
        content = whole["output"]["message"]["content"]
        calls = [(block["toolUse"]["name"], block["toolUse"]["input"]) for block in content if "toolUse" in block]
        text, reason, usage = "".join(one.get("text", "") for one in content), whole["stopReason"], whole["usage"]
    else:
        events: list[Any] = list(client.converse_stream(**asked)["stream"])
        deltas = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
        text = "".join(delta.get("text", "") for delta in deltas)
        arguments = "".join(delta["toolUse"]["input"] for delta in deltas if "toolUse" in delta)
        starts = [event["contentBlockStart"]["start"] for event in events if "contentBlockStart" in event]
        calls = [(start["toolUse"]["name"], json.loads(arguments)) for start in starts]
        reason, usage = events[-2]["messageStop"]["stopReason"], events[-1]["metadata"]["usage"]
    return text, calls, reason, usage["inputTokens"] + usage["cacheReadInputTokens"]


FAKES = {**PROVIDERS, **HOSTS}
OWN = {"anthropic": by_anthropic, "gemini": by_google, "bedrock": by_boto, "azure-openai": by_openai_responses}
SDKS = {name: OWN.get(name, by_openai) for name in FAKES}
REASONS = {
    "anthropic": ("end_turn", "tool_use"),
    "gemini": ("STOP", "STOP"),
    "bedrock": ("end_turn", "tool_use"),
    "azure-openai": ("completed", "completed"),
}


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("name", SDKS)
def test_an_sdk_reads_the_answer_that_was_given(configured: pytest.MonkeyPatch, name: str, *, streamed: bool) -> None:
    # Whole characters: no SDK but puts the halves of one together again.
    words = UNICODE if not streamed else "Grüße, 日本語 und e\u0301. " * 9
    answers = [Answer(words, prompt=30, cached=20), Answer("Let me see.", calls=(CALL,), prompt=30)]
    fake = FAKES[name](ScriptedModel(script=list(answers)))
    with FakeServer(fake):
        for answer, reason in zip(answers, REASONS.get(name, ("stop", "tool_calls")), strict=True):
            calls = [(call.name, call.arguments) for call in answer.calls]
            assert SDKS[name](fake, streamed=streamed) == (answer.text, calls, reason, 30)
        assert fake.refusals == []


ERRORS = {"gemini": "ClientError", "bedrock": "ValidationException"}


@pytest.mark.parametrize("name", SDKS)
def test_an_sdk_reads_the_refusal_as_intended(configured: pytest.MonkeyPatch, name: str) -> None:
    class Picky(FAKES[name]):  # type: ignore[misc, name-defined]
        def accept(self, request: Request) -> Any:
            raise Refused("not like this")

    fake = Picky(ScriptedModel())
    with FakeServer(fake):
        with pytest.raises(Exception, match="not like this") as caught:
            SDKS[name](fake, streamed=False)
        assert type(caught.value).__name__ == ERRORS.get(name, "BadRequestError")


THOUGHTS = {
    "deepseek": "reasoning_content",
    "glm4": "reasoning_content",
    "together": "reasoning_content",
    "openrouter": "reasoning_details",
}


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("name", THOUGHTS)
def test_a_models_thoughts_come_with_its_calls(configured: pytest.MonkeyPatch, name: str, *, streamed: bool) -> None:
    fake = FAKES[name](ScriptedModel(script=[Answer(calls=(CALL,))]))
    with FakeServer(fake):
        thought = _joined(one.get(THOUGHTS[name]) for one in messages(fake, streamed=streamed))
    signature = signature_of(name, CALL.name, CALL.arguments)
    assert thought == signature if isinstance(thought, str) else [one["data"] for one in thought] == [signature]
    assert list(fake.signed.values()) == [signature]


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
def test_google_signs_the_first_of_parallel_calls(configured: pytest.MonkeyPatch, *, streamed: bool) -> None:
    calls = (CALL, Call("functions.f:0", "get_weather", {}))
    fake = FAKES["google"](ScriptedModel(script=[Answer(calls=calls)]))
    with FakeServer(fake):
        sent = [
            call for one in messages(fake, streamed=streamed) for call in one.get("tool_calls") or () if "id" in call
        ]
    signature = signature_of("google", CALL.name, CALL.arguments)
    assert [call["id"] for call in sent] == ["call_1", "functions.f:0"]
    assert sent[0]["extra_content"] == {"google": {"thought_signature": signature}}
    assert "extra_content" not in sent[1]


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
def test_openai_marks_a_refusal(configured: pytest.MonkeyPatch, *, streamed: bool) -> None:
    fake = FAKES["openai"](ScriptedModel(script=[Answer(refused=True)]))
    with FakeServer(fake):
        sent = messages(fake, streamed=streamed)
    assert "".join(one.get("refusal") or "" for one in sent) == "I'm sorry, I can't help with that."
    assert not any(one.get("content") for one in sent)


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
def test_thoughts_of_responses_are_encrypted_where_that_is_asked_for(
    configured: pytest.MonkeyPatch, *, streamed: bool
) -> None:
    """They stand before the call, and so they are remembered."""
    fake = FAKES["azure-openai"](ScriptedModel(script=[Answer(calls=(CALL,))] * 2))
    body = {"model": MODEL, "store": False, "input": [{"role": "user", "content": "Hello."}], "stream": streamed}
    with FakeServer(fake):
        for include in ([], ["reasoning.encrypted_content"]):
            url = f"{fake.url}{fake.path}/responses"
            answer = httpx.post(url, json={**body, "include": include}, headers={"api-key": fake.key})
            lines = [line for line in answer.text.split("\n") if line.startswith("data: {")]
            whole = json.loads(lines[-1][6:])["response"] if streamed else answer.json()
            assert [item["type"] for item in whole["output"]] == ["reasoning", "function_call"]
            assert ("encrypted_content" in whole["output"][0]) == bool(include)
            assert whole["output"][0]["id"] in fake.signed


def messages(fake: FakeProvider, *, streamed: bool) -> list[Body]:
    """An answer's message, or the pieces of it, with fields of the provider's own."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hello."}], "stream": streamed}
    url, headers = f"{fake.url}{fake.path}/chat/completions", {"authorization": f"Bearer {fake.key}"}
    answer = httpx.post(url, json=body, headers=headers)
    if not streamed:
        return [answer.json()["choices"][0]["message"]]
    chunks = [json.loads(line[6:]) for line in answer.text.split("\n") if line.startswith("data: {")]
    return [choice["delta"] for chunk in chunks for choice in chunk["choices"]]


def _joined(thoughts: Iterable[Any]) -> Any:
    given = [one for one in thoughts if one]
    return "".join(given) if isinstance(given[0], str) else given[0]

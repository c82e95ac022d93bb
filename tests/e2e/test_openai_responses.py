"""OpenAI's own client against `/v1/responses` and `/v1/conversations`, over a real socket."""

from __future__ import annotations  # the client is not loaded to name its types

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from tests.e2e.door import Door
from tests.support.sdks import openai
from tests.support.upstream import CUT, Upstream, answer, calling, streamed_reply

MODEL = "xai:grok"
WEATHER: Any = {
    "type": "function",
    "name": "weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    "strict": False,
}


@pytest.fixture
def primary(door: Door) -> Upstream:
    return door.upstream


@pytest.fixture
def client(door: Door) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=door.url, api_key="any", max_retries=0) as client:
        yield client


def said(primary: Upstream) -> list[Any]:
    """The content of each message that the upstream was asked last."""
    return [message["content"] for message in primary.requests[-1]["messages"]]


@pytest.mark.parametrize("store", [False, True])
def test_a_text_is_answered(client: openai.OpenAI, store: bool) -> None:
    response = client.responses.create(model=MODEL, input="Hello", instructions="Be brief.", store=store)
    assert response.output_text == "Hello from upstream."
    assert (response.status, response.model, response.instructions) == ("completed", MODEL, "Be brief.")
    assert response.usage
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens


@pytest.mark.parametrize("store", [False, True])
def test_a_stream_has_the_same_answer(client: openai.OpenAI, primary: Upstream, store: bool) -> None:
    primary.script.append(streamed_reply("Hel", "lo"))
    with client.responses.stream(model=MODEL, input="Hi", store=store) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert deltas == ["Hel", "lo"]
    assert final.output_text == "Hello"


def test_a_stream_that_breaks_off_fails(client: openai.OpenAI, primary: Upstream) -> None:
    primary.script.append(streamed_reply("Hel", "lo", end=(CUT,)))
    events = list(client.responses.create(model="xai:flaky", input="Hi", store=False, stream=True))
    assert [event.type for event in events][-2:] == ["error", "response.failed"]


class Weather(BaseModel):
    """The weather in a city."""

    city: str
    days: int = 1


def test_an_answer_is_parsed(client: openai.OpenAI, primary: Upstream) -> None:
    primary.script.append(answer('{"city": "Paris", "days": 3}'))
    response = client.responses.parse(model=MODEL, input="Weather?", text_format=Weather)
    assert response.output_parsed == Weather(city="Paris", days=3)
    assert primary.requests[-1]["response_format"]["json_schema"]["name"] == "Weather"


def test_tools_are_called_until_there_is_an_answer(client: openai.OpenAI, primary: Upstream) -> None:
    primary.script += [calling(("call_1", "weather", '{"city": "Rome"}')), answer("Sunny.")]
    first = client.responses.create(model=MODEL, input="Weather in Rome?", tools=[WEATHER])
    [call] = [item for item in first.output if item.type == "function_call"]
    output: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "sun"}
    last = client.responses.create(model=MODEL, input=[output], previous_response_id=first.id, tools=[WEATHER])
    assert last.output_text == "Sunny."
    assert [message["role"] for message in primary.requests[-1]["messages"]] == ["user", "assistant", "tool"]


def test_responses_go_on_from_the_newest_and_from_an_older_one(client: openai.OpenAI, primary: Upstream) -> None:
    primary.script += [answer("One."), answer("Two."), answer("Three.")]
    first = client.responses.create(model=MODEL, input="First?")
    second = client.responses.create(model=MODEL, input="Second?", previous_response_id=first.id)
    assert said(primary) == ["First?", "One.", "Second?"]
    client.responses.create(model=MODEL, input="Other?", previous_response_id=first.id)
    assert said(primary) == ["First?", "One.", "Other?"]
    assert client.responses.retrieve(second.id).output_text == "Two."
    assert second.previous_response_id == first.id


def test_a_response_is_read_listed_and_deleted(client: openai.OpenAI) -> None:
    response = client.responses.create(model=MODEL, input=[{"role": "user", "content": "Hi"}], metadata={"a": "b"})
    assert client.responses.retrieve(response.id).to_dict() == response.to_dict()
    [item] = list(client.responses.input_items.list(response.id))
    assert item.type == "message"
    events = list(client.responses.retrieve(response.id, stream=True, starting_after=1))
    assert events[0].sequence_number == 2
    assert events[-1].type == "response.completed"
    client.responses.delete(response.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)


def test_a_response_in_the_background_is_polled(client: openai.OpenAI, door: Door) -> None:
    response = client.responses.create(model=MODEL, input="Hello", background=True)
    assert response.status in ("queued", "in_progress", "completed")
    until(lambda: client.responses.retrieve(response.id).status == "completed")
    assert client.responses.retrieve(response.id).output_text == "Hello from upstream."
    assert client.responses.cancel(response.id).status == "completed"


def until(holds: Callable[[], bool]) -> None:
    """Ask again until it holds. A test that never sees it ends by pytest's own limit."""
    import time

    while not holds():
        time.sleep(0.1)


def test_what_is_not_in_the_background_is_not_cancelled(client: openai.OpenAI) -> None:
    response = client.responses.create(model=MODEL, input="Hello")
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.cancel(response.id)
    assert caught.value.code == "unsupported"
    with pytest.raises(openai.BadRequestError):
        client.responses.create(model=MODEL, input="Hello", background=True, store=False)


def test_a_conversation_goes_on_natively_and_back(client: openai.OpenAI, door: Door, primary: Upstream) -> None:
    conversation = client.conversations.create(metadata={"team": "a"})
    client.responses.create(model=MODEL, input="First?", conversation=conversation.id)
    assert conversation.model_extra
    place = conversation.model_extra["agentos"]
    path = f"/agents/{place['agentId']}"
    assert door.host.client.patch(path, json={"model": MODEL}).status_code == 200
    sent = door.host.client.post(f"{path}/sessions/{place['sessionId']}/messages", json={"content": "Natively"})
    assert sent.status_code == 200
    assert said(primary) == ["First?", "Hello from upstream.", "Natively"]
    client.responses.create(model=MODEL, input="Back", conversation=conversation.id)
    assert said(primary)[2:] == ["Natively", "Hello from upstream.", "Back"]
    assert client.conversations.retrieve(conversation.id).metadata == {"team": "a"}
    assert client.conversations.delete(conversation.id).deleted is True
    with pytest.raises(openai.NotFoundError):
        client.conversations.retrieve(conversation.id)


def test_items_of_a_conversation_are_added_and_read(client: openai.OpenAI, primary: Upstream) -> None:
    conversation = client.conversations.create(items=[{"type": "message", "role": "user", "content": "I am Ada."}])
    added = client.conversations.items.create(
        conversation.id,
        items=[
            {"type": "message", "role": "assistant", "content": "Hello, Ada."},
        ],
    )
    assert next(iter(client.conversations.items.list(conversation.id, limit=1))).id == added.data[0].id
    assert client.conversations.items.retrieve(added.data[0].id, conversation_id=conversation.id) == added.data[0]
    counted = client.responses.input_tokens.count(model=MODEL, input="Who am I?", conversation=conversation.id)
    assert counted.input_tokens > 10
    client.responses.create(model=MODEL, input="Who am I?", conversation=conversation.id)
    assert said(primary) == ["I am Ada.", "Hello, Ada.", "Who am I?"]
    assert client.conversations.update(conversation.id, metadata={"team": "b"}).metadata == {"team": "b"}
    with pytest.raises(openai.NotFoundError, match="no route for DELETE"):
        client.conversations.items.delete(added.data[0].id, conversation_id=conversation.id)


@pytest.mark.parametrize(("fields", "code", "param"), [
    ({"previous_response_id": "resp_1"}, "previous_response_not_found", "previous_response_id"),
    ({"temperature": 9}, "invalid_request", "temperature"),
    ({"input": []}, "invalid_request", "input"),
    ({"reasoning": {"effort": "huge"}}, "invalid_request", "reasoning.effort"),
])  # fmt: skip
def test_errors_are_those_of_the_client(client: openai.OpenAI, fields: Any, code: str, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(**{"model": MODEL, "input": "Hello", **fields})
    assert (caught.value.code, caught.value.param) == (code, param)

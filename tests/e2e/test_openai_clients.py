"""OpenAI's own client, and one framework's way of using it, against the door at `/v1`: over a real socket."""

from __future__ import annotations  # the client is not loaded to name its types

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from tests.e2e.door import Door
from tests.support.sdks import openai
from tests.support.upstream import CUT, Reply, Upstream, answer, embedded, refusal, streamed_reply

WEATHER: Any = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
SOUND = {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}]}
CALLED = {
    "choices": [
        {
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": f"call_{city}", "type": "function", "function": {"name": "weather", "arguments": text}}
                    for city, text in (("a", '{"city": "Paris"}'), ("b", '{"city": "Rome"}'))
                ],
            },
        }
    ],
    "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13},
}


@pytest.fixture
def primary(door: Door) -> Upstream:
    return door.upstream


@pytest.fixture
def client(door: Door) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=door.url, api_key="any", max_retries=0) as client:
        yield client


def test_an_answer_is_received(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model="xai:grok",
        messages=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Hello"}]},
        ],
        max_completion_tokens=50,
        temperature=0.2,
        user="ann",
    )
    completion = raw.parse()
    assert completion.choices[0].message.content == "Hello from upstream."
    assert completion.choices[0].finish_reason == "stop"
    assert completion.model == "xai:grok"
    assert completion.usage
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens
    assert raw.headers["x-agentos-model"] == "xai:grok"
    assert json.loads(raw.text)["agentos"]["route"]["served"] == "xai:grok"


def test_the_upstream_receives_the_request(client: openai.OpenAI, primary: Upstream) -> None:
    client.chat.completions.create(model="xai:grok", messages=[{"role": "user", "content": "Hi"}], max_tokens=7)
    asked = primary.requests[-1]
    assert asked["messages"] == [{"role": "user", "content": "Hi"}]
    assert asked["model"] == "grok"
    assert asked["max_completion_tokens"] == 7


def test_a_stream_has_the_same_answer(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model="xai:grok",
        messages=[{"role": "user", "content": "Hello"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Hello from upstream."
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage
    assert chunks[-1].usage.total_tokens > 0
    assert {chunk.id for chunk in chunks} == {chunks[0].id}


def test_a_stream_comes_as_it_is_written(client: openai.OpenAI, primary: Upstream) -> None:
    received = threading.Event()
    primary.script.append(streamed_reply("Hel", lambda: received.wait(60), "lo"))
    texts = []
    with client.chat.completions.create(
        model="xai:grok", messages=[{"role": "user", "content": "Hello"}], stream=True
    ) as stream:
        for chunk in stream:
            texts.append(chunk.choices[0].delta.content)
            if texts[-1] == "Hel":
                received.set()  # only now does the upstream go on
    assert list(filter(None, texts)) == ["Hel", "lo"]
    assert chunk.choices[0].finish_reason == "stop"
    assert chunk.model_extra
    assert chunk.model_extra["agentos"]["route"]["served"] == "xai:grok"


def test_a_stream_that_breaks_is_an_error_of_the_client(client: openai.OpenAI, primary: Upstream) -> None:
    primary.script.append(streamed_reply("Hel", "lo", end=(CUT,)))
    texts = []
    stream = client.chat.completions.create(
        model="xai:flaky", messages=[{"role": "user", "content": "Hello"}], stream=True
    )
    with pytest.raises(openai.APIError, match="broke off") as caught:
        texts += [chunk.choices[0].delta.content for chunk in stream]
    assert caught.value.code == "upstream_failed"
    assert caught.value.type == "server_error"


def test_a_failure_before_the_first_word_has_its_status(client: openai.OpenAI, primary: Upstream) -> None:
    primary.script += [refusal(500), refusal(500)]
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(
            model="xai:flaky",
            messages=[{"role": "user", "content": "Hello"}],
            stream=True,
            extra_headers={"x-agentos-simulate": "echo=server"},
        )
    assert caught.value.status_code == 502


def test_the_asynchronous_client_streams(door: Door, primary: Upstream) -> None:
    async def ask() -> list[str]:
        async with openai.AsyncOpenAI(base_url=door.url, api_key="any") as client:
            stream = await client.chat.completions.create(
                model="xai:grok", messages=[{"role": "user", "content": "Hello"}], stream=True
            )
            return [chunk.choices[0].delta.content or "" async for chunk in stream]

    primary.script.append(streamed_reply("Hel", "lo"))
    assert list(filter(None, asyncio.run(ask()))) == ["Hel", "lo"]


def test_the_asynchronous_client(door: Door) -> None:
    async def ask() -> str | None:
        async with openai.AsyncOpenAI(base_url=door.url, api_key="any") as client:
            completion = await client.chat.completions.create(
                model="xai:grok", messages=[{"role": "user", "content": "Hello"}]
            )
            return completion.choices[0].message.content

    assert asyncio.run(ask()) == "Hello from upstream."


def test_parallel_tools_are_called_and_their_results_answered(client: openai.OpenAI, primary: Upstream) -> None:
    primary.script.append(Reply(CALLED))
    first = client.chat.completions.create(
        model="xai:grok", messages=[{"role": "user", "content": "Weather?"}], tools=[WEATHER]
    )
    calls = first.choices[0].message.tool_calls or []
    assert first.choices[0].finish_reason == "tool_calls"
    assert [json.loads(call.function.arguments) for call in calls if call.type == "function"] == [
        {"city": "Paris"},
        {"city": "Rome"},
    ]

    history: Any = [
        {"role": "user", "content": "Weather?"},
        first.choices[0].message.model_dump(exclude_none=True),
        *({"role": "tool", "tool_call_id": call.id, "content": "21 degrees"} for call in calls),
    ]
    second = client.chat.completions.create(model="xai:grok", messages=history, tools=[WEATHER])
    assert second.choices[0].message.content == "Hello from upstream."
    asked = primary.requests[-1]["messages"]
    assert [message["role"] for message in asked] == ["user", "assistant", "tool", "tool"]
    assert [message["tool_call_id"] for message in asked[2:]] == ["call_a", "call_b"]


def test_tool_calls_are_streamed(client: openai.OpenAI, primary: Upstream) -> None:
    primary.script.append(Reply(CALLED))
    with client.chat.completions.stream(
        model="xai:grok", messages=[{"role": "user", "content": "Weather?"}], tools=[WEATHER]
    ) as stream:
        message = stream.get_final_completion().choices[0].message
    assert [call.id for call in message.tool_calls or []] == ["call_a", "call_b"]


class City(BaseModel):
    name: str


def test_an_answer_is_parsed(client: openai.OpenAI, primary: Upstream) -> None:
    primary.script.append(answer('{"name": "Paris"}'))
    completion = client.chat.completions.parse(
        model="xai:grok", messages=[{"role": "user", "content": "A city?"}], response_format=City
    )
    assert completion.choices[0].message.parsed == City(name="Paris")
    assert primary.requests[-1]["response_format"]["json_schema"]["name"] == "City"


def test_a_list_of_models_falls_back(client: openai.OpenAI, primary: Upstream) -> None:
    primary.script += [refusal(500), refusal(500)]
    completion = client.chat.completions.create(
        model="openai:gpt-4o-mini, xai:broken, xai:grok", messages=[{"role": "user", "content": "Hello"}]
    )
    assert completion.model == "xai:grok"


def test_an_agent_answers_with_its_own_configuration(client: openai.OpenAI, door: Door, primary: Upstream) -> None:
    path = door.host.agent(model="xai:grok", config={"instructions": "Be brief.", "temperature": 0.5})
    completion = client.chat.completions.create(
        model=f"agent:{path.rpartition('/')[2]}", messages=[{"role": "user", "content": "Hello"}]
    )
    assert completion.model == "xai:grok"
    assert primary.requests[-1]["messages"][0] == {"role": "system", "content": "Be brief."}
    assert primary.requests[-1]["temperature"] == 0.5


def test_models_are_listed(client: openai.OpenAI) -> None:
    ids = [model.id for model in client.models.list()]
    assert "xai:grok-4.3" in ids
    assert "openai:gpt-4o-mini" not in ids


@pytest.mark.parametrize(
    ("request_", "kind", "param"),
    [
        ({"model": "gpt 4o mini"}, "BadRequestError", "model"),
        ({"model": "gpt-none"}, "NotFoundError", None),
        ({"model": "xai:"}, "BadRequestError", "model"),
        ({"model": "xai:gr\x00ok"}, "BadRequestError", "model"),
        ({"model": "xai:" + "x" * 20_000, "stream": True}, "BadRequestError", "model"),
        ({"model": "nobody:x"}, "NotFoundError", None),
        ({"model": "agent:nobody"}, "NotFoundError", None),
        ({"temperature": 9}, "BadRequestError", "temperature"),
        ({"max_tokens": 0}, "BadRequestError", "max_tokens"),
        ({"n": 2}, "BadRequestError", None),
        ({"tool_choice": "required"}, "BadRequestError", "tool_choice"),
        ({"messages": []}, "BadRequestError", "messages"),
        ({"messages": [SOUND]}, "BadRequestError", "messages[0].content[0].input_audio.data"),
        ({"extra_headers": {"Idempotency-Key": "k" * 256}}, "BadRequestError", "Idempotency-Key"),
    ],
)  # fmt: skip
def test_mistakes_come_in_openais_envelope(client: openai.OpenAI, request_: Any, kind: str, param: str | None) -> None:
    good: Any = {"model": "xai:grok", "messages": [{"role": "user", "content": "Hello"}]}
    with pytest.raises(getattr(openai, kind)) as caught:
        client.chat.completions.create(**{**good, **request_})
    assert caught.value.param == param
    assert caught.value.code
    assert caught.value.type


def test_failure_of_every_target_comes_in_openais_envelope(client: openai.OpenAI, primary: Upstream) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(
            model="openai:gpt-4o-mini",
            messages=[{"role": "user", "content": "Hello"}],
            extra_headers={"x-agentos-simulate": "echo=server"},
        )
    assert caught.value.status_code in (502, 503)
    assert caught.value.type == "server_error"


class Weather(BaseModel):
    """The weather in a city."""

    city: str
    days: int = 1


def called(name: str, arguments: str) -> Reply:
    """An answer that calls one tool."""
    call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return Reply({**CALLED, "choices": [{"finish_reason": "stop", "message": message}]})


def test_a_forced_tool_is_called_and_its_arguments_are_parsed(client: openai.OpenAI, primary: Upstream) -> None:
    primary.script.append(called("Weather", '{"city": "Paris", "days": 3}'))
    completion = client.chat.completions.parse(
        model="xai:grok",
        messages=[{"role": "user", "content": "Weather in Paris?"}],
        tools=[openai.pydantic_function_tool(Weather)],
        tool_choice={"type": "function", "function": {"name": "Weather"}},
        parallel_tool_calls=False,
    )
    (call,) = completion.choices[0].message.tool_calls or []
    assert call.function.parsed_arguments == Weather(city="Paris", days=3)
    asked = primary.requests[-1]
    assert asked["tool_choice"] == {"type": "function", "function": {"name": "Weather"}}
    assert asked["parallel_tool_calls"] is False
    assert asked["tools"][0]["function"]["strict"] is True


def test_any_tool_may_be_required_of_a_stream(client: openai.OpenAI, primary: Upstream) -> None:
    primary.script.append(called("weather", "{}"))
    with client.chat.completions.stream(
        model="xai:grok",
        messages=[{"role": "user", "content": "Weather?"}],
        tools=[WEATHER],
        tool_choice="required",
    ) as stream:
        message = stream.get_final_completion().choices[0].message
    assert [call.function.name for call in message.tool_calls or []] == ["weather"]
    assert primary.requests[-1]["tool_choice"] == "required"


def test_a_choice_that_no_model_can_be_held_to_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(
            model="deepseek:deepseek-flash",
            messages=[{"role": "user", "content": "Weather?"}],
            tools=[WEATHER],
            tool_choice="required",
        )
    assert caught.value.code == "unsupported"
    assert "tool_choice" in caught.value.message


def test_one_model_is_read_by_its_name(client: openai.OpenAI) -> None:
    assert client.models.retrieve("xai:grok-4.3").owned_by == "xai"
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("xai:grok/none")
    assert caught.value.code == "not_found"


@pytest.mark.parametrize("name", ["xai:grok-4.3", "xai%3Agrok-4.3"])
def test_a_models_name_may_be_encoded(door: Door, name: str) -> None:
    assert door.host.client.get(f"/v1/models/{name}").json()["id"] == "xai:grok-4.3"


def test_an_unknown_route_is_an_error_that_the_client_can_read(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="There is no route") as caught:
        client.images.generate(prompt="a cat")
    assert (caught.value.code, caught.value.type) == ("not_found", "not_found_error")
    with pytest.raises(openai.NotFoundError, match="There is no route"):
        client.chat.completions.list()
    with pytest.raises(openai.NotFoundError, match="There is no route"):
        client.models.delete("xai:grok-4.3")


def test_the_same_key_has_the_same_answer(client: openai.OpenAI, primary: Upstream) -> None:
    before = len(primary.requests)

    def ask(content: str) -> Any:
        return client.chat.completions.create(
            model="xai:grok",
            messages=[{"role": "user", "content": content}],
            extra_headers={"Idempotency-Key": "order 4711"},
        )

    assert ask("Hello").to_dict() == ask("Hello").to_dict()
    assert len(primary.requests) == before + 1
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        ask("Goodbye")
    assert caught.value.code == "idempotency_mismatch"


def test_parameters_that_were_not_sent_are_named(client: openai.OpenAI, primary: Upstream) -> None:
    completion = client.chat.completions.create(
        model="xai:grok",
        messages=[{"role": "user", "content": "Hello", "name": "ann"}],
        seed=7,
        user="ann",
        prediction={"type": "content", "content": "Hello"},
    )
    assert completion.model_extra
    assert completion.model_extra["agentos"]["notes"] == [
        "prediction left out: it is not known here",
        "user left out: the model does not take it",
    ]
    assert not {"user", "safety_identifier"} & primary.requests[-1].keys()
    assert primary.requests[-1]["seed"] == 7
    assert primary.requests[-1]["messages"] == [{"role": "user", "content": "Hello", "name": "ann"}]


def test_a_prompt_is_completed(client: openai.OpenAI, primary: Upstream) -> None:
    primary.script += [answer(" there was a king."), streamed_reply(" there", " was")]
    whole = client.completions.create(model="xai:grok", prompt="Once upon a time", max_tokens=9)
    assert (whole.choices[0].text, whole.choices[0].finish_reason) == (" there was a king.", "stop")
    stream = client.completions.create(model="xai:grok", prompt="Once upon a time", stream=True)
    assert "".join(chunk.choices[0].text for chunk in stream) == " there was"


def test_texts_are_embedded(client: openai.OpenAI, primary: Upstream) -> None:
    primary.script += [embedded([0.5, -0.25], [0.125, 1.0]), embedded([0.5, -0.25])]
    found = client.embeddings.create(model="xai:embedder", input=["A fox", "A dog"])  # asks for base64 by itself
    assert [entry.embedding for entry in found.data] == [[0.5, -0.25], [0.125, 1.0]]
    assert found.usage.total_tokens == 8
    lists = client.embeddings.create(model="xai:embedder", input="A fox", encoding_format="float", dimensions=2)
    assert lists.data[0].embedding == [0.5, -0.25]
    assert primary.requests[-1]["dimensions"] == 2

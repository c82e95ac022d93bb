"""LangChain's `ChatOpenAI`, pointed at the door at `/v1`: nothing but its base URL is changed."""

import asyncio
import json
import threading
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from tests.e2e.door import Door
from tests.support.sdks import langchain_messages as messages
from tests.support.sdks import langchain_openai, langchain_tools
from tests.support.upstream import Upstream, answer, calling, refusal, streamed_reply


@pytest.fixture
def primary(door: Door) -> Upstream:
    return door.upstream


@pytest.fixture
def model(door: Door) -> Any:
    return chat_model(door, "xai:grok")


def chat_model(door: Door, name: str) -> Any:
    return langchain_openai.ChatOpenAI(
        model=name, base_url=door.url, api_key=SecretStr("any"), max_retries=0, temperature=0.2
    )


@pytest.fixture
def weather() -> Any:
    """A tool."""

    def weather(city: str) -> str:
        """The weather in a city."""
        return f"rain in {city}"

    return langchain_tools.tool(weather)


class City(BaseModel):
    """A city."""

    name: str


def test_an_answer_is_received(model: Any, primary: Upstream) -> None:
    reply = model.invoke([messages.SystemMessage("Be brief."), messages.HumanMessage("Hello")])
    assert reply.content == "Hello from upstream."
    assert reply.response_metadata["model_name"] == "xai:grok"
    assert reply.response_metadata["finish_reason"] == "stop"
    assert reply.usage_metadata
    assert (reply.usage_metadata["input_tokens"], reply.usage_metadata["output_tokens"]) == (10, 5)
    assert [message["role"] for message in primary.requests[-1]["messages"]] == ["system", "user"]
    assert primary.requests[-1]["temperature"] == 0.2


def test_a_stream_comes_as_it_is_written(model: Any, primary: Upstream) -> None:
    received = threading.Event()
    primary.script.append(streamed_reply("Hel", lambda: received.wait(60), "lo"))
    texts, whole = [], None
    for chunk in model.stream("Hello", stream_usage=True):
        assert isinstance(chunk, messages.AIMessageChunk)
        whole = chunk if whole is None else whole + chunk
        texts.append(chunk.content)
        if chunk.content == "Hel":
            received.set()
    assert list(filter(None, texts)) == ["Hel", "lo"]
    assert whole
    assert whole.usage_metadata
    assert whole.usage_metadata["total_tokens"] == 15


def test_an_answer_is_received_asynchronously(model: Any, primary: Upstream) -> None:
    async def ask() -> str:
        async with model.root_async_client:  # which LangChain leaves open
            return "".join([str(chunk.content) async for chunk in model.astream("Hello")])

    primary.script.append(streamed_reply("Hel", "lo"))
    assert asyncio.run(ask()) == "Hello"


@pytest.mark.parametrize("streamed", [False, True])
def test_tools_are_called_and_their_results_answered(
    model: Any, weather: Any, primary: Upstream, streamed: bool
) -> None:
    calls = [("call_a", "weather", '{"city": "Paris"}'), ("call_b", "weather", '{"city": "Tōkyō"}')]
    primary.script.append(calling(*calls))
    able: Any = model.bind_tools([weather])
    asked: list[Any] = [messages.HumanMessage("Weather?")]
    if streamed:
        first, *more = able.stream(asked)
        called = sum(more, first)
    else:
        called = able.invoke(asked)
    assert [(call["id"], call["name"], call["args"]) for call in called.tool_calls] == [
        (call_id, name, json.loads(arguments)) for call_id, name, arguments in calls
    ]

    results = [weather.invoke(call) for call in called.tool_calls]
    assert able.invoke([*asked, called, *results]).content == "Hello from upstream."
    sent = primary.requests[-1]["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "tool"]
    assert [message["content"] for message in sent[2:]] == ["rain in Paris", "rain in Tōkyō"]


def test_structured_output(model: Any, primary: Upstream) -> None:
    primary.script.append(answer('{"name": "Paris"}'))
    assert model.with_structured_output(City).invoke("A city?") == City(name="Paris")
    assert primary.requests[-1]["response_format"]["json_schema"]["name"] == "City"


def test_structured_output_by_a_tool_that_must_be_called(model: Any, primary: Upstream) -> None:
    primary.script.append(calling(("call_a", "City", '{"name": "Paris"}')))
    assert model.with_structured_output(City, method="function_calling").invoke("A city?") == City(name="Paris")
    asked = primary.requests[-1]
    assert asked["tool_choice"] == {"type": "function", "function": {"name": "City"}}
    assert asked["parallel_tool_calls"] is False


def test_any_tool_that_must_be_called(model: Any, weather: Any, primary: Upstream) -> None:
    primary.script.append(calling(("call_a", "weather", '{"city": "Paris"}')))
    assert model.bind_tools([weather], tool_choice="any").invoke("Weather?").tool_calls
    assert primary.requests[-1]["tool_choice"] == "required"


def test_many_calls_at_once_are_answered(model: Any) -> None:
    assert {reply.content for reply in model.batch([f"Hello {number}" for number in range(20)])} == {
        "Hello from upstream."
    }


def test_an_agent_and_a_list_of_models(door: Door, primary: Upstream) -> None:
    primary.script += [refusal(500), refusal(500)]
    listed = chat_model(door, "openai:gpt-4o-mini, xai:broken, xai:grok").invoke("Hello")
    assert listed.response_metadata["model_name"] == "xai:grok"

    agent_id = door.host.agent(model="xai:grok", config={"instructions": "Be brief."})
    chat_model(door, f"agent:{agent_id}").invoke("Hello")
    assert primary.requests[-1]["messages"][0] == {"role": "system", "content": "Be brief."}


def test_a_mistake_is_named(door: Door) -> None:
    with pytest.raises(Exception, match="provider:model"):
        chat_model(door, "no-such-model").invoke("Hello")

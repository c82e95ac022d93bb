"""OpenAI's Agents SDK with its defaults, which is the Responses API: a tool, a hand-off, a typed answer, a session,
a stream."""

import asyncio
import os

from agents import (
    Agent,
    OpenAIConversationsSession,
    Runner,
    function_tool,
    set_default_openai_client,
    set_tracing_disabled,
)
from openai import AsyncOpenAI
from openai.types.responses import ResponseTextDeltaEvent
from pydantic import BaseModel

MODEL = "anthropic:claude-haiku-4-5"
asked: list[str] = []


class City(BaseModel):
    name: str
    inhabitants: int


@function_tool
def weather(city: str) -> str:
    """The weather in a city."""
    asked.append(city)
    return f"rain in {city}"


async def main() -> None:
    set_default_openai_client(AsyncOpenAI(base_url=f"{os.environ['DOOR']}/v1", api_key="any", max_retries=0))
    set_tracing_disabled(True)

    agent = Agent(name="Weather", instructions="Answer with the tool.", model=MODEL, tools=[weather])
    result = await Runner.run(agent, "What is the weather in Basel?")
    assert asked, result
    assert str(result.final_output).startswith("Hello"), result.final_output

    following = await Runner.run(agent, [*result.to_input_list(), {"role": "user", "content": "And in Bern?"}])
    assert len(asked) == 2, following

    typed = await Runner.run(Agent(name="Cities", model=MODEL, output_type=City), "Basel has 175000 inhabitants.")
    assert typed.final_output.inhabitants == 175000, typed.final_output

    triage = Agent(name="Triage", model=MODEL, handoffs=[Agent(name="Greeter", model=MODEL)])
    handed = await Runner.run(triage, "Hello?")
    assert handed.last_agent.name == "Greeter", handed.last_agent

    session = OpenAIConversationsSession()
    await Runner.run(agent, "What is the weather in Basel?", session=session)
    before = await session.get_items()
    kinds = [item.get("type") for item in before]
    assert kinds == ["message", "function_call", "function_call_output", "message"], before
    await Runner.run(agent, "And in Bern?", session=session)
    assert (await session.get_items())[:4] == before
    assert len(asked) == 4, asked
    await session.clear_session()

    stream = Runner.run_streamed(Agent(name="Greeter", model=MODEL), "Say hello.")
    pieces = [
        event.data.delta
        async for event in stream.stream_events()
        if event.type == "raw_response_event" and isinstance(event.data, ResponseTextDeltaEvent)
    ]
    assert "".join(pieces).startswith("Hello"), pieces
    assert len(pieces) > 1, pieces


asyncio.run(main())

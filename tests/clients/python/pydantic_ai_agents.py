"""pydantic-ai's three models of these APIs: an agent with a tool, a typed answer, and a stream."""

import asyncio
import os

from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

DOOR = os.environ["DOOR"]
OPENAI = OpenAIProvider(base_url=f"{DOOR}/v1", api_key="any")
ANTHROPIC = AnthropicProvider(base_url=DOOR, api_key="any")
BEHIND_OPENAI, BEHIND_ANTHROPIC = "openai:suite", "anthropic:claude-haiku-4-5"
MODELS: list[Model] = [
    OpenAIChatModel(BEHIND_ANTHROPIC, provider=OPENAI),
    OpenAIResponsesModel(BEHIND_ANTHROPIC, provider=OPENAI),
    AnthropicModel(BEHIND_OPENAI, provider=ANTHROPIC),
]


class City(BaseModel):
    name: str
    inhabitants: int


async def with_tool(model: Model) -> None:
    agent, asked = Agent(model), []

    @agent.tool_plain
    def weather(city: str) -> str:
        """The weather in a city."""
        asked.append(city)
        return f"rain in {city}"

    result = await agent.run("What is the weather in Basel?")
    assert asked, result
    assert result.output.startswith("Hello"), result.output
    following = await agent.run("And now?", message_history=result.all_messages())
    assert following.output


async def typed(model: Model) -> None:
    result = await Agent(model, output_type=City).run("Basel has 175000 inhabitants.")
    assert result.output.inhabitants == 175000, result.output


async def streamed(model: Model) -> None:
    async with Agent(model).run_stream("Say hello.") as stream:
        pieces = [piece async for piece in stream.stream_text(delta=True, debounce_by=None)]
    assert "".join(pieces).startswith("Hello"), pieces
    assert len(pieces) > 1, pieces


async def main() -> None:
    for model in MODELS:
        for example in (with_tool, typed, streamed):
            await example(model)


asyncio.run(main())

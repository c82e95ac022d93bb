"""LlamaIndex's OpenAI, which knows models by their bare names alone: chat, a completion, a stream, a tool."""

import os

from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai import OpenAI


def weather(city: str) -> str:
    """The weather in a city."""
    return f"rain in {city}"


llm = OpenAI(model="gpt-4o-mini", api_base=f"{os.environ['DOOR']}/v1", api_key="any", max_retries=0)
question = [ChatMessage(role="user", content="What is the weather in Basel?")]

assert str(llm.chat(question).message.content).startswith("Hello")
assert llm.complete("Say hello.").text.startswith("Hello")
pieces = [piece.delta for piece in llm.stream_chat(question)]
assert "".join(piece or "" for piece in pieces).startswith("Hello"), pieces
assert len(pieces) > 1, pieces

answer = llm.chat(question, tools=[FunctionTool.from_defaults(weather).metadata.to_openai_tool()])
calls = llm.get_tool_calls_from_response(answer)
assert [call.tool_name for call in calls] == ["weather"], calls

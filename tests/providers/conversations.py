"""Conversations with tools, and replies that call them, for the tests of both wire formats."""

import json
from typing import Any

from agentos.domain import Completion, ImagePart, Message, Prompt, TextPart, Tool, ToolCall
from tests.providers.recordings import Wire, an_answer

BEDROCK = "bedrock:claude-haiku-4-5"
OPENAI, GEMINI, ANTHROPIC = "openai:gpt-4o-mini", "gemini:flash-1.5", "anthropic:claude-haiku-5-5"

PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "maximum": 10**20}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER = Tool.model_validate(
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather in a city.",
            "parameters": PARAMETERS,
            "strict": True,
        },
    }
)
NOW = Tool.model_validate({"type": "function", "function": {"name": "now"}})
TOOLS = (WEATHER, NOW)

PARIS = ToolCall(id="call_1", name="get_weather", arguments={"city": "Paris", "days": 3})
TOKYO = ToolCall(id="call_2", name="get_weather", arguments={"city": "東京"})
TIME = ToolCall(id="call_3", name="now", arguments={})
BROKEN = ToolCall(id="call_4", name="now", arguments={}, invalid_arguments='{"zone": "UT')
CALLS = (PARIS, TOKYO, TIME)


def asking(*calls: ToolCall, content: str = "") -> Message:
    """The assistant's message that calls tools."""
    return Message(role="assistant", content=content, tool_calls=calls)


def result(call: ToolCall, content: Any = "Sunny.") -> Message:
    return Message(role="tool", content=content, tool_call_id=call.id)


ASKED = Message(role="user", content="How is the weather in Paris and in Tokyo?")
RESULTS = (result(TIME, "12:00"), result(PARIS, '{"degrees": 21.5, "sky": null}'), result(TOKYO, "Rain."))
HISTORY = (ASKED, asking(*CALLS), *RESULTS)
"""The results come in another order than the calls, as clients may send them."""

PICTURE = ImagePart.model_validate({"type": "image_url", "image_url": {"url": "https://example.test/a.png"}})
DRAWING = ImagePart.model_validate({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}})
PARTS = (TextPart(type="text", text="Here:"), PICTURE, DRAWING, TextPart(type="text", text="Done."))


def with_tools(*messages: Message) -> Prompt:
    return Prompt(messages=messages or HISTORY, tools=TOOLS)


def openai_calls(*calls: Any, content: Any = None, finish_reason: str = "tool_calls", **message: Any) -> bytes:
    """A reply with these as its `tool_calls`."""
    message = {"role": "assistant", "content": content, "tool_calls": list(calls), **message}
    return json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": finish_reason}]}).encode()


def openai_call(arguments: Any, name: Any = "f", call_id: Any = "call_1") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def gemini_calls(*calls: Any, finish_reason: str = "STOP") -> bytes:
    """A reply with these as its parts' `functionCall`."""
    content = {"role": "model", "parts": [{"functionCall": call} for call in calls]}
    return json.dumps({"candidates": [{"content": content, "finishReason": finish_reason}]}).encode()


def gemini_call(arguments: Any, name: Any = "f", call_id: Any = "call_1") -> dict[str, Any]:
    return {"id": call_id, "name": name, "args": arguments}


def anthropic_calls(*blocks: Any, stop_reason: str = "tool_use") -> bytes:
    """A reply with these as its blocks of content."""
    return json.dumps({"type": "message", "role": "assistant", "content": blocks, "stop_reason": stop_reason}).encode()


def bedrock_calls(*blocks: Any) -> bytes:
    """A reply with these as its blocks of content."""
    message = {"role": "assistant", "content": blocks}
    return json.dumps({"output": {"message": message}, "stopReason": "tool_use"}).encode()


def answered(wire: Wire, model: str, body: bytes) -> Completion:
    wire.reply(body)
    return wire.ask(model)


def encoded(wire: Wire, model: str, asked: Prompt) -> Any:
    """The JSON that is sent for a prompt."""
    wire.reply(an_answer(model))
    wire.ask(model, asked)
    return wire.sent_json

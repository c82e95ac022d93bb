"""Estimates of length in tokens, for cutting histories and choosing models; never for billing."""

from collections.abc import Iterable

from agentos.domain import Message, TextPart, Tool, ToolCall
from agentos.kernel import json_text

IMAGE_TOKENS = 1000
"""About what providers count for an image of ordinary size."""

MESSAGE_TOKENS = 4
"""What a message's role and separators take (OpenAI's cookbook on counting tokens); as much for a call's."""


def estimate(message: Message) -> int:
    """About how many tokens a message takes: four bytes of UTF-8 to a token, so that scripts other than Latin
    count more for each character, as they do in every current tokenizer."""
    calls = sum(map(_estimate_call, message.tool_calls))
    if isinstance(message.content, str):
        return estimate_text(message.content) + calls + MESSAGE_TOKENS
    parts = (estimate_text(part.text) if isinstance(part, TextPart) else IMAGE_TOKENS for part in message.content)
    return sum(parts) + calls + MESSAGE_TOKENS


def estimate_tools(tools: Iterable[Tool]) -> int:
    """About how many tokens the definitions of tools take: providers put them into the prompt as text."""
    return sum(estimate_text(json_text.dump(tool.to_json())) for tool in tools)


def estimate_text(text: str) -> int:
    """About how many tokens a text takes."""
    return -(-len(text.encode()) // 4)


def _estimate_call(call: ToolCall) -> int:
    arguments = json_text.dump(call.arguments) if call.invalid_arguments is None else call.invalid_arguments
    return estimate_text(call.name) + estimate_text(arguments) + MESSAGE_TOKENS

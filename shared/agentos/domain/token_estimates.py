"""Estimates of length in tokens, for cutting histories and choosing models; never for billing."""

from collections.abc import Iterable

from agentos.domain import AudioPart, FilePart, Message, Part, Prompt, TextPart, Tool, ToolCall
from agentos.kernel import json_text

IMAGE_TOKENS = 1000
"""About what providers count for an image of ordinary size."""

PAGE_TOKENS = 2000
"""About what providers count for a page of a file: its text and its picture. Anthropic's documentation ("PDF support")
has 1,500 to 3,000 for the text alone."""

PAGE_BYTES = 50_000
"""About the size of a page in a PDF with a few pictures."""

UNKNOWN_PAGES = 5
"""Taken for a file of which the address alone is known."""

AUDIO_BYTES_PER_TOKEN = 500
"""Compressed audio of 128 kbit/s has 16,000 bytes a second, for which Gemini counts 32 tokens ("Audio understanding",
ai.google.dev)."""

MESSAGE_TOKENS = 4
"""What a message's role and separators take (OpenAI's cookbook on counting tokens); as much for a call's."""


def estimate(message: Message) -> int:
    """About how many tokens a message takes: four bytes of UTF-8 to a token, so that scripts other than Latin
    count more for each character, as they do in every current tokenizer."""
    calls = sum(map(_estimate_call, message.tool_calls))
    if isinstance(message.content, str):
        return estimate_text(message.content) + calls + MESSAGE_TOKENS
    return sum(map(_estimate_part, message.content)) + calls + MESSAGE_TOKENS


def estimate_tools(tools: Iterable[Tool]) -> int:
    """About how many tokens the definitions of tools take: providers put them into the prompt as text."""
    return sum(estimate_text(json_text.dump(tool.to_json())) for tool in tools)


def estimate_prompt(prompt: Prompt) -> int:
    """About how many tokens a whole prompt takes: instructions, tools and messages."""
    given = estimate_text(prompt.instructions or "") + estimate_tools(prompt.tools)
    return given + sum(map(estimate, prompt.messages))


def estimate_text(text: str) -> int:
    """About how many tokens a text takes."""
    return -(-len(text.encode()) // 4)


def _estimate_part(part: Part) -> int:
    match part:
        case TextPart():
            return estimate_text(part.text)
        case FilePart() if part.file.is_text:
            return _bytes(part.file.data) // 4
        case FilePart():
            pages = UNKNOWN_PAGES if part.file.file_data is None else -(-_bytes(part.file.data) // PAGE_BYTES)
            return pages * PAGE_TOKENS
        case AudioPart():
            return -(-_bytes(part.input_audio.data) // AUDIO_BYTES_PER_TOKEN)
        case _:
            return IMAGE_TOKENS


def _bytes(base64: str) -> int:
    """The size of what a base64 text holds."""
    return len(base64) * 3 // 4


def _estimate_call(call: ToolCall) -> int:
    arguments = json_text.dump(call.arguments) if call.invalid_arguments is None else call.invalid_arguments
    return estimate_text(call.name) + estimate_text(arguments) + MESSAGE_TOKENS

"""A conversation as Anthropic's messages: blocks of content, calls among them, and the thoughts before a call.

https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from agentos.domain import ImagePart, Message, TextPart, ToolCall
from agentos.providers.blocks import alternating, answer_blocks, results_in_order
from agentos.providers.tool_calls import RawToolCall, sent_arguments, signed_json, tool_calls

THINKING = "thinking"
"""The kind of signature that holds the blocks of thought before a call, as JSON."""

THOUGHTS = frozenset({"thinking", "redacted_thinking"})


def messages(conversation: Iterable[Message], digest: Callable[[list[dict[str, Any]]], str]) -> list[dict[str, Any]]:
    """Every message but the system's. Consecutive messages of one side become one message, results first.

    `digest` identifies the conversation before an answer.
    """
    return alternating(conversation, digest, _answer, _results, _question)


def calls_of(content: Sequence[dict[str, Any]]) -> tuple[ToolCall, ...]:
    """The calls in an answer, each signed with the thoughts right before it. Raises BadResponse."""
    return tool_calls(_sent(content))


def _sent(content: Sequence[dict[str, Any]]) -> Iterator[RawToolCall]:
    thoughts: list[dict[str, Any]] = []
    for block in content:
        if block["type"] in THOUGHTS:
            thoughts.append(block)
        elif block["type"] == "tool_use":
            thought = signed_json(THINKING, thoughts) if thoughts else None
            yield RawToolCall(block.get("id"), block.get("name"), block.get("input"), thought)
            thoughts = []


def _answer(message: Message, before: str) -> Iterator[dict[str, Any]]:
    return answer_blocks(message, THINKING, before, lambda text: {"type": "text", "text": text}, _call_block)


def _call_block(call: ToolCall) -> dict[str, Any]:
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": sent_arguments(call)}


def _results(messages: Sequence[Message], calls: tuple[ToolCall, ...]) -> Iterator[dict[str, Any]]:
    for call_id, text in results_in_order(messages, calls):
        content = {"content": text} if text.strip() else {}  # a blank text is a 400
        yield {"type": "tool_result", "tool_use_id": call_id, **content}


def _question(message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        return []
    if isinstance(message.content, str):
        return [{"type": "text", "text": message.content}]
    return [_part(part) for part in message.content]


def _part(part: TextPart | ImagePart) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    image = part.image_url
    if image.data is not None:
        return {"type": "image", "source": {"type": "base64", "media_type": image.kind, "data": image.data}}
    return {"type": "image", "source": {"type": "url", "url": image.url}}

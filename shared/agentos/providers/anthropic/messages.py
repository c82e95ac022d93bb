"""A conversation as Anthropic's messages: blocks of content, calls among them, and the thoughts before a call.

https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from agentos.domain import CacheTime, FilePart, ImagePart, Message, Part, TextPart, ToolCall
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.blocks import alternating, answer_blocks, cache_of_results, results_in_order
from agentos.providers.tool_calls import RawToolCall, sent_arguments, signed_json, tool_calls

THINKING = "thinking"
"""The kind of signature that holds the blocks of thought before a call, as JSON."""

MARK = "cache_control"

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


def mark(cache: CacheTime | None) -> dict[str, Any]:
    """The field of a block, or of a tool, up to which the prompt is cached.

    https://platform.claude.com/docs/en/build-with-claude/prompt-caching
    """
    if cache is None:
        return {}
    return {"cache_control": {"type": "ephemeral", **({} if cache == "5m" else {"ttl": cache})}}


def unmarked(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Messages without the marks of their blocks."""
    return [
        {**message, "content": [{k: v for k, v in block.items() if k != MARK} for block in message["content"]]}
        for message in messages
    ]


def _answer(message: Message, before: str) -> Iterable[dict[str, Any]]:
    blocks = list(answer_blocks(message, THINKING, before, lambda text: {"type": "text", "text": text}, _call_block))
    return _marked(blocks, message.cache)


def _marked(blocks: list[dict[str, Any]], cache: CacheTime | None) -> list[dict[str, Any]]:
    """The blocks with a mark on the last one."""
    return [*blocks[:-1], {**blocks[-1], **mark(cache)}] if blocks and cache else blocks


def _call_block(call: ToolCall) -> dict[str, Any]:
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": sent_arguments(call)}


def _results(messages: Sequence[Message], calls: tuple[ToolCall, ...]) -> list[dict[str, Any]]:
    blocks = []
    for call_id, text in results_in_order(messages, calls):
        content = {"content": text} if text.strip() else {}  # a blank text is a 400
        blocks.append({"type": "tool_result", "tool_use_id": call_id, **content})
    return _marked(blocks, cache_of_results(messages))


def _question(message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        return []
    if isinstance(message.content, str):
        return _marked([{"type": "text", "text": message.content}], message.cache)
    return _marked([_part(part) for part in message.content], message.cache)


def _part(part: Part) -> dict[str, Any]:
    """Raises UpstreamError for audio, which the plan leaves to other targets."""
    match part:
        case TextPart():
            return {"type": "text", "text": part.text}
        case ImagePart():
            image = part.image_url
            return {"type": "image", "source": _source(image.kind, image.data, image.url)}
        case FilePart():
            file, titled = part.file, {"title": part.file.filename} if part.file.filename else {}
            return {"type": "document", "source": _source(file.kind, file.data, file.file_url or ""), **titled}
        case _:
            raise UpstreamError(ErrorClass.REJECTED, "Messages takes no audio")


def _source(kind: str, data: str | None, url: str) -> dict[str, Any]:
    return {"type": "base64", "media_type": kind, "data": data} if data else {"type": "url", "url": url}

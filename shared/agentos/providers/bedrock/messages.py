"""A conversation as Converse's messages: blocks of content, calls among them, and the reasoning before a call.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from agentos.domain import (
    AudioPart,
    CacheTime,
    FilePart,
    ImagePart,
    Message,
    Part,
    Prompt,
    TextPart,
    ToolCall,
    ToolChoice,
)
from agentos.domain.content import DOCX, PDF, XLSX
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.blocks import alternating, answer_blocks, cache_of_results, results_in_order
from agentos.providers.tool_calls import RawToolCall, sent_arguments, signed_json, tool_calls

MARK = "cachePoint"

FORMATS = {PDF: "pdf", DOCX: "docx", XLSX: "xlsx", "application/msword": "doc", "application/vnd.ms-excel": "xls"}
"""Of documents, by their media types. Those of text are sent as text.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
"""

REASONING = "converse"
"""The kind of signature that holds the blocks of reasoning before a call, as JSON."""


def messages(conversation: Iterable[Message], digest: Callable[[list[dict[str, Any]]], str]) -> list[dict[str, Any]]:
    """Every message but the system's. Consecutive messages of one side become one message, results first.

    `digest` identifies the conversation before an answer.
    """
    return alternating(conversation, digest, _answer, _results, _question)


def tool_config(prompt: Prompt) -> dict[str, Any]:
    """The tools that are offered, and those that only the history calls: Converse refuses calls of undeclared tools."""
    offered = [tool.function for tool in prompt.tools]
    specs = [_spec(function.name, function.arguments_schema, function.description) for function in offered]
    called = {call.name: None for message in prompt.messages for call in message.tool_calls}
    known = {function.name for function in offered}
    tools = [*specs, *(_spec(name, {"type": "object"}) for name in called if name not in known)]
    choice = prompt.parameters.tool_choice
    return {"tools": [*tools, *mark(prompt.tools_cache)], **({"toolChoice": _choice(choice)} if choice else {})}


def calls_of(content: Sequence[dict[str, Any]]) -> tuple[ToolCall, ...]:
    """The calls in an answer, each signed with the reasoning right before it. Raises BadResponse."""
    return tool_calls(_sent(content))


def _spec(name: str, schema: dict[str, Any], description: str = "") -> dict[str, Any]:
    described = {"description": description} if description else {}
    return {"toolSpec": {"name": name, **described, "inputSchema": {"json": schema}}}


def _choice(choice: ToolChoice) -> dict[str, Any]:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html"""
    return {"tool": {"name": choice.name}} if choice.name else {"any": {}}


def _sent(content: Sequence[dict[str, Any]]) -> Iterator[RawToolCall]:
    thoughts: list[dict[str, Any]] = []
    for block in content:
        if "reasoningContent" in block:
            thoughts.append(block)
        elif "toolUse" in block:
            call = block["toolUse"]
            thought = signed_json(REASONING, thoughts) if thoughts else None
            yield RawToolCall(call.get("toolUseId"), call.get("name"), call.get("input"), thought)
            thoughts = []


def mark(cache: CacheTime | None) -> list[dict[str, Any]]:
    """The block up to which the prompt is cached, if any.

    https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CachePointBlock.html
    """
    if cache is None:
        return []
    return [{MARK: {"type": "default", **({} if cache == "5m" else {"ttl": cache})}}]


def unmarked(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Messages without the marks among their blocks."""
    return [
        {**message, "content": [block for block in message["content"] if MARK not in block]} for message in messages
    ]


def _answer(message: Message, before: str) -> Iterator[dict[str, Any]]:
    blocks = list(answer_blocks(message, REASONING, before, lambda text: {"text": text}, _call_block))
    yield from blocks
    yield from mark(message.cache) if blocks else []


def _call_block(call: ToolCall) -> dict[str, Any]:
    return {"toolUse": {"toolUseId": call.id, "name": call.name, "input": sent_arguments(call)}}


def _results(messages: Sequence[Message], calls: tuple[ToolCall, ...]) -> Iterator[dict[str, Any]]:
    for call_id, text in results_in_order(messages, calls):
        content: dict[str, Any] = {"text": text} if text.strip() else {"json": {}}  # a blank text is a 400
        yield {"toolResult": {"toolUseId": call_id, "content": [content]}}
    yield from mark(cache_of_results(messages))


def _question(message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        return []
    if isinstance(message.content, str):
        return [{"text": message.content}, *mark(message.cache)]
    return [*(_part(part) for part in message.content), *mark(message.cache)]


def _part(part: Part) -> dict[str, Any]:
    """Raises UpstreamError for an image or a file by its address, which the plan leaves to other targets."""
    match part:
        case TextPart():
            return {"text": part.text}
        case ImagePart() if part.image_url.data is not None:
            form = part.image_url.kind.removeprefix("image/")
            return {"image": {"format": form, "source": {"bytes": part.image_url.data}}}
        case FilePart() if part.file.kind in FORMATS:
            file = part.file
            source = {"bytes": file.data}
            return {"document": {"format": FORMATS[file.kind], "name": file.filename or "document", "source": source}}
        case AudioPart():
            return {"audio": {"format": part.input_audio.format, "source": {"bytes": part.input_audio.data}}}
        case _:
            raise UpstreamError(ErrorClass.REJECTED, "Converse takes no image and no file by its address")

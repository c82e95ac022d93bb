"""A conversation as the items of a request: messages, calls, their outputs, and the thoughts before calls.

https://developers.openai.com/api/docs/guides/function-calling
"""

from collections.abc import Iterable, Iterator
from typing import Any

from agentos.domain import FilePart, ImagePart, Message, Part, Target, TextPart, ToolCall
from agentos.kernel import json_text
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.fitting.texts import text_of
from agentos.providers.openai_responses import thoughts
from agentos.providers.tool_calls import result_text, sent_arguments
from agentos.settings.provider import Provider

Item = dict[str, Any]


def items(messages: Iterable[Message], provider: Provider, target: Target) -> list[Item]:
    """The request's `input`."""
    return [item for message in messages for item in _items(message, provider, target)]


def _items(message: Message, provider: Provider, target: Target) -> Iterator[Item]:
    if message.role == "tool":
        yield {"type": "function_call_output", "call_id": message.tool_call_id or "", "output": result_text(message)}
    elif message.role == "assistant":
        yield from _answer(text_of(message), message.tool_calls, thoughts.items_of(message, provider, target))
    else:
        yield {"role": message.role, "content": _content(message)}


def _answer(text: str, calls: tuple[ToolCall, ...], kept: Iterable[Item]) -> Iterator[Item]:
    """An answer's items. Those that were kept have their place, and the text and the calls get theirs among them."""
    words, left = text if text.strip() else "", list(calls)
    for item in kept:
        match item["type"]:
            case "message" if words:
                yield {**_words(words), **item}
                words = ""
            case "function_call" if left:
                yield {**item, **_call(left.pop(0))}
            case "reasoning":
                yield item
    if words:
        yield {"role": "assistant", "content": words}
    yield from map(_call, left)


def _words(text: str) -> Item:
    """A message in the form in which it came, which has an id."""
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "role": "assistant", "status": "completed", "content": content}


def _call(call: ToolCall) -> Item:
    arguments = json_text.dump(sent_arguments(call))
    return {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": arguments}


def _content(message: Message) -> str | list[Item]:
    if isinstance(message.content, str):
        return message.content
    return [_part(part) for part in message.content]


def _part(part: Part) -> Item:
    """Raises UpstreamError for audio, which the plan leaves to other targets."""
    match part:
        case TextPart():
            return {"type": "input_text", "text": part.text}
        case ImagePart():
            return {"type": "input_image", "image_url": part.image_url.url, "detail": part.image_url.detail}
        case FilePart() if part.file.file_url is not None:
            return {"type": "input_file", "file_url": part.file.file_url}
        case FilePart():
            return {"type": "input_file", "filename": part.file.filename or "file", "file_data": part.file.file_data}
        case _:
            raise UpstreamError(ErrorClass.REJECTED, "Responses takes no audio")

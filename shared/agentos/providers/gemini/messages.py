"""A conversation as Gemini's contents: their parts, and the calls of functions among them.

https://ai.google.dev/api/caching#Content, https://ai.google.dev/gemini-api/docs/function-calling
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from agentos.domain import AudioPart, FilePart, ImagePart, Message, Part, TextPart, ToolCall
from agentos.domain.content import PDF
from agentos.kernel import json_text
from agentos.providers.blocks import without_system
from agentos.providers.tool_calls import RawToolCall, result_text, sent_arguments, signature, signed, tool_calls

THOUGHT = "thought"
"""The kind of signature that holds `thoughtSignature`: the model's encrypted thoughts before a call."""

MEDIA_TYPES = {name: f"audio/{name}" for name in ("wav", "mp3", "aiff", "aac", "ogg", "flac")}
"""Of formats of audio. https://ai.google.dev/gemini-api/docs/audio#supported-formats"""

NO_SIGNATURE = "skip_thought_signature_validator"
"""Google's substitute for the signature of a call that another provider's model made. Gemini 3 and later demand one.

https://ai.google.dev/gemini-api/docs/thought-signatures (FAQ)
"""


def contents(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Every message but the system's. All results of one answer's calls become one content.

    So do consecutive answers: a call must come right after the user or a result.
    """
    encoded: list[dict[str, Any]] = []
    calls: tuple[ToolCall, ...] = ()
    for are_results, run in groupby(without_system(messages), key=lambda message: message.role == "tool"):
        if are_results:
            encoded.append(_results(list(run), calls))
        else:
            for message in run:
                content = _content(message)
                if content["role"] == "model" and encoded and encoded[-1]["role"] == "model":
                    encoded[-1]["parts"] += content["parts"]
                elif content["parts"]:  # an answer that broke off before its first word has none
                    encoded.append(content)
                calls = message.tool_calls
    return encoded


def calls_of(parts: Sequence[dict[str, Any]]) -> tuple[ToolCall, ...]:
    """The calls in an answer. Raises BadResponse."""
    return tool_calls(
        RawToolCall(call.get("id"), call.get("name"), call.get("args"), signed(THOUGHT, part.get("thoughtSignature")))
        for part in parts
        if (call := part.get("functionCall")) is not None
    )


def _content(message: Message) -> dict[str, Any]:
    role = "model" if message.role == "assistant" else "user"
    if isinstance(message.content, str):
        parts = [{"text": message.content}] if message.content else []
    else:
        parts = [_part(part) for part in message.content]
    return {"role": role, "parts": [*parts, *_call_parts(message.tool_calls)]}


def _part(part: Part) -> dict[str, Any]:
    """A file of which the address alone is known is taken for a PDF: Gemini wants to know what it reads."""
    match part:
        case TextPart():
            return {"text": part.text}
        case ImagePart() if part.image_url.data is not None:
            return {"inlineData": {"mimeType": part.image_url.kind, "data": part.image_url.data}}
        case ImagePart():
            return {"fileData": {"fileUri": part.image_url.url}}
        case FilePart() if part.file.file_url is not None:
            return {"fileData": {"fileUri": part.file.file_url, "mimeType": PDF}}
        case FilePart():
            return {"inlineData": {"mimeType": part.file.kind, "data": part.file.data}}
        case AudioPart():
            audio = part.input_audio
            return {"inlineData": {"mimeType": MEDIA_TYPES[audio.format], "data": audio.data}}


def _call_parts(calls: tuple[ToolCall, ...]) -> Iterable[dict[str, Any]]:
    """Gemini signs only the first of parallel calls, and demands only that signature back."""
    for place, call in enumerate(calls):
        part: dict[str, Any] = {"functionCall": {"id": call.id, "name": call.name, "args": sent_arguments(call)}}
        if thought := signature(call, THOUGHT) or (NO_SIGNATURE if place == 0 else None):
            part["thoughtSignature"] = thought
        yield part


def _results(messages: list[Message], calls: tuple[ToolCall, ...]) -> dict[str, Any]:
    """The results in the order of the calls, whatever the order in which the client sent them."""
    places = {call.id: place for place, call in enumerate(calls)}
    names = {call.id: call.name for call in calls}
    parts = [
        {"functionResponse": {"id": message.tool_call_id, "name": name, "response": _response(result_text(message))}}
        for message in sorted(messages, key=lambda message: places.get(message.tool_call_id or "", len(places)))
        if (name := names.get(message.tool_call_id or ""))
    ]
    return {"role": "user", "parts": parts}


def _response(text: str) -> dict[str, Any]:
    """A result that is a JSON object as it is, and any other under `result`: Gemini takes only objects."""
    try:
        value = json_text.parse(text)
    except json_text.JsonError:
        value = None
    return value if isinstance(value, dict) else {"result": text}

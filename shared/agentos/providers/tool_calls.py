"""Tool calls between our contract and the wire formats: validated when they arrive, complete when they are sent."""

import json
import re
import secrets
from collections.abc import Iterable
from typing import Any, NamedTuple

from agentos.domain import FilePart, ImagePart, Message, Part, TextPart, ToolCall
from agentos.kernel import json_text
from agentos.providers.answers import BadResponse
from agentos.providers.text import clean, joined

MAX_INVALID = 16_384
"""Characters that are kept of arguments that are no JSON object: enough to see what is wrong with them."""

# An id outside of this is replaced when it arrives, a name is refused. Mistral's schema writes "null" for no id.
_ID = re.compile(r"(?!null$)[a-zA-Z0-9_-]{1,40}")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class RawToolCall(NamedTuple):
    """A call as a provider sent it. Every field may have any type."""

    id: Any
    name: Any
    arguments: Any
    signature: str | None = None


def tool_calls(sent: Iterable[RawToolCall]) -> tuple[ToolCall, ...]:
    """The calls of one answer, each with an id of its own. Raises BadResponse for a call without a usable name."""
    calls: dict[str, ToolCall] = {}
    for call in sent:
        if not isinstance(call.name, str) or not _NAME.fullmatch(call.name):
            raise BadResponse("a tool call without a usable name")
        usable = isinstance(call.id, str) and _ID.fullmatch(call.id) and call.id not in calls
        call_id = call.id if usable else f"call_{secrets.token_hex(12)}"
        arguments, invalid = _arguments(call.arguments)
        calls[call_id] = ToolCall(
            id=call_id, name=call.name, arguments=arguments, invalid_arguments=invalid, signature=call.signature
        )
    return tuple(calls.values())


def _arguments(sent: Any) -> tuple[dict[str, Any], str | None]:
    """The object in JSON text, in an object, in an empty text or in null; with the text as it came if there is none.

    An object in a provider's JSON is converted to text first: it was parsed leniently, so it may hold NaN or a lone
    surrogate.
    """
    if sent is None:
        return {}, None
    try:
        text = joined(sent) if isinstance(sent, str) else json.dumps(sent, ensure_ascii=False)
    except RecursionError as error:
        raise BadResponse("a tool call whose arguments are nested too deeply") from error
    if not text.strip():
        return {}, None
    try:
        value = json_text.parse(text)
    except json_text.JsonError:
        value = text
    if value is None:
        return {}, None
    return (value, None) if isinstance(value, dict) else ({}, clean(text)[:MAX_INVALID])


def sent_arguments(call: ToolCall) -> dict[str, Any]:
    """A call's arguments for a history. Providers demand an object even where the model wrote none."""
    return call.arguments if call.invalid_arguments is None else {"invalidArguments": call.invalid_arguments}


def signed(kind: str, value: Any) -> str | None:
    """`value` as a ToolCall's signature. `kind` marks who gets it back. None if the value is no text."""
    return f"{kind}:{clean(value)}" if isinstance(value, str) and value else None


def signed_json(kind: str, value: Any) -> str | None:
    """The same for a JSON value, which is signed as text. Raises BadResponse for one that could not be sent back.

    A provider's JSON is parsed leniently, so it may hold NaN or nest deeper than the next request can.
    """
    try:
        text = clean(json_text.dump(value))
        json_text.parse(text)
    except (ValueError, RecursionError) as error:
        raise BadResponse("thoughts that cannot be sent back") from error
    return signed(kind, text)


def signature(call: ToolCall, kind: str) -> str | None:
    """The value that was signed as `kind`; None if the signature is of another kind."""
    mark, _, value = (call.signature or "").partition(":")
    return value if mark == kind else None


def result_text(message: Message) -> str:
    """A tool's result as text. Of an image or a file the address is left, because few providers take one here."""
    if isinstance(message.content, str):
        return message.content
    return "\n".join(map(described, message.content))


def described(part: Part) -> str:
    """A part in words: a text as it is, an image or a file by its address, or what it is."""
    match part:
        case TextPart():
            return part.text
        case ImagePart():
            return "(an image)" if part.image_url.data is not None else part.image_url.url
        case FilePart() if part.file.is_text:
            return part.file.text
        case FilePart():
            return part.file.file_url or "(a file)"
        case _:
            return "(audio)"

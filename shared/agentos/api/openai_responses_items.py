"""The input items of a Responses request in our terms.

An assistant's text and the calls that follow it are one message here and several items there.

https://platform.openai.com/docs/api-reference/responses/create (input)
"""

from collections.abc import Mapping
from typing import Any

from agentos.api.door_notes import DoorNotes
from agentos.api.media import no_stored_file, read_audio, read_file
from agentos.api.sealed_thoughts import unseal
from agentos.domain import ImagePart, ImageUrl, Message, Part, Reply, TextPart, ToolCall
from agentos.kernel import json_text
from agentos.kernel.errors import InvalidRequest, Unsupported
from agentos.kernel.validation import validated

Json = dict[str, Any]

_ROLES = {"user": "user", "system": "system", "developer": "system", "assistant": "assistant"}

_KNOWN = {
    "message": {"id", "type", "role", "content", "status", "phase"},
    "function_call": {"id", "type", "call_id", "name", "arguments", "status"},
    "function_call_output": {"id", "type", "call_id", "output", "status"},
    "reasoning": {"id", "type", "summary", "content", "encrypted_content", "status"},
}
_KNOWN_OF_PARTS = {
    *("type", "text", "refusal", "image_url", "detail", "file_id", "annotations", "logprobs"),
    *("file_data", "file_url", "filename", "input_audio"),
}
_TAKEN = {True: "output_text and refusal", False: "input_text, input_image, input_file and input_audio"}
"""Types of parts, of an assistant or not."""


def references(given: Any) -> list[str]:
    """The ids of the items that an input refers to."""
    items = [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []
    return [item["id"] for item in items if _kind(item) == "item_reference" and isinstance(item.get("id"), str)]


def _kind(item: Json) -> Any:
    """An item without a type is a message or a reference."""
    return item.get("type") or ("message" if "role" in item else "item_reference")


class ItemReader:
    """Reads the input of one request in order."""

    def __init__(self, notes: DoorNotes, referenced: Mapping[str, Reply] | None = None, field: str = "input") -> None:
        """`referenced`: the answers whose items the input refers to, by the items' ids; None where none are known.

        `field`: what the request calls the items.
        """
        self._field = field
        self._notes = notes
        self._referenced = referenced
        self._messages: list[Message] = []
        self._signature: str | None = None
        """The thoughts of the latest reasoning item, for the first call that follows it."""

    def read(self, given: Any) -> tuple[Message, ...]:
        """Every message that says something. Raises InvalidRequest, Unsupported."""
        if isinstance(given, str):
            given = [{"role": "user", "content": given}]
        if not isinstance(given, list) or not given:
            raise InvalidRequest.of(self._field, "must be a string or a list of items")
        for index, item in enumerate(given):
            self._read(f"{self._field}[{index}]", item)
        if not self._messages:
            raise InvalidRequest.of(self._field, "has no item that says anything")
        return tuple(self._messages)

    def _read(self, path: str, item: Any) -> None:
        if not isinstance(item, dict):
            raise InvalidRequest.of(path, "must be a JSON object")
        kind = _kind(item)
        if isinstance(kind, str) and kind in _KNOWN:
            self._notes.unknown({name: item[name] for name in item if name not in _KNOWN[kind]}, f"{self._field}[].")
        match kind:
            case "message":
                self._message(path, item)
            case "function_call":
                self._call(path, item)
            case "function_call_output":
                self._result(path, item)
            case "reasoning":
                self._thoughts(path, item)
            case "item_reference":
                self._reference(path, item)
            case str(name):
                self._notes.add(path, f"left out: an item of the type {name!r:.80} cannot be carried")
            case _:
                raise InvalidRequest.of(f"{path}.type", "must be a string")

    def _reference(self, path: str, item: Json) -> None:
        """An item of a stored response, which is read as if it had been sent."""
        if self._referenced is None:
            raise Unsupported(f"{path}: references to items need store: true; send the item itself.")
        item_id = _text(path, item, "id")
        reply = self._referenced.get(item_id)
        if reply is None:
            raise InvalidRequest.of(f"{path}.id", "is no item of a stored response")
        match item_id.split("_"):
            case ["msg", _] if reply.content:
                self._say(reply.content)
            case ["rs", *_]:
                self._signature = reply.tool_calls[0].signature if reply.tool_calls else None
            case ["fc", _, index] if index.isdecimal() and int(index) < len(reply.tool_calls):
                self._append_call(reply.tool_calls[int(index)])
            case _:
                raise InvalidRequest.of(f"{path}.id", "is no item of a stored response")

    def _message(self, path: str, item: Json) -> None:
        role = item.get("role")
        if not isinstance(role, str) or role not in _ROLES:
            raise InvalidRequest.of(f"{path}.role", "must be user, assistant, system or developer")
        content = self._content(f"{path}.content", item.get("content"), role)
        if not content:
            self._notes.add(path, "left out: it is empty")
        elif role == "assistant":
            self._say(content)
        else:
            self._add(Message(role="user" if role == "user" else "system", content=content))

    def _say(self, content: str | tuple[Part, ...]) -> None:
        """An assistant's text. Beside calls that wait for results it is a part of their message."""
        last = self._messages[-1] if self._messages else None
        if last and last.role == "assistant" and last.tool_calls and not last.content:
            self._messages[-1] = last.model_copy(update={"content": content})
        else:
            self._messages.append(Message(role="assistant", content=content))

    def _call(self, path: str, item: Json) -> None:
        name, call_id = _text(path, item, "name"), _text(path, item, "call_id")
        text = item.get("arguments", "")
        if not isinstance(text, str):
            raise InvalidRequest.of(f"{path}.arguments", "must be a string")
        try:
            arguments = json_text.parse(text or "{}")
        except json_text.JsonError:
            arguments = None
        valid = isinstance(arguments, dict)
        call = ToolCall(
            id=call_id,
            name=name,
            arguments=arguments if valid else {},
            invalid_arguments=None if valid else text,
            signature=self._signature,
        )
        self._append_call(call)

    def _append_call(self, call: ToolCall) -> None:
        """A call of the assistant. Its text and its other calls are in the same message."""
        self._signature = None
        last = self._messages[-1] if self._messages else None
        if last and last.role == "assistant":
            self._messages[-1] = last.model_copy(update={"tool_calls": (*last.tool_calls, call)})
        else:
            self._messages.append(Message(role="assistant", content="", tool_calls=(call,)))

    def _result(self, path: str, item: Json) -> None:
        call_id, output = _text(path, item, "call_id"), item.get("output")
        if output is None:
            raise InvalidRequest.of(f"{path}.output", "is required")
        content = self._content(f"{path}.output", output, "tool")
        self._add(Message(role="tool", content=content, tool_call_id=call_id))

    def _thoughts(self, path: str, item: Json) -> None:
        sealed = item.get("encrypted_content")
        self._signature = unseal(sealed) if isinstance(sealed, str) else None
        if self._signature is None:
            self._notes.add(path, "left out: it holds no encrypted_content of this API")

    def _add(self, message: Message) -> None:
        """A message of the client's side. Thoughts do not reach beyond it."""
        self._signature = None
        self._messages.append(message)

    def _content(self, path: str, content: Any, role: str) -> str | tuple[Part, ...]:
        """Text, or parts where there is more than an assistant's text. Blank parts are left out."""
        if isinstance(content, str):
            return content if content.strip() or role == "tool" else ""
        if not isinstance(content, list):
            raise InvalidRequest.of(path, "must be a string or a list of parts")
        parts = [self._part(f"{path}[{index}]", part, role) for index, part in enumerate(content)]
        kept = tuple(part for part in parts if part)
        if role == "assistant":
            return "".join(part.text for part in kept if isinstance(part, TextPart))
        return kept or ""

    def _part(self, path: str, part: Any, role: str) -> Part | None:
        match part:
            case {"type": "input_text" | "output_text" | "text", "text": str(text)}:
                pass
            case {"type": "refusal", "refusal": str(text)} if role == "assistant":
                pass
            case {"type": "input_image"} if role != "assistant":
                self._notes.unknown(_others(part), f"{self._field}[].content[].")
                return ImagePart(type="image_url", image_url=self._image(path, part))
            case {"type": "input_file"} if role != "assistant":
                self._notes.unknown(_others(part), f"{self._field}[].content[].")
                return read_file(path, part)
            case {"type": "input_audio"} if role != "assistant":
                self._notes.unknown(_others(part), f"{self._field}[].content[].")
                return read_audio(f"{path}.input_audio", part.get("input_audio"))
            case {"type": "input_text" | "output_text" | "text"}:
                raise InvalidRequest.of(f"{path}.text", "must be a string")
            case {"type": str(kind)}:
                raise InvalidRequest.of(path, f"has the type {kind!r:.80}; {_TAKEN[role == 'assistant']} are taken")
            case _:
                raise InvalidRequest.of(path, "must be an object with a type")
        self._notes.unknown(_others(part), f"{self._field}[].content[].")
        if not text.strip():
            self._notes.add(path, "left out: it is empty")
            return None
        return TextPart(type="text", text=text)

    def _image(self, path: str, part: Json) -> ImageUrl:
        if part.get("image_url") is None and part.get("file_id") is not None:
            raise no_stored_file(f"{path}.file_id")
        if part.get("image_url") is None:
            raise InvalidRequest.of(f"{path}.image_url", "is required: files are not kept here")
        known = {"url": part["image_url"]}
        if part.get("detail") in ("auto", "low", "high"):
            known["detail"] = part["detail"]
        elif part.get("detail") is not None:
            self._notes.add(f"{self._field}[].content[].detail", "left out: it is none of auto, low and high")
        try:
            return validated(ImageUrl, known)
        except InvalidRequest as error:
            raise InvalidRequest.of(f"{path}.image_url", error.details["errors"][0]["message"]) from error


def _others(part: Json) -> Json:
    return {name: part[name] for name in part if name not in _KNOWN_OF_PARTS}


def _text(path: str, item: Json, name: str) -> str:
    """A field that must be words. Raises InvalidRequest."""
    text = item.get(name)
    if not isinstance(text, str) or not text:
        raise InvalidRequest.of(f"{path}.{name}", "is required" if text is None else "must be a string, not empty")
    return text

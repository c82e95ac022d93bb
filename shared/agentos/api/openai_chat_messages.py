"""The messages of a chat request in our terms.

https://platform.openai.com/docs/api-reference/chat/create (messages)
"""

from collections.abc import Iterator
from typing import Any, Literal

from agentos.api.door_notes import DoorNotes
from agentos.api.lenient import Lenient
from agentos.api.media import read_audio, read_file
from agentos.domain import ImagePart, ImageUrl, Message, Part, TextPart, ToolCall
from agentos.domain.content import PARTS
from agentos.kernel import json_text
from agentos.kernel.errors import InvalidRequest
from agentos.kernel.validation import validated

Json = dict[str, Any]


class ChatFunction(Lenient):
    """What is called. `arguments` is JSON text; some clients send the object itself."""

    name: str
    arguments: str | Json | None = None


class ChatToolCall(Lenient):
    """A call in the history."""

    id: str = ""
    type: str = "function"
    function: ChatFunction


class ChatMessage(Lenient):
    """One message of the conversation. `function_call` and the role `function` are the form before `tool_calls`."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Any = None
    name: str | None = None
    refusal: str | None = None
    tool_calls: list[ChatToolCall] | None = None
    tool_call_id: str | None = None
    function_call: ChatFunction | None = None


class MessageReader:
    """Reads the messages of one request in order."""

    def __init__(self, notes: DoorNotes) -> None:
        self._notes = notes
        self._function_calls: dict[str, str] = {}
        """The id that was given to the latest call of each function in the old form."""

    def read(self, messages: list[ChatMessage]) -> tuple[Message, ...]:
        """Every message that says something. Raises InvalidRequest where none does."""
        read = [self._message(f"messages[{index}]", index, message) for index, message in enumerate(messages)]
        worded = tuple(message for message in read if message)
        if not worded:
            raise InvalidRequest.of("messages", "has no message that says anything")
        return worded

    def _message(self, path: str, index: int, message: ChatMessage) -> Message | None:
        self._notes.unknown(message.model_extra, "messages[].")
        content = self._content(f"{path}.content", message)
        match message.role:
            case "tool":
                if message.tool_call_id is None:
                    raise InvalidRequest.of(f"{path}.tool_call_id", "is required")
                return Message(role="tool", content=content, tool_call_id=message.tool_call_id)
            case "function":
                return Message(role="tool", content=content, tool_call_id=self._answered(path, message.name))
            case "assistant":
                calls = tuple(self._calls(index, message))
                read = Message(role="assistant", content=content, tool_calls=calls, name=message.name or None)
            case "developer":
                read = Message(role="system", content=content, name=message.name or None)
            case role:
                read = Message(role=role, content=content, name=message.name or None)
        if not read.content and not read.tool_calls:
            self._notes.add(path, "left out: it is empty")
            return None
        return read

    def _calls(self, index: int, message: ChatMessage) -> Iterator[ToolCall]:
        for call in message.tool_calls or ():
            self._notes.unknown(call.model_extra, "messages[].tool_calls[].")
            self._notes.unknown(call.function.model_extra, "messages[].tool_calls[].function.")
            yield _call(call.id, call.function)
        if message.function_call:
            call_id = f"call_{index}"
            self._function_calls[message.function_call.name] = call_id
            yield _call(call_id, message.function_call)

    def _answered(self, path: str, name: str | None) -> str:
        """The id of the call that a message of the role `function` answers."""
        if name not in self._function_calls:
            raise InvalidRequest.of(f"{path}.name", "must be the name of a function that was called before")
        return self._function_calls[name]

    def _content(self, path: str, message: ChatMessage) -> str | tuple[Part, ...]:
        """Text, or parts where there is more than an assistant's text. Blank parts are left out."""
        content, refusal = message.content, message.refusal or ""
        if content is None or isinstance(content, str):
            text = (content or "") + refusal
            return text if text.strip() or message.role in ("tool", "function") else ""
        if not isinstance(content, list):
            raise InvalidRequest.of(path, "must be a string or a list of parts")
        parts = [self._part(f"{path}[{index}]", part, message.role) for index, part in enumerate(content)]
        kept = tuple(part for part in parts if part)
        if message.role == "assistant" and all(isinstance(part, TextPart) for part in kept):
            return "".join(part.text for part in kept if isinstance(part, TextPart)) + refusal
        return kept or ""

    def _part(self, path: str, part: Any, role: str) -> Part | None:
        match part:
            case {"type": "text", "text": str(text), **others}:
                words = text
            case {"type": "refusal", "refusal": str(text), **others} if role == "assistant":
                words = text
            case {"type": "image_url", "image_url": image, **others}:
                self._notes.unknown(others, "messages[].content[].")
                return ImagePart(type="image_url", image_url=self._image(f"{path}.image_url", image))
            case {"type": "file", "file": file, **others}:
                self._notes.unknown(others, "messages[].content[].")
                return read_file(f"{path}.file", file)
            case {"type": "input_audio", "input_audio": audio, **others}:
                self._notes.unknown(others, "messages[].content[].")
                return read_audio(f"{path}.input_audio", audio)
            case {"type": "text"}:
                raise InvalidRequest.of(f"{path}.text", "must be a string")
            case {"type": str(kind)}:
                raise InvalidRequest.of(path, f"has the type {kind!r:.80}; {', '.join(PARTS)} are taken")
            case _:
                raise InvalidRequest.of(path, "must be an object with a type")
        self._notes.unknown(others, "messages[].content[].")
        if not words.strip():
            self._notes.add(path, "left out: it is empty")
            return None
        return TextPart(type="text", text=words)

    def _image(self, path: str, image: Any) -> ImageUrl:
        given = {"url": image} if isinstance(image, str) else image
        if not isinstance(given, dict):
            raise InvalidRequest.of(path, "must be an object with a url")
        known = {name: given[name] for name in ("url", "detail") if given.get(name) is not None}
        self._notes.unknown(
            {name: given[name] for name in given.keys() - known.keys()}, "messages[].content[].image_url."
        )
        if known.get("detail") not in (None, "auto", "low", "high"):
            self._notes.add("messages[].content[].image_url.detail", "left out: it is none of auto, low and high")
            del known["detail"]
        try:
            return validated(ImageUrl, known)
        except InvalidRequest as error:
            first = error.details["errors"][0]
            raise InvalidRequest.of(f"{path}.{first['field']}", first["message"]) from error


def _call(call_id: str, function: ChatFunction) -> ToolCall:
    given = function.arguments
    text = json_text.dump(given) if isinstance(given, dict) else given or ""
    try:
        arguments = json_text.parse(text or "{}")
    except json_text.JsonError:
        arguments = None
    valid = isinstance(arguments, dict)
    return ToolCall(
        id=call_id,
        name=function.name,
        arguments=arguments if valid else {},
        invalid_arguments=None if valid else text,
    )

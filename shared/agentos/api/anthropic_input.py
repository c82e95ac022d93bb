"""The messages and the system prompt of a request to Anthropic's Messages in our terms.

https://platform.claude.com/docs/en/api/messages (messages, system)
"""

from collections.abc import Iterator
from typing import Any, Literal

from agentos.api.anthropic_blocks import BlockReader, cache_mark
from agentos.api.door_notes import DoorNotes
from agentos.api.lenient import Lenient
from agentos.api.sealed_thoughts import unseal
from agentos.domain import CacheTime, ImagePart, Message, Part, TextPart, ToolCall
from agentos.kernel.errors import InvalidRequest

Json = dict[str, Any]

FAILED = "Error: "
"""Before the text of a tool's result that is marked as an error: few providers have such a mark."""


class InputMessage(Lenient):
    """One message of the conversation."""

    role: Literal["user", "assistant", "system"]
    content: Any = None


class InputReader:
    """Reads the conversation of one request."""

    def __init__(self, notes: DoorNotes) -> None:
        self._notes = notes
        self._blocks = BlockReader(notes)

    def read(self, system: Any, messages: list[InputMessage]) -> tuple[Message, ...]:
        """Every message that says something, the system prompt first.

        Raises InvalidRequest, also where no message says anything, and Unsupported.
        """
        read = tuple(one for index, message in enumerate(messages) for one in self._message(index, message))
        if not any(message.role != "system" for message in read):
            raise InvalidRequest.of("messages", "has no message that says anything")
        return (*self._system("system", system), *read)

    def _message(self, index: int, message: InputMessage) -> Iterator[Message]:
        path = f"messages[{index}]"
        self._notes.unknown(message.model_extra, "messages[].")
        match message.role:
            case "system":
                read = list(self._system(f"{path}.content", message.content))
            case "assistant":
                read = list(self._assistant(f"{path}.content", message.content))
            case _:
                read = list(self._user(f"{path}.content", message.content))
        if not read:
            self._notes.add(path, "left out: it is empty")
        yield from read

    def _system(self, path: str, content: Any) -> Iterator[Message]:
        """The system's texts as one message, which ends at each mark."""
        texts: list[Part] = []
        for index, block in enumerate(self._blocks.blocks(path, content)):
            place = f"{path}[{index}]"
            if block["type"] != "text":
                raise InvalidRequest.of(place, "must be a block of text")
            if text := self._blocks.text(place, block):
                texts.append(TextPart(type="text", text=text))
            if (mark := cache_mark(place, block)) and texts:
                yield Message(role="system", content=_plain(texts), cache=mark)
                texts = []
        if texts:
            yield Message(role="system", content=_plain(texts))

    def _user(self, path: str, content: Any) -> Iterator[Message]:
        """The results of tools, then what the user says, with their images and files. It ends at each mark."""
        blocks = list(enumerate(self._blocks.blocks(path, content)))
        parts: list[Part] = []
        for index, block in blocks:
            if block["type"] == "tool_result":
                result, images = self._result(f"{path}[{index}]", block)
                parts += images
                yield result
        for index, block in blocks:
            if block["type"] != "tool_result":
                place = f"{path}[{index}]"
                parts += self._blocks.parts(place, block)
                if (mark := cache_mark(place, block)) and parts:
                    yield Message(role="user", content=_plain(parts), cache=mark)
                    parts = []
        if parts:
            yield Message(role="user", content=_plain(parts))

    def _result(self, path: str, block: Json) -> tuple[Message, list[Part]]:
        """A tool's result as a message, and its images and files: few providers take them in a result."""
        call_id = block.get("tool_use_id")
        if not isinstance(call_id, str) or not call_id:
            raise InvalidRequest.of(f"{path}.tool_use_id", "is required")
        self._blocks.rest(block, ("type", "tool_use_id", "content", "is_error"))
        blocks = self._blocks.blocks(f"{path}.content", block.get("content"))
        worded = [one for one in blocks if not _is_blank(one)]
        parts = [part for one in worded for part in self._blocks.parts(f"{path}.content", one)]
        others: list[Part] = [part for part in parts if not isinstance(part, TextPart)]
        if others:
            kind = "images" if all(isinstance(part, ImagePart) for part in others) else "files"
            self._notes.add(f"{path}.content", f"has {kind}, which follow as the user's")
        text = "\n".join(part.text for part in parts if isinstance(part, TextPart))
        if block.get("is_error") is True:
            text = FAILED + text
        inner = [mark for one in blocks if (mark := cache_mark(f"{path}.content", one))]
        cache = cache_mark(path, block) or (inner[-1] if inner else None)
        return Message(role="tool", content=text, tool_call_id=call_id, cache=cache), others

    def _assistant(self, path: str, content: Any) -> Iterator[Message]:
        """An answer: its text, its calls, and the thoughts that this API has given for each call."""
        texts: list[str] = []
        calls: list[ToolCall] = []
        thought: str | None = None
        mark: CacheTime | None = None
        for index, block in enumerate(self._blocks.blocks(path, content)):
            place = f"{path}[{index}]"
            mark = cache_mark(place, block) or mark
            match block["type"]:
                case "text":
                    texts.append(self._blocks.text(place, block))
                case "tool_use":
                    calls.append(self._call(place, block, thought))
                    thought = None
                case "thinking":
                    thought = self._thought(block, "signature") or thought
                case "redacted_thinking":
                    thought = self._thought(block, "data") or thought
                case kind:
                    self._notes.add(place, f"left out: the type {kind!r:.80} is not known here")
        text = "".join(texts)
        if text or calls:
            yield Message(role="assistant", content=text, tool_calls=tuple(calls), cache=mark)

    def _thought(self, block: Json, field: str) -> str | None:
        """The signature that a block of thought holds, if it is one of ours."""
        sealed = block.get(field)
        signature = unseal(sealed) if isinstance(sealed, str) else None
        if signature is None and (sealed or block.get("thinking")):
            self._notes.add("thinking", "left out of the history: no provider has asked for it back")
        return signature

    def _call(self, path: str, block: Json, thought: str | None) -> ToolCall:
        call_id, name, arguments = block.get("id"), block.get("name"), block.get("input")
        for field, value in (("id", call_id), ("name", name)):
            if not isinstance(value, str) or not value:
                raise InvalidRequest.of(f"{path}.{field}", "is required")
        if arguments is not None and not isinstance(arguments, dict):
            raise InvalidRequest.of(f"{path}.input", "must be a JSON object")
        self._blocks.rest(block, ("type", "id", "name", "input", "caller"))
        return ToolCall(id=str(call_id), name=str(name), arguments=arguments or {}, signature=thought)


def _plain(parts: list[Part]) -> str | tuple[Part, ...]:
    """One text as a string, anything else as parts."""
    (first, *others) = parts
    return first.text if isinstance(first, TextPart) and not others else tuple(parts)


def _is_blank(block: Json) -> bool:
    """Whether it is a text without words: a tool may return nothing."""
    text = block.get("text")
    return block["type"] == "text" and isinstance(text, str) and not text.strip()

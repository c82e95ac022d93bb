"""Blocks of content of Anthropic's Messages, in our terms.

https://platform.claude.com/docs/en/api/messages (messages)
"""

from collections.abc import Iterator
from typing import Any

from agentos.api.door_notes import DoorNotes
from agentos.api.media import no_stored_file, read_document
from agentos.domain import CacheTime, ImagePart, ImageUrl, Part, TextPart
from agentos.kernel.errors import InvalidRequest, Unsupported
from agentos.kernel.validation import validated

Json = dict[str, Any]

BLOCK = "messages[].content[]."


def cache_mark(path: str, block: Json) -> CacheTime | None:
    """Where a block asks that the prompt be cached up to its end: for how long. Raises InvalidRequest.

    https://platform.claude.com/docs/en/build-with-claude/prompt-caching
    """
    match block.get("cache_control"):
        case None:
            return None
        case {"type": "ephemeral", **others} if others.get("ttl") in (None, "5m", "1h"):
            return "1h" if others.get("ttl") == "1h" else "5m"
        case _:
            raise InvalidRequest.of(
                f"{path}.cache_control", "must be {type: ephemeral}, with a ttl of 5m or 1h or none"
            )


class BlockReader:
    """Reads what the blocks of users, systems and tools' results may be."""

    def __init__(self, notes: DoorNotes) -> None:
        self._notes = notes

    def blocks(self, path: str, content: Any) -> list[Json]:
        """Content as a list of blocks, each of which has a type. Text alone is one block. Raises InvalidRequest."""
        if content is None:
            return []
        if isinstance(content, str):
            return [{"type": "text", "text": content}]
        if not isinstance(content, list):
            raise InvalidRequest.of(path, "must be a string or a list of blocks")
        for index, block in enumerate(content):
            if not isinstance(block, dict) or not isinstance(block.get("type"), str):
                raise InvalidRequest.of(f"{path}[{index}]", "must be an object with a type")
        return content

    def text(self, path: str, block: Json) -> str:
        """The text of a block of text; "" if it says nothing, which is noted. Raises InvalidRequest."""
        text = block.get("text")
        if not isinstance(text, str):
            raise InvalidRequest.of(f"{path}.text", "must be a string")
        self.rest(block, ("type", "text"))
        if text.strip():
            return text
        self._notes.add(path, "left out: it is empty")
        return ""

    def rest(self, block: Json, known: tuple[str, ...], prefix: str = BLOCK) -> None:
        """Notes what of a block is not read. Its mark is read by `cache_mark`."""
        known = (*known, "cache_control")
        self._notes.unknown({name: value for name, value in block.items() if name not in known}, prefix)

    def parts(self, path: str, block: Json) -> Iterator[Part]:
        """The texts and images of a block. Raises InvalidRequest, Unsupported."""
        match block["type"]:
            case "text":
                yield from _worded(self.text(path, block))
            case "image":
                self.rest(block, ("type", "source"))
                yield ImagePart(type="image_url", image_url=_image(f"{path}.source", block.get("source")))
            case "document":
                yield from self._document(path, block)
            case "search_result":
                self.rest(block, ("type", "content", "title", "source"))
                yield from _titled(block)
                yield from self._inner(f"{path}.content", block.get("content"))
            case "tool_reference":
                self._notes.add(path, "left out: tools are not searched for here")
            case kind:
                raise InvalidRequest.of(path, f"has the type {kind!r:.80}, which is not taken here")

    def _inner(self, path: str, content: Any) -> Iterator[Part]:
        for index, block in enumerate(self.blocks(path, content)):
            yield from self.parts(f"{path}[{index}]", block)

    def _document(self, path: str, block: Json) -> Iterator[Part]:
        """A document: a file, a text, or blocks. Raises InvalidRequest, Unsupported."""
        self.rest(block, ("type", "source", "title", "context"))
        match block.get("source"):
            case {"type": "text", "data": str(text)}:
                yield from _titled(block)
                yield from _worded(text)
            case {"type": "content", "content": content}:
                yield from _titled(block)
                yield from self._inner(f"{path}.source.content", content)
            case {"type": "base64" | "url"} as source:
                yield from _titled({"context": block.get("context")})
                yield read_document(f"{path}.source", source, block.get("title"))
            case {"type": "file"}:
                raise no_stored_file(f"{path}.source")
            case {"type": str(kind)}:
                raise Unsupported(f"{path}: no document of the type {kind!r:.80} is taken.", {"capability": "files"})
            case _:
                raise InvalidRequest.of(f"{path}.source", "must be an object with a type")


def _worded(text: str) -> Iterator[Part]:
    if text.strip():
        yield TextPart(type="text", text=text)


def _titled(block: Json) -> Iterator[Part]:
    """What a document or a search result says of itself."""
    words = (block.get(name) for name in ("title", "source", "context"))
    yield from _worded("\n".join(word for word in words if isinstance(word, str)))


def _image(path: str, source: Any) -> ImageUrl:
    match source:
        case {"type": "base64", "media_type": str(kind), "data": str(data)}:
            url = f"data:{kind};base64,{''.join(data.split())}"
        case {"type": "url", "url": str(address)}:
            url = address
        case {"type": "file"}:
            raise no_stored_file(path)
        case _:
            raise InvalidRequest.of(path, "must be {type: base64, media_type, data} or {type: url, url}")
    try:
        return validated(ImageUrl, {"url": url})
    except InvalidRequest as error:
        raise InvalidRequest.of(f"{path}.{source['type']}", "is no image that can be read") from error

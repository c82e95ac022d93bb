"""A message of Anthropic's that arrives in events.

https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from typing import Any

from agentos.providers.accumulator import StreamAccumulator
from agentos.providers.answers import BadResponse, as_object, text_order

PIECES = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}
"""Kinds of pieces, and the field of a block that each extends. The field has the same name in the piece itself."""


class MessageAccumulator(StreamAccumulator):
    """Builds a whole message from events. Unknown kinds of events and pieces are ignored."""

    def __init__(self) -> None:
        self._blocks: dict[int, dict[str, Any]] = {}
        self._text_index = -1
        self._pieces: dict[tuple[int, str], list[str]] = {}
        self._reason: str | None = None
        self._usage: dict[str, Any] = {}

    def add(self, event: dict[str, Any]) -> str:
        match event.get("type"):
            case "message_start":
                self._count(event["message"])
                self._usage.pop("output_tokens", None)  # a count of what is written so far, which is nothing
            case "content_block_start":
                return self._begin(event["index"], event["content_block"])
            case "content_block_delta":
                return self._extend(event["index"], event["delta"])
            case "message_delta":
                self._count(event)
                self._reason = event["delta"].get("stop_reason") or self._reason
                self.finished = self._reason is not None
            case "message_stop":
                self.done = True
        return ""

    def payload(self) -> dict[str, Any]:
        blocks = {index: dict(block) for index, block in self._blocks.items()}
        for (index, field), pieces in self._pieces.items():
            blocks[index][field] = "".join(pieces)
        return {
            "content": [blocks[index] for index in sorted(blocks)],
            "stop_reason": self._reason,
            "usage": self._usage,
        }

    def _begin(self, index: int, block: dict[str, Any]) -> str:
        """The text with which a block begins, if any."""
        if index in self._blocks:
            raise BadResponse("a block that begins twice")
        self._blocks[index] = block
        if block["type"] != "text":
            return ""
        self._text_index = text_order(self._text_index, index)
        text: str = block["text"]
        self._pieces[index, "text"] = [text]
        return text

    def _extend(self, index: int, piece: dict[str, Any]) -> str:
        if index not in self._blocks:
            raise KeyError(index)
        if piece["type"] == "input_json_delta":  # a call without arguments keeps the empty input that it began with
            if piece["partial_json"]:
                self._pieces.setdefault((index, "input"), []).append(piece["partial_json"])
        elif field := PIECES.get(piece["type"]):
            text: str = piece[field]
            self._pieces.setdefault((index, field), []).append(text)
            if field == "text":
                if self._blocks[index]["type"] != "text":
                    raise BadResponse("text in a block of another kind")
                self._text_index = text_order(self._text_index, index)
                return text
        return ""

    def _count(self, event: dict[str, Any]) -> None:
        """Counts grow: a later one replaces an earlier one, and one that is not repeated stays."""
        self._usage |= {name: value for name, value in as_object(event.get("usage")).items() if value is not None}

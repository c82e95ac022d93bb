"""A message of Anthropic's that arrives in events.

https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from typing import Any

from agentos.providers.accumulator import NOTHING, Added, StreamAccumulator
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
        self._stop_sequence: str | None = None
        self._usage: dict[str, Any] = {}

    def add(self, event: dict[str, Any]) -> Added:
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
                self._stop_sequence = event["delta"].get("stop_sequence") or self._stop_sequence
                self.finished = self._reason is not None
            case "message_stop":
                self.done = True
        return NOTHING

    def payload(self) -> dict[str, Any]:
        blocks = {index: dict(block) for index, block in self._blocks.items()}
        for (index, field), pieces in self._pieces.items():
            blocks[index][field] = "".join(pieces)
        return {
            "content": [blocks[index] for index in sorted(blocks)],
            "stop_reason": self._reason,
            "stop_sequence": self._stop_sequence,
            "usage": self._usage,
        }

    def _begin(self, index: int, block: dict[str, Any]) -> Added:
        """The text or the thoughts with which a block begins, if any."""
        if index in self._blocks:
            raise BadResponse("a block that begins twice")
        self._blocks[index] = block
        if block["type"] not in ("text", "thinking"):
            return NOTHING
        return self._add_text(index, block["type"], block.get(block["type"]) or "")

    def _extend(self, index: int, piece: dict[str, Any]) -> Added:
        if index not in self._blocks:
            raise KeyError(index)
        if piece["type"] == "input_json_delta":  # a call without arguments keeps the empty input that it began with
            if piece["partial_json"]:
                self._pieces.setdefault((index, "input"), []).append(piece["partial_json"])
        elif field := PIECES.get(piece["type"]):
            if field == "text" and self._blocks[index]["type"] != "text":
                raise BadResponse("text in a block of another kind")
            return self._add_text(index, field, piece[field])
        return NOTHING

    def _add_text(self, index: int, field: str, text: str) -> Added:
        """Add to a field of a block. What that adds to the answer."""
        if field == "text":
            self._text_index = text_order(self._text_index, index)
        self._pieces.setdefault((index, field), []).append(text)
        match field:
            case "text":
                return Added(text)
            case "thinking":
                return Added(reasoning=text)
        return NOTHING

    def _count(self, event: dict[str, Any]) -> None:
        """Counts grow: a later one replaces an earlier one, and one that is not repeated stays."""
        self._usage |= {name: value for name, value in as_object(event.get("usage")).items() if value is not None}

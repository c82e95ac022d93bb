"""A response of ConverseStream: events in AWS's binary framing.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

import struct
from collections.abc import Iterable, Iterator
from typing import Any

from botocore.eventstream import EventStreamBuffer, ParserError

from agentos.kernel import json_text
from agentos.providers.accumulator import NOTHING, Added, StreamAccumulator
from agentos.providers.answers import BadResponse, as_object, text_order


def events_of(chunks: Iterable[bytes]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The type and the JSON of each event; an exception's type ends in `Exception`. Raises BadResponse."""
    buffer = EventStreamBuffer()
    try:
        for chunk in chunks:
            buffer.add_data(chunk)
            for message in buffer:
                headers: dict[str, Any] = message.headers  # type: ignore[assignment]  # the stubs say int
                kind = headers.get(":event-type") or headers.get(":exception-type") or headers.get(":error-code") or ""
                yield str(kind), as_object(json_text.parse_lenient(message.payload or b"{}"))
    except (ParserError, ValueError, LookupError, struct.error) as error:
        raise BadResponse(f"the stream's framing is broken ({type(error).__name__})") from error


class ConverseAccumulator(StreamAccumulator):
    """Builds a whole response of Converse from events, each under its type."""

    def __init__(self) -> None:
        self._blocks: dict[int, dict[str, Any]] = {}
        self._text_index = -1
        self._reason: str | None = None
        self._usage: dict[str, Any] = {}

    def add(self, event: dict[str, Any]) -> Added:
        [(kind, data)] = event.items()
        match kind:
            case "contentBlockStart":
                if call := as_object(data["start"]).get("toolUse"):
                    if data["contentBlockIndex"] in self._blocks:
                        raise BadResponse("a block that begins twice")
                    self._blocks[data["contentBlockIndex"]] = {"toolUse": {**call, "input": []}}
            case "contentBlockDelta":
                return self._extend(data["contentBlockIndex"], data["delta"])
            case "messageStop":
                self._reason = data["stopReason"]
                self.finished = True
            case "metadata":
                self._usage = as_object(data.get("usage"))
        return NOTHING

    def payload(self) -> dict[str, Any]:
        content = [_whole(self._blocks[index]) for index in sorted(self._blocks)]
        return {"output": {"message": {"content": content}}, "stopReason": self._reason, "usage": self._usage}

    def _extend(self, index: int, piece: dict[str, Any]) -> Added:
        """What a piece adds to the answer. A text block begins with its first piece."""
        if "toolUse" in piece:
            self._blocks[index]["toolUse"]["input"].append(piece["toolUse"]["input"])
        elif "text" in piece:
            text: str = piece["text"]
            self._text_index = text_order(self._text_index, index)
            self._blocks.setdefault(index, {"text": []})["text"].append(text)
            return Added(text)
        elif "reasoningContent" in piece:
            thought = self._blocks.setdefault(index, {"reasoningContent": {}})["reasoningContent"]
            for name, value in piece["reasoningContent"].items():
                thought.setdefault(name, []).append(value)
            return Added(reasoning=piece["reasoningContent"].get("text") or "")
        return NOTHING


def _whole(block: dict[str, Any]) -> dict[str, Any]:
    """A block from its pieces. Its text and signature are one level deeper in a block of reasoning than in a piece."""
    if "toolUse" in block:
        return {"toolUse": {**block["toolUse"], "input": "".join(block["toolUse"]["input"])}}
    if "text" in block:
        return {"text": "".join(block["text"])}
    thought = {name: "".join(pieces) for name, pieces in block["reasoningContent"].items()}
    redacted = thought.pop("redactedContent", None)
    return {"reasoningContent": {"redactedContent": redacted} if redacted is not None else {"reasoningText": thought}}

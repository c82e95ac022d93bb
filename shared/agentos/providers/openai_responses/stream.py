"""A response that arrives in events.

https://developers.openai.com/api/reference/resources/responses/streaming-events
"""

from collections.abc import Iterator
from typing import Any

from agentos.providers.accumulator import StreamAccumulator
from agentos.providers.answers import BadResponse, as_object

ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})

PARTS = {"output_text": "text", "refusal": "refusal"}
"""Types of a message's parts, and the field that holds what each says."""

Place = tuple[int, int]
"""The index of an item of the output, and that of a part in it."""


class ResponseAccumulator(StreamAccumulator):
    """Builds a whole response from events. Unknown events are ignored.

    What a part says counts as it came in pieces. What comes only with the end of a part, an item or the response, as
    some servers send it, is added then.
    """

    def __init__(self) -> None:
        self._begun: dict[int, dict[str, Any]] = {}
        self._done: dict[int, dict[str, Any]] = {}
        self._arguments: dict[int, list[str]] = {}
        self._parts: dict[Place, dict[str, list[str]]] = {}
        self._text_place: Place = (-1, -1)
        self._end: dict[str, Any] = {}

    def add(self, event: dict[str, Any]) -> str:
        kind = event.get("type")
        match kind:
            case "response.output_item.added":
                self._begun[event["output_index"]] = event["item"]
            case "response.output_item.done":
                self._done[event["output_index"]] = event["item"]
                return self._missing(event["output_index"], event["item"])
            case "response.output_text.delta" | "response.refusal.delta":
                return self._extend(_place(event), _said(kind), event["delta"])
            case "response.output_text.done":
                return self._complete(_place(event), "text", event["text"])
            case "response.refusal.done":
                return self._complete(_place(event), "refusal", event["refusal"])
            case "response.function_call_arguments.delta":
                self._arguments.setdefault(event["output_index"], []).append(event["delta"])
            case "response.function_call_arguments.done":
                self._arguments[event["output_index"]] = [event["arguments"]]
            case _ if kind in ENDS:
                self._end = event["response"]
                self.finished = self.done = True
                return "".join(self._missing(index, item) for index, item in enumerate(self._end.get("output") or []))
        return ""

    def payload(self) -> dict[str, Any]:
        spoken = {index: {"type": "message"} for index, _ in self._parts}
        ended = dict(enumerate(self._end.get("output") or []))
        items = {**spoken, **self._begun, **ended, **self._done}
        return {**self._end, "output": [self._item(index, items[index]) for index in sorted(items)]}

    def _item(self, index: int, item: dict[str, Any]) -> dict[str, Any]:
        """Raises BadResponse for an item of another kind that speaks as a message does."""
        content = list(self._content(index))
        if item.get("type") == "message":
            return {**item, "content": content}
        if content:
            raise BadResponse("text in an item of another kind")
        if item.get("type") == "function_call" and not item.get("arguments"):
            return {**item, "arguments": "".join(self._arguments.get(index, []))}
        return item

    def _content(self, index: int) -> Iterator[dict[str, Any]]:
        """The parts of a message."""
        for place in sorted(place for place in self._parts if place[0] == index):
            for kind, field in PARTS.items():
                if field in self._parts[place]:
                    yield {"type": kind, field: "".join(self._parts[place][field])}

    def _extend(self, place: Place, field: str, piece: str) -> str:
        """The text that a piece adds to the answer."""
        self._parts.setdefault(place, {}).setdefault(field, []).append(piece)
        if field != "text":
            return ""
        if place < self._text_place:
            raise BadResponse("a piece of text out of order")
        self._text_place = place
        return piece

    def _complete(self, place: Place, field: str, whole: str) -> str:
        """What of a part has not come in pieces."""
        given = "".join(self._parts.get(place, {}).get(field, []))
        missing = whole.removeprefix(given) if whole.startswith(given) else ""
        return self._extend(place, field, missing) if missing else ""

    def _missing(self, index: int, item: Any) -> str:
        """What of a message has not come in pieces."""
        item = as_object(item)
        content = item["content"] if item.get("type") == "message" else []
        return "".join(
            self._complete((index, place), field, part[field])
            for place, part in enumerate(content)
            if (field := PARTS.get(part.get("type")))
        )


def _place(event: dict[str, Any]) -> Place:
    return event["output_index"], event["content_index"]


def _said(kind: str) -> str:
    return "text" if "text" in kind else "refusal"

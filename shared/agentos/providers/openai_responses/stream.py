"""A response that arrives in events.

https://developers.openai.com/api/reference/resources/responses/streaming-events
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from agentos.providers.accumulator import NOTHING, Added, StreamAccumulator
from agentos.providers.answers import BadResponse, as_object
from agentos.providers.openai_responses.thoughts import PARAGRAPH, parts_of

ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})

TEXTS = {
    "response.output_text": "text",
    "response.refusal": "refusal",
    "response.reasoning_summary_text": "summary",
    "response.reasoning_text": "content",
}
"""What events of a text are called before `.delta` and `.done`, and what is said in it."""

PARTS = {"output_text": "text", "refusal": "refusal"}
"""Types of a message's parts, and the field that holds what each says."""


class Place(NamedTuple):
    """Where a text stands: the index of its item in the output and that of its part in the item, and what it is."""

    item: int
    part: int
    field: str


class ResponseAccumulator(StreamAccumulator):
    """Builds a whole response from events. Unknown events are ignored.

    A text counts as it came in pieces. What comes only with the end of a part, an item or the response, as some servers
    send it, is added then.
    """

    def __init__(self) -> None:
        self._begun: dict[int, dict[str, Any]] = {}
        self._done: dict[int, dict[str, Any]] = {}
        self._arguments: dict[int, list[str]] = {}
        self._said: dict[Place, list[str]] = {}
        self._text_place = (-1, -1)
        self._thought_place: Place | None = None
        self._end: dict[str, Any] = {}

    def add(self, event: dict[str, Any]) -> Added:
        kind = str(event.get("type"))
        stem, _, step = kind.rpartition(".")
        if stem in TEXTS:
            return self._add_text(TEXTS[stem], step, event)
        match kind:
            case "response.output_item.added":
                self._begun[event["output_index"]] = event["item"]
            case "response.output_item.done":
                self._done[event["output_index"]] = event["item"]
                return self._missing(((event["output_index"], event["item"]),))
            case "response.function_call_arguments.delta":
                self._arguments.setdefault(event["output_index"], []).append(event["delta"])
            case "response.function_call_arguments.done":
                self._arguments[event["output_index"]] = [event["arguments"]]
            case _ if kind in ENDS:
                self._end = event["response"]
                self.finished = self.done = True
                return self._missing(enumerate(self._end.get("output") or []))
        return NOTHING

    def payload(self) -> dict[str, Any]:
        spoken = {place.item: {"type": "message"} for place in self._said if place.field in PARTS.values()}
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
        for place in sorted(place for place in self._said if place.item == index):
            for kind, field in PARTS.items():
                if place.field == field:
                    yield {"type": kind, field: "".join(self._said[place])}

    def _add_text(self, field: str, step: str, event: dict[str, Any]) -> Added:
        part = event["summary_index"] if field == "summary" else event["content_index"]
        place = Place(event["output_index"], part, field)
        if step == "delta":
            return self._extend(place, event["delta"])
        return self._complete(place, event["refusal" if field == "refusal" else "text"]) if step == "done" else NOTHING

    def _extend(self, place: Place, piece: str) -> Added:
        """What a piece adds to the answer. Raises BadResponse for text out of order."""
        self._said.setdefault(place, []).append(piece)
        if place.field == "text":
            if place[:2] < self._text_place:
                raise BadResponse("a piece of text out of order")
            self._text_place = place[:2]
            return Added(piece)
        return NOTHING if place.field == "refusal" else Added(reasoning=self._thought(place, piece))

    def _thought(self, place: Place, piece: str) -> str:
        """A piece of the thoughts, of which each part is a paragraph. An item says them once, in whatever form."""
        before = self._thought_place
        if not piece or (before and before.item == place.item and before.field != place.field):
            return ""
        self._thought_place = place
        return piece if before in (None, place) else PARAGRAPH + piece

    def _complete(self, place: Place, whole: str) -> Added:
        """What of a text has not come in pieces."""
        given = "".join(self._said.get(place, []))
        missing = whole.removeprefix(given) if whole.startswith(given) else ""
        return self._extend(place, missing) if missing else NOTHING

    def _missing(self, items: Iterable[tuple[int, Any]]) -> Added:
        """What of these items has not come in pieces."""
        added = [
            self._complete(Place(index, part, field), text)
            for index, item in items
            for part, field, text in _texts(as_object(item))
        ]
        return Added("".join(one.text for one in added), "".join(one.reasoning for one in added))


def _texts(item: dict[str, Any]) -> Iterator[tuple[int, str, str]]:
    """The texts in a whole item: the index of the part, what is said in it, and the text."""
    if item.get("type") == "message":
        for index, part in enumerate(item["content"]):
            if field := PARTS.get(part.get("type")):
                yield index, field, part[field]
    elif item.get("type") == "reasoning":
        field = "summary" if item.get("summary") else "content"
        yield from ((index, field, text) for index, text in enumerate(parts_of(item)))

"""Server-sent events, read as a client would: strictly, so that a slip in their form is a failure."""

import json
from dataclasses import dataclass
from typing import Any

TERMINAL = {"message.end", "error"}
COMMENT = ": keep-alive"


@dataclass(frozen=True)
class Event:
    id: int
    kind: str
    data: Any


def events(text: str) -> list[Event]:
    """The events of a turn, without comments. Each has the three fields, and only the last ends it."""
    blocks = text.split("\n\n")
    assert blocks.pop() == "", "the last event is not ended by an empty line"
    found = []
    for block in blocks:
        if block == COMMENT:
            continue
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        assert list(fields) == ["id", "event", "data"], block
        found.append(Event(int(fields["id"]), fields["event"], json.loads(fields["data"])))
    assert [event.kind in TERMINAL for event in found] == [False] * (len(found) - 1) + [True]
    return found


def text_of(found: list[Event]) -> str:
    return "".join(event.data["delta"] for event in found if event.kind == "message.delta")

"""What a door could not carry of a request. A door is lenient, but never in silence: each loss is named once."""

from collections.abc import Iterator, Mapping
from typing import Any

from agentos.kernel.errors import MAX_FIELD

MAX_NOTES = 50
"""Notes in one answer: a body may hold hundreds of thousands of unknown fields, an answer may not."""


class DoorNotes:
    """One sentence for each loss, in the order in which they were found."""

    def __init__(self) -> None:
        self._notes: dict[str, None] = {}
        self._more = 0

    def add(self, field: str, sentence: str) -> None:
        """`field` is the client's own name for it."""
        note = f"{field[:MAX_FIELD]} {sentence}"
        if len(self._notes) < MAX_NOTES:
            self._notes[note] = None
        elif note not in self._notes:
            self._more += 1

    def unknown(self, fields: Mapping[Any, Any] | None, prefix: str = "") -> None:
        """Fields that the door does not know. One that holds nothing is no loss."""
        for name, value in (fields or {}).items():
            if value not in (None, [], {}):
                self.add(f"{prefix}{name}", "left out: it is not known here")

    def __iter__(self) -> Iterator[str]:
        yield from self._notes
        if self._more:
            yield f"and {self._more} more"

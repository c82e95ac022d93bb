"""What shows that a fake keeps a rule: a request that breaks it, and one that keeps it as closely as may be."""

from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]

SCHEMA: Body = {"type": "object", "properties": {"city": {"type": "string"}}}
CLOSED: Body = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Row:
    """`breaks` and `keeps`: values by their paths in the good request; None takes away what is there."""

    provider: str
    rule: str
    breaks: Body
    keeps: Body
    model: str = ""
    streamed: bool = False


def rows_of(provider: str, *rows: tuple[Any, ...]) -> list[Row]:
    """`rows`: the rest of each row's fields."""
    return [Row(provider, *row) for row in rows]

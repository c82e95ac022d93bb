"""Conversations that one provider accepts and another once refused: failures from the field and those found since.

Each begins at the first provider and continues at every provider that it names.
"""

from dataclasses import dataclass
from typing import Any

from tests.conversations.crossed.conversation import HOSTED, MODELS, Called, Conversation, Says
from tests.conversations.crossed.door import Request

Body = dict[str, Any]
ALL = tuple(MODELS)
FIRSTS = (*MODELS, *HOSTED)
CLAUDE = ("anthropic", "bedrock")


@dataclass(frozen=True)
class Case:
    """`at`: where it goes on; where it began is left out."""

    name: str
    what: Conversation | Request
    first: str
    at: tuple[str, ...] = ALL

    @property
    def others(self) -> tuple[str, ...]:
        return tuple(name for name in self.at if name != self.first)


def tool(name: str = "get_weather", parameters: Body | None = None, **more: Any) -> Body:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}} if parameters is None else parameters
    return {"type": "function", "function": {"name": name, "description": "The weather.", "parameters": schema, **more}}


def calls(*ids: str, tool: int = 0, text: str = "") -> Says:
    return Says(text, tuple(Called(tool, one, {"city": "Paris"}) for one in ids))


def answer_schema(schema: Body, name: str = "answer", **more: Any) -> Body:
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema, **more}}


def bounds(**keywords: Any) -> Body:
    """A schema of an object with one member."""
    return {"type": "object", "properties": {"a": keywords}, "required": ["a"]}


WEATHER = (tool(),)

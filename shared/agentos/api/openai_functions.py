"""Function tools as OpenAI's APIs write them: what Chat Completions and Responses have in common."""

from collections.abc import Iterator
from typing import Any

from agentos.api.door_notes import DoorNotes
from agentos.domain import Tool, ToolFunction
from agentos.kernel.errors import InvalidRequest

Json = dict[str, Any]

KINDS = {"name": str, "description": str, "parameters": dict, "strict": bool}
"""The fields of a function, and what each must be."""

_WORDS = {str: "a string", dict: "a JSON object", bool: "true or false"}


def functions_among(tools: list[Any], notes: DoorNotes) -> Iterator[tuple[str, Json]]:
    """The function tools, each with its path. What only the vendor's own servers can run is left out, with a note.

    Raises InvalidRequest.
    """
    for index, tool in enumerate(tools):
        path = f"tools[{index}]"
        if not isinstance(tool, dict):
            raise InvalidRequest.of(path, "must be a JSON object")
        kind = tool.get("type", "function")
        if kind == "function":
            yield path, tool
        else:
            notes.add(path, f"left out: a tool of the type {kind!r:.80} cannot be executed here")


def read_function(path: str, given: Json) -> Tool:
    """The tool of a function. Fields that are not in KINDS are not read. Raises InvalidRequest."""
    known = {name: given[name] for name in KINDS if given.get(name) is not None}
    for name, value in known.items():
        if not isinstance(value, KINDS[name]):
            raise InvalidRequest.of(f"{path}.{name}", f"must be {_WORDS[KINDS[name]]}")
    if not str(known.get("name", "")).strip():
        raise InvalidRequest.of(f"{path}.name", "is required")
    return Tool(type="function", function=ToolFunction(**known))

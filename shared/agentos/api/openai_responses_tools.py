"""The tools of a Responses request, and which of them must be called.

https://platform.openai.com/docs/api-reference/responses/create (tools, tool_choice)
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from agentos.api.door_notes import DoorNotes
from agentos.api.openai_functions import KINDS, functions_among, read_function
from agentos.domain import Tool
from agentos.kernel.errors import InvalidRequest, Unsupported

Json = dict[str, Any]


class OfferedTools(NamedTuple):
    """The functions that the model may call, None for an agent's own, and which of them must be called (None: the model
    decides). `shown`: the tools as the answer shows them."""

    tools: tuple[Tool, ...] | None
    choice: Any
    shown: list[Json]


def read_tools(given: list[Any] | None, choice: Any, notes: DoorNotes) -> OfferedTools:
    """`tools` and `tool_choice`. Tools that are no functions are left out. Raises InvalidRequest, Unsupported."""
    tools = None if given is None else tuple(_tools(given, notes))
    shown = [_shown(tool) for tool in tools or ()]
    names = {tool.function.name for tool in tools or ()}
    if not _is_selection(choice):
        read = _read_choice(choice)
        if names and isinstance(read, dict) and read["function"]["name"] not in names:
            raise InvalidRequest.of("tool_choice.name", "names none of the tools")
        return OfferedTools(tools, read, shown)
    selected = set(_selected_names(choice))
    if unknown := selected - names:
        raise InvalidRequest.of("tool_choice.tools", f"{min(unknown)!r:.80} names none of the tools")
    kept = tuple(tool for tool in tools or () if tool.function.name in selected)
    return OfferedTools(kept, _read_choice(choice.get("mode", "auto")), shown)


def _tools(tools: list[Any], notes: DoorNotes) -> Iterator[Tool]:
    for path, tool in functions_among(tools, notes):
        notes.unknown({name: tool[name] for name in tool if name not in ("type", *KINDS)}, "tools[].")
        yield read_function(path, tool)


def _shown(tool: Tool) -> Json:
    function = tool.function
    return {
        "type": "function",
        "name": function.name,
        "description": function.description or None,
        "parameters": function.parameters or None,
        "strict": function.strict,
    }


def _is_selection(choice: Any) -> bool:
    return isinstance(choice, dict) and choice.get("type") == "allowed_tools"


def _selected_names(choice: Json) -> Iterator[str]:
    tools = choice.get("tools")
    if not isinstance(tools, list) or not tools:
        raise InvalidRequest.of("tool_choice.tools", "must be a list of tools")
    for index, tool in enumerate(tools):
        match tool:
            case {"type": "function", "name": str(name)}:
                yield name
            case _:
                raise InvalidRequest.of(f"tool_choice.tools[{index}]", "must be {type: function, name}")


def _read_choice(choice: Any) -> Any:
    """A choice as agents know it; None where the model decides."""
    match choice:
        case None | "auto":
            return None
        case "none" | "required":
            return choice
        case {"type": "function", "name": str(name)} if name:
            return {"type": "function", "function": {"name": name}}
        case {"type": "function"}:
            raise InvalidRequest.of("tool_choice.name", "is required")
        case {"type": kind} | kind:
            message = (
                f"tool_choice: {kind!r:.80} is not supported; auto, none, required, allowed_tools and a function are."
            )
            raise Unsupported(message, {"capability": "tool_choice"})

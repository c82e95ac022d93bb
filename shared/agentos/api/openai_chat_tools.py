"""The tools of a chat request, and which of them must be called.

https://platform.openai.com/docs/guides/function-calling
"""

import re
from collections.abc import Iterator
from typing import Any

from agentos.api.door_notes import DoorNotes
from agentos.api.openai_functions import KINDS, functions_among, read_function
from agentos.domain import Tool
from agentos.kernel.errors import InvalidRequest, Unsupported

Json = dict[str, Any]


def read_tools(tools: list[Any], notes: DoorNotes) -> tuple[Tool, ...]:
    """The functions among the tools. What only the vendor's own servers can run is left out. Raises InvalidRequest."""
    return tuple(_tools(tools, notes))


def read_functions(functions: list[Any], notes: DoorNotes) -> tuple[Tool, ...]:
    """`functions`, the form before `tools`. Raises InvalidRequest."""
    return tuple(_function(f"functions[{index}]", given, None, notes) for index, given in enumerate(functions))


def _tools(tools: list[Any], notes: DoorNotes) -> Iterator[Tool]:
    for path, tool in functions_among(tools, notes):
        notes.unknown({name: tool[name] for name in tool if name not in ("type", "function", "strict")}, "tools[].")
        yield _function(f"{path}.function", tool.get("function"), tool.get("strict"), notes)


def _function(path: str, given: Any, strict_beside: Any, notes: DoorNotes) -> Tool:
    """`strict_beside`: what some clients write beside the function, not in it."""
    if not isinstance(given, dict):
        raise InvalidRequest.of(path, "is required" if given is None else "must be a JSON object")
    beside = {"strict": strict_beside} if given.get("strict") is None and isinstance(strict_beside, bool) else {}
    tool = read_function(path, given | beside)
    notes.unknown({name: given[name] for name in given if name not in KINDS}, re.sub(r"\d+", "", path) + ".")
    return tool


def read_choice(tool_choice: Any) -> Any:
    """`tool_choice` as agents know it; None where the model decides. Raises InvalidRequest, Unsupported."""
    match tool_choice:
        case None | "auto":
            return None
        case "none" | "required":
            return tool_choice
        case {"type": "function", "function": {"name": str(name)}} if name:
            return {"type": "function", "function": {"name": name}}
        case {"type": "function"}:
            raise InvalidRequest.of("tool_choice.function.name", "is required")
        case {"type": kind} | kind:
            message = f"tool_choice: {kind!r:.80} is not supported; auto, none, required and a function are."
            raise Unsupported(message, {"capability": "tool_choice"})


def read_function_call(function_call: Any, tools: tuple[Tool, ...]) -> Any:
    """`function_call`, the form before `tool_choice`. Raises InvalidRequest."""
    match function_call:
        case None | "auto":
            return None
        case "none":
            return "none"
        case {"name": str(name)}:
            if name not in {tool.function.name for tool in tools}:
                raise InvalidRequest.of("function_call.name", "names none of the functions")
            return {"type": "function", "function": {"name": name}}
        case _:
            raise InvalidRequest.of("function_call", "must be auto, none or {name}")

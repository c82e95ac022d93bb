"""The tools of a chat request, and which of them must be called.

https://platform.openai.com/docs/guides/function-calling
"""

import re
from collections.abc import Iterator
from typing import Any

from agentos.api.door_notes import DoorNotes
from agentos.domain import Tool, ToolFunction
from agentos.kernel.errors import InvalidRequest, Unsupported

Json = dict[str, Any]


def read_tools(tools: list[Any], notes: DoorNotes) -> tuple[Tool, ...]:
    """The functions among the tools. What only the vendor's own servers can run is left out. Raises InvalidRequest."""
    return tuple(_tools(tools, notes))


def read_functions(functions: list[Any], notes: DoorNotes) -> tuple[Tool, ...]:
    """`functions`, the form before `tools`. Raises InvalidRequest."""
    return tuple(_function(f"functions[{index}]", given, None, notes) for index, given in enumerate(functions))


def _tools(tools: list[Any], notes: DoorNotes) -> Iterator[Tool]:
    for index, tool in enumerate(tools):
        path = f"tools[{index}]"
        if not isinstance(tool, dict):
            raise InvalidRequest.of(path, "must be a JSON object")
        kind = tool.get("type", "function")
        if kind != "function":
            notes.add(path, f"left out: a tool of the type {kind!r:.80} cannot be executed here")
            continue
        notes.unknown({name: tool[name] for name in tool if name not in ("type", "function", "strict")}, "tools[].")
        yield _function(f"{path}.function", tool.get("function"), tool.get("strict"), notes)


def _function(path: str, given: Any, strict_beside: Any, notes: DoorNotes) -> Tool:
    """`strict_beside`: what some clients write beside the function, not in it."""
    if not isinstance(given, dict):
        raise InvalidRequest.of(path, "is required" if given is None else "must be a JSON object")
    kinds = {"name": str, "description": str, "parameters": dict, "strict": bool}
    words = {str: "a string", dict: "a JSON object", bool: "true or false"}
    known = {name: given[name] for name in kinds if given.get(name) is not None}
    if known.get("strict") is None and isinstance(strict_beside, bool):
        known["strict"] = strict_beside
    for name, value in known.items():
        if not isinstance(value, kinds[name]):
            raise InvalidRequest.of(f"{path}.{name}", f"must be {words[kinds[name]]}")
    if not str(known.get("name", "")).strip():
        raise InvalidRequest.of(f"{path}.name", "is required")
    notes.unknown({name: given[name] for name in given if name not in kinds}, re.sub(r"\d+", "", path) + ".")
    return Tool(type="function", function=ToolFunction(**known))


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

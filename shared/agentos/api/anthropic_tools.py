"""The tools of a request to Anthropic's Messages, and which of them must be called.

https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools
"""

from collections.abc import Iterator
from typing import Any

from agentos.api.anthropic_blocks import BlockReader, cache_mark
from agentos.api.door_notes import DoorNotes
from agentos.domain import Tool, ToolFunction
from agentos.domain.conversation import CacheTime
from agentos.kernel.errors import InvalidRequest, Unsupported

Json = dict[str, Any]

_KINDS = {
    "name": (str, "a string"),
    "description": (str, "a string"),
    "input_schema": (dict, "a JSON object"),
    "strict": (bool, "true or false"),
}


def read_tools(tools: list[Any], notes: DoorNotes) -> tuple[Tool, ...]:
    """The client's own tools. What only the vendor's servers can run is left out. Raises InvalidRequest."""
    return tuple(_tools(tools, notes))


def tools_mark(tools: list[Any] | None) -> CacheTime | None:
    """The last mark among the tools: up to there the prompt shall be cached. Raises InvalidRequest."""
    marks = (cache_mark(f"tools[{index}]", tool) for index, tool in enumerate(tools or ()))
    return next(filter(None, reversed(list(marks))), None)


def _tools(tools: list[Any], notes: DoorNotes) -> Iterator[Tool]:
    blocks = BlockReader(notes)
    for index, tool in enumerate(tools):
        path = f"tools[{index}]"
        if not isinstance(tool, dict):
            raise InvalidRequest.of(path, "must be a JSON object")
        kind = tool.get("type") or "custom"
        if kind != "custom":
            notes.add(path, f"left out: a tool of the type {kind!r:.80} cannot be executed here")
            continue
        known = {name: tool[name] for name in _KINDS if tool.get(name) is not None}
        for name, value in known.items():
            if not isinstance(value, _KINDS[name][0]):
                raise InvalidRequest.of(f"{path}.{name}", f"must be {_KINDS[name][1]}")
        if not str(known.get("name", "")).strip():
            raise InvalidRequest.of(f"{path}.name", "is required")
        blocks.rest(tool, ("type", *_KINDS), "tools[].")
        known["parameters"] = known.pop("input_schema", {})
        yield Tool(type="function", function=ToolFunction(**known))


def read_choice(choice: Any) -> Json:
    """`tool_choice` as parameters of ours. Raises InvalidRequest, Unsupported."""
    match choice:
        case None:
            return {}
        case {"type": "auto"}:
            given: Json = {}
        case {"type": "any"}:
            given = {"toolChoice": "required"}
        case {"type": "none"}:
            given = {"toolChoice": "none"}
        case {"type": "tool", "name": str(name)} if name:
            given = {"toolChoice": {"type": "function", "function": {"name": name}}}
        case {"type": "tool"}:
            raise InvalidRequest.of("tool_choice.name", "is required")
        case {"type": kind} | kind:
            message = f"tool_choice: {kind!r:.80} is not supported; auto, any, none and a tool are."
            raise Unsupported(message, {"capability": "tool_choice"})
    single = choice.get("disable_parallel_tool_use")
    if single not in (None, True, False):
        raise InvalidRequest.of("tool_choice.disable_parallel_tool_use", "must be true or false")
    return given | ({"parallelToolCalls": False} if single else {})

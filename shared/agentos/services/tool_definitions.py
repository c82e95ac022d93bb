"""Whether an agent's tools can be offered to every provider, and which of them are offered for one answer."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from agentos.domain import Agent, ChosenTool, Tool
from agentos.domain.parameters import GivenParameters
from agentos.kernel import json_text
from agentos.kernel.errors import InvalidRequest

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
MAX_DESCRIPTION = 4096
"""Characters of an agent's tool's description."""

MAX_DEPTH = 32
"""Levels of JSON in `parameters`: enough for the 10 levels of objects that OpenAI's strict mode takes (its guide
"Structured outputs"), three levels of JSON each."""

MAX_BYTES = 32_768
"""UTF-8 bytes of one tool's `parameters`: all of it goes out with every call, and is paid for."""

_MESSAGE_CHARACTERS = 200


def check_tools(tools: Iterable[Tool]) -> None:
    """Raises InvalidRequest that names the field: a name that is taken, or parameters that no provider would take."""
    names: set[str] = set()
    for index, tool in enumerate(tools):
        function, field = tool.function, f"tools[{index}].function"
        if not _NAME.fullmatch(function.name):
            raise InvalidRequest.of(f"{field}.name", "must be 1 to 64 letters, digits, _ and -")
        if len(function.description) > MAX_DESCRIPTION:
            raise InvalidRequest.of(f"{field}.description", f"must be at most {MAX_DESCRIPTION} characters long")
        if function.name in names:
            raise InvalidRequest.of(f"{field}.name", f"{function.name!r} is the name of an earlier tool")
        names.add(function.name)
        if function.parameters:
            _check_schema(f"{field}.parameters", function.parameters)


def check_choice(field: str, given: GivenParameters, tools: Sequence[Tool]) -> None:
    """Raises InvalidRequest where a call is demanded of tools that are not offered."""
    choice, names = given.tool_choice, {tool.function.name for tool in tools}
    if choice in (None, "auto", "none"):
        return
    if not names:
        raise InvalidRequest.of(field, "needs tools to choose from")
    if isinstance(choice, ChosenTool) and choice.function.name not in names:
        raise InvalidRequest.of(f"{field}.function.name", "names none of the tools")


def offered_tools(agent: Agent) -> tuple[Tool, ...]:
    """The tools that a provider is told of."""
    return () if agent.config.tool_choice == "none" else agent.tools


def _check_schema(field: str, schema: dict[str, Any]) -> None:
    if schema.get("type") != "object":
        raise InvalidRequest.of(f"{field}.type", 'must be "object": arguments are passed by name')
    if _depth(schema) > MAX_DEPTH:
        raise InvalidRequest.of(field, f"is nested deeper than {MAX_DEPTH} levels")
    if (length := len(json_text.dump(schema).encode())) > MAX_BYTES:
        raise InvalidRequest.of(field, f"takes {length} bytes; at most {MAX_BYTES} can be")

    from jsonschema import Draft202012Validator, SchemaError  # here, so that only who saves tools pays for it

    try:
        # Without the check of formats: patterns are ECMAScript's, which Python's `re` would refuse in part.
        Draft202012Validator.check_schema(schema, format_checker=None)
    except SchemaError as error:
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
        message = f"is not valid JSON Schema (2020-12): {error.message:.{_MESSAGE_CHARACTERS}}"
        raise InvalidRequest.of(field + place, message) from error


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0)

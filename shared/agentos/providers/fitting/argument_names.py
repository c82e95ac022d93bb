"""Names of tools' arguments: replaced where they do not fit (schemas, earlier calls), and restored in the answer.

Only the arguments themselves have such a limit, not the fields of objects within them.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from agentos.domain import Message, Prompt, RequestLimits, Tool, ToolCall

Renamed = Mapping[str, Mapping[str, str]]
"""By tool: arguments that do not fit, each with the name that is sent instead."""


def sent_arguments_of(prompt: Prompt, limits: RequestLimits) -> dict[str, dict[str, str]]:
    """The arguments that do not fit; no two of a tool are sent alike. A tool whose arguments all fit is left out."""
    if limits.argument_names is None:
        return {}
    found = {tool.function.name: _replaced(tool, limits.argument_names) for tool in prompt.tools}
    return {name: names for name, names in found.items() if names}


def rename_arguments(prompt: Prompt, renamed: Renamed) -> Prompt:
    """The prompt with these arguments renamed in the tools' schemas and in the calls of the history."""
    tools = tuple(_renamed_tool(tool, renamed.get(tool.function.name, {})) for tool in prompt.tools)
    messages = tuple(_renamed_message(message, renamed) for message in prompt.messages)
    return prompt.model_copy(update={"tools": tools, "messages": messages})


def restored_arguments(call: ToolCall, renamed: Renamed) -> ToolCall:
    """A call of an answer with its arguments under the names of the client's schema."""
    names = {sent: name for name, sent in renamed.get(call.name, {}).items()}
    return call.model_copy(update={"arguments": _with_names(call.arguments, names)}) if names else call


def _replaced(tool: Tool, pattern: str) -> dict[str, str]:
    properties = tool.function.parameters.get("properties")
    names = list(properties) if isinstance(properties, dict) else []
    fitting = re.compile(pattern)
    taken = {name for name in names if fitting.fullmatch(name)}
    replaced: dict[str, str] = {}
    for name in names:
        if name not in taken:
            plain = re.sub(r"[^a-zA-Z0-9_.-]", "_", name)
            digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
            candidates = (plain, f"{plain[:40]}_{digest[:16]}")
            replaced[name] = next((one for one in candidates if fitting.fullmatch(one) and one not in taken), name)
            taken.add(replaced[name])
    return {name: sent for name, sent in replaced.items() if sent != name}


def _renamed_tool(tool: Tool, names: Mapping[str, str]) -> Tool:
    if not names:
        return tool
    schema = dict(tool.function.parameters)
    schema["properties"] = _with_names(schema["properties"], names)
    if isinstance(schema.get("required"), list):
        schema["required"] = [names.get(name, name) for name in schema["required"]]
    return tool.model_copy(update={"function": tool.function.model_copy(update={"parameters": schema})})


def _renamed_message(message: Message, renamed: Renamed) -> Message:
    if not any(call.name in renamed for call in message.tool_calls):
        return message
    calls = tuple(
        call.model_copy(update={"arguments": _with_names(call.arguments, renamed.get(call.name, {}))})
        for call in message.tool_calls
    )
    return message.model_copy(update={"tool_calls": calls})


def _with_names(value: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): one for name, one in value.items()}

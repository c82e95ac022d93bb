"""Names of tools: replaced where they do not fit (definitions, calls, choice), and restored in the answer."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping

from agentos.domain import Message, Prompt, RequestLimits, Tool, ToolChoice

LONGEST = 64
"""Characters of a name that every provider takes."""


def sent_names(prompt: Prompt, limits: RequestLimits) -> dict[str, str]:
    """The names that do not fit, each with the one that is sent instead; no two are sent alike."""
    pattern = re.compile(limits.tool_names)
    names = dict.fromkeys(_names(prompt))
    taken = {name for name in names if pattern.fullmatch(name)}
    replaced: dict[str, str] = {}
    for name in names:
        if name not in taken:
            replaced[name] = next(one for one in _candidates(name) if pattern.fullmatch(one) and one not in taken)
            taken.add(replaced[name])
    return replaced


def rename_tools(prompt: Prompt, names: Mapping[str, str]) -> Prompt:
    """The prompt with every name replaced that `names` has."""
    chosen = (prompt.parameters.tool_choice or ToolChoice()).name or ""
    changes: dict[str, object] = {
        "tools": tuple(_renamed_tool(tool, names) for tool in prompt.tools),
        "messages": tuple(_renamed_calls(message, names) for message in prompt.messages),
    }
    if chosen in names:
        choice = {"tool_choice": ToolChoice(name=names[chosen])}
        changes["parameters"] = prompt.parameters.model_copy(update=choice)
    return prompt.model_copy(update=changes)


def _names(prompt: Prompt) -> Iterator[str]:
    yield from (tool.function.name for tool in prompt.tools)
    yield from (call.name for message in prompt.messages for call in message.tool_calls)
    if prompt.parameters.tool_choice and prompt.parameters.tool_choice.name:
        yield prompt.parameters.tool_choice.name


def _candidates(name: str) -> Iterable[str]:
    """Names that are like this one, and at last one that is like no other."""
    plain = re.sub(r"[^a-zA-Z0-9_-]", "_", name)
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
    yield from (plain, f"_{plain}")
    for length in (8, 16, 32, 62):
        yield f"_{plain[: LONGEST - 2 - length].strip('_-')}_{digest[:length]}"


def _renamed_tool(tool: Tool, names: Mapping[str, str]) -> Tool:
    name = names.get(tool.function.name)
    return tool.model_copy(update={"function": tool.function.model_copy(update={"name": name})}) if name else tool


def _renamed_calls(message: Message, names: Mapping[str, str]) -> Message:
    if not any(call.name in names for call in message.tool_calls):
        return message
    calls = tuple(call.model_copy(update={"name": names.get(call.name, call.name)}) for call in message.tool_calls)
    return message.model_copy(update={"tool_calls": calls})

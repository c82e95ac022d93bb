"""A prompt as a chat request."""

from typing import Any

from agentos.domain import Message, Parameters, Prompt, Target, Tool, ToolCall, ToolChoice
from agentos.kernel import json_text
from agentos.providers.openai.thoughts import REASONING
from agentos.providers.tool_calls import fit_id, result_text, sent_arguments, signature
from agentos.settings.provider import Provider
from agentos.settings.schema import ToolCallSettings


def encode(provider: Provider, target: Target, prompt: Prompt) -> dict[str, Any]:
    """The request's JSON."""
    call_rules = provider.settings.tool_calls if prompt.has_tools else ToolCallSettings()
    messages = [_message(message, call_rules) for message in prompt.messages]
    if prompt.instructions:
        messages.insert(0, {"role": "system", "content": prompt.instructions})
    return {
        "model": target.upstream_model,
        "messages": messages,
        **({"tools": [_tool(tool) for tool in prompt.tools]} if prompt.tools else {}),
        **_parameters(prompt.parameters, provider.settings.parameters),
    }


def _message(message: Message, call_rules: ToolCallSettings) -> dict[str, Any]:
    if message.role == "assistant":
        return _assistant(message, call_rules)
    if message.role == "tool":
        call_id = fit_id(message.tool_call_id or "", call_rules.id_length)
        return {"role": "tool", "tool_call_id": call_id, "content": result_text(message)}
    return {"role": message.role, "content": _content(message)}


def _content(message: Message) -> str | list[dict[str, Any]]:
    if isinstance(message.content, str):
        return message.content
    return [part.model_dump(mode="json", by_alias=True) for part in message.content]


def _assistant(message: Message, call_rules: ToolCallSettings) -> dict[str, Any]:
    encoded: dict[str, Any] = {"role": "assistant", "content": _content(message)}
    if message.tool_calls:
        # Null where there are no words: OpenAI's own form. Ollama's templates take "" for words (ollama #14181).
        encoded["content"] = encoded["content"] or None
        encoded["tool_calls"] = [_call(call, call_rules) for call in message.tool_calls]
    if call_rules.reasoning:
        # On every answer, if need be empty: where tools are in play, its absence is a 400.
        thought = (signature(call, REASONING) for call in message.tool_calls)
        encoded[call_rules.reasoning] = next(filter(None, thought), "")
    return encoded


def _call(call: ToolCall, call_rules: ToolCallSettings) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json_text.dump(sent_arguments(call))}
    return {"id": fit_id(call.id, call_rules.id_length), "type": "function", "function": function}


def _tool(tool: Tool) -> dict[str, Any]:
    given = tool.to_json()
    return {**given, "function": {**given["function"], "parameters": tool.function.arguments_schema}}


def _parameters(parameters: Parameters, renamed: dict[Any, str]) -> dict[str, Any]:
    """What was set, under the names that this provider gives them."""
    named: dict[str, Any] = {
        renamed.get("temperature", "temperature"): parameters.temperature,
        renamed.get("maxTokens", "max_tokens"): parameters.max_tokens,
        renamed.get("topP", "top_p"): parameters.top_p,
        renamed.get("stop", "stop"): list(parameters.stop) or None,
        "response_format": parameters.response_format,
        "tool_choice": _choice(parameters.tool_choice),
        "parallel_tool_calls": parameters.parallel_tool_calls,
    }
    return {name: value for name, value in named.items() if value is not None}


def _choice(choice: ToolChoice | None) -> str | dict[str, Any] | None:
    if choice is None:
        return None
    return {"type": "function", "function": {"name": choice.name}} if choice.name else "required"

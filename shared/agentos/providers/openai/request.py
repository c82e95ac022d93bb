"""A prompt as the JSON of a chat completion request."""

from typing import Any

from agentos.domain import FilePart, Message, Parameters, Part, Prompt, Target, Tool, ToolCall, ToolChoice
from agentos.kernel import json_text
from agentos.providers.openai import thoughts
from agentos.providers.openai.parameters import cache_key, further_parameters, reasoning, speaker
from agentos.providers.tool_calls import result_text, sent_arguments
from agentos.settings.provider import Provider


def encode(provider: Provider, target: Target, prompt: Prompt) -> dict[str, Any]:
    """The request's JSON."""
    messages = [_message(message, provider, target, prompt.has_tools) for message in prompt.messages]
    if prompt.instructions:
        messages.insert(0, {"role": "system", "content": prompt.instructions})
    return {
        "model": target.upstream_model,
        "messages": messages,
        **({"tools": [_tool(tool) for tool in prompt.tools]} if prompt.tools else {}),
        **_parameters(prompt.parameters, provider.settings.parameters),
        **further_parameters(prompt.parameters, provider.settings.parameters),
        **cache_key(prompt, provider.settings.parameters),
        **reasoning(prompt.parameters.reasoning_effort, target.facts, _effort_name(provider)),
    }


def _effort_name(provider: Provider) -> str:
    return provider.settings.parameters.get("reasoningEffort", "reasoning_effort")


def _message(message: Message, provider: Provider, target: Target, has_tools: bool) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id or "", "content": result_text(message)}
    encoded: dict[str, Any] = {"role": message.role, "content": _content(message), **speaker(message.name)}
    if message.role == "assistant" and message.tool_calls:
        # Null where there is no text: OpenAI's own form. Ollama's templates take "" for text (ollama #14181).
        encoded["content"] = encoded["content"] or None
        encoded["tool_calls"] = [_call(call, provider, target) for call in message.tool_calls]
    if message.role == "assistant" and has_tools:
        encoded |= thoughts.of_message(message, provider, target)
    return encoded


def _content(message: Message) -> str | list[dict[str, Any]]:
    if isinstance(message.content, str):
        return message.content
    return [_part(part) for part in message.content]


def _part(part: Part) -> dict[str, Any]:
    """A file has a name there, and its address, where one is taken, stands in the place of its data (OpenRouter)."""
    if not isinstance(part, FilePart):
        return part.to_json()
    data = part.file.file_data or part.file.file_url
    return {"type": "file", "file": {"filename": part.file.filename or "file", "file_data": data}}


def _call(call: ToolCall, provider: Provider, target: Target) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json_text.dump(sent_arguments(call))}
    return {"id": call.id, "type": "function", "function": function, **thoughts.of_call(call, provider, target)}


def _tool(tool: Tool) -> dict[str, Any]:
    given = tool.to_json()
    return {**given, "function": {**given["function"], "parameters": tool.function.arguments_schema}}


def _parameters(parameters: Parameters, renamed: dict[Any, str]) -> dict[str, Any]:
    """The parameters that were set, under the provider's own names for them."""
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

"""A prompt as the JSON of a request to Anthropic."""

from typing import Any

from agentos.domain import ModelFacts, Parameters, Prompt, Target, Tool
from agentos.kernel.merge_patch import merge_patch
from agentos.providers.anthropic.messages import mark, messages, unmarked
from agentos.providers.blocks import digest, output_schema, system_cache, system_texts
from agentos.providers.claude_thinking import room, thinking

MAX_TOKENS = 8192
"""The API demands a bound on the answer's tokens. This one is sent where the agent sets none, with room for thoughts,
or the model's most if that is less."""

COUNTED = frozenset(
    {"model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "context_management"}
)
"""The fields that a count of tokens takes; any other is a 400.

https://platform.claude.com/docs/en/api/messages-count-tokens
"""


def encode(target: Target, prompt: Prompt) -> dict[str, Any]:
    """The request's JSON."""
    plain: dict[str, Any] = {}
    if texts := system_texts(prompt):
        plain["system"] = "\n\n".join(texts)
    if prompt.tools:
        plain["tools"] = [_tool(tool) for tool in prompt.tools]
    body: dict[str, Any] = {"model": target.upstream_model, **plain}
    if any(cache for _, cache in system_cache(prompt)):
        body["system"] = [{"type": "text", "text": text, **mark(cache)} for text, cache in system_cache(prompt)]
    if prompt.tools and prompt.tools_cache:
        body["tools"] = [*plain["tools"][:-1], {**plain["tools"][-1], **mark(prompt.tools_cache)}]
    body["messages"] = messages(
        prompt.messages, lambda before: digest(target.upstream_model, {**plain, "messages": unmarked(before)})
    )
    parameters: dict[str, Any] = merge_patch(
        _parameters(prompt.parameters, target.facts), thinking(prompt.parameters, target.facts)
    )
    return {**body, **parameters}


def _tool(tool: Tool) -> dict[str, Any]:
    function = tool.function
    described = {"description": function.description} if function.description else {}
    return {"name": function.name, **described, "input_schema": function.arguments_schema}


def _parameters(parameters: Parameters, facts: ModelFacts) -> dict[str, Any]:
    usual = MAX_TOKENS + room(parameters, facts)
    named: dict[str, Any] = {
        "max_tokens": parameters.max_tokens or min(facts.max_output_tokens or usual, usual),
        "temperature": parameters.temperature,
        "top_p": parameters.top_p,
        "top_k": parameters.top_k,
        "stop_sequences": list(parameters.stop) or None,
        "output_config": _output(parameters.response_format),
        "tool_choice": _choice(parameters),
        "metadata": {"user_id": parameters.user} if parameters.user else None,
    }
    return {name: value for name, value in named.items() if value is not None}


def _choice(parameters: Parameters) -> dict[str, Any] | None:
    """Whether calls may be parallel is a field of the choice, and of the default choice where no other is made."""
    choice, parallel = parameters.tool_choice, parameters.parallel_tool_calls
    if choice is None and parallel is None:
        return None
    kind = {"type": "tool", "name": choice.name} if choice and choice.name else {"type": "any" if choice else "auto"}
    return kind if parallel is None else {**kind, "disable_parallel_tool_use": not parallel}


def _output(response_format: dict[str, Any] | None) -> dict[str, Any] | None:
    """OpenAI's `response_format` as an `output_config`.

    https://platform.claude.com/docs/en/build-with-claude/structured-outputs
    """
    schema = output_schema(response_format)
    return schema and {"format": {"type": "json_schema", "schema": schema}}

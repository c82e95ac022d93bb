"""A prompt as the JSON of a request to Responses."""

from typing import Any

from agentos.domain import ModelFacts, Parameters, Prompt, Target, Tool, ToolChoice
from agentos.providers.blocks import output_schema
from agentos.providers.openai.parameters import cache_key
from agentos.providers.openai_responses.messages import items
from agentos.settings.provider import Provider

ENCRYPTED_THOUGHTS = "reasoning.encrypted_content"


def encode(provider: Provider, target: Target, prompt: Prompt) -> dict[str, Any]:
    """The request's JSON. Nothing is stored at the provider: each request has the whole conversation."""
    conversation = items(prompt.messages, provider, target)
    body: dict[str, Any] = {"model": target.upstream_model, "store": False, "input": conversation}
    if prompt.instructions:
        if _format(prompt.parameters) == {"type": "json_object"}:  # only the input's messages may say JSON
            conversation.insert(0, {"role": "system", "content": prompt.instructions})
        else:
            body["instructions"] = prompt.instructions
    if prompt.tools:
        body["tools"] = [_tool(tool) for tool in prompt.tools]
        if _may_think(provider, target):
            body["include"] = [ENCRYPTED_THOUGHTS]
    return {
        **body,
        **_parameters(prompt.parameters, provider.settings.parameters),
        **cache_key(prompt, provider.settings.parameters),
        **_reasoning(prompt.parameters, target.facts),
    }


def _may_think(provider: Provider, target: Target) -> bool:
    """Whether thoughts may come. A model that has none refuses to be asked for them (OpenHands #11406)."""
    reasoning = target.facts.reasoning
    none = "reasoningEffort" in target.facts.unsupported if reasoning is None else not reasoning.levels
    return provider.settings.thoughts.returned and not none


def _tool(tool: Tool) -> dict[str, Any]:
    function = tool.function
    return {
        "type": "function",
        "name": function.name,
        **({"description": function.description} if function.description else {}),
        "parameters": function.arguments_schema,
        "strict": bool(function.strict),  # true unless it is given
    }


def _parameters(parameters: Parameters, renamed: dict[Any, str]) -> dict[str, Any]:
    """The parameters that were set, under the provider's own names for them."""
    named: dict[str, Any] = {
        renamed.get("temperature", "temperature"): parameters.temperature,
        renamed.get("topP", "top_p"): parameters.top_p,
        renamed.get("maxTokens", "max_output_tokens"): parameters.max_tokens,
        "text": _given(format=_format(parameters), verbosity=parameters.verbosity),
        "tool_choice": _choice(parameters.tool_choice),
        "parallel_tool_calls": parameters.parallel_tool_calls,
        "service_tier": parameters.service_tier,
        renamed.get("user", "safety_identifier"): parameters.user,
    }
    return _given(**named) or {}


def _reasoning(parameters: Parameters, facts: ModelFacts) -> dict[str, Any]:
    """The fields that ask for an effort, which a model may have of its own, and for a summary of the thoughts."""
    effort = parameters.reasoning_effort
    level = facts.reasoning.levels.get(effort) if facts.reasoning and effort else None
    usual = {"reasoning": {"effort": effort}} if effort else {}
    asked = usual if level is None or level.sends is None else level.sends
    if not parameters.include_reasoning:
        return asked
    return {**asked, "reasoning": {**asked.get("reasoning", {}), "summary": "auto"}}


def _given(**fields: Any) -> dict[str, Any] | None:
    """The fields that are set; None where there are none."""
    return {name: value for name, value in fields.items() if value is not None} or None


def _choice(choice: ToolChoice | None) -> str | dict[str, Any] | None:
    if choice is None:
        return None
    return {"type": "function", "name": choice.name} if choice.name else "required"


def _format(parameters: Parameters) -> dict[str, Any] | None:
    """Chat Completions' `response_format`, whose schema stands one level higher here."""
    wanted = parameters.response_format
    schema = output_schema(wanted)
    if wanted is None or schema is None:
        return wanted
    given = wanted.get("json_schema") or {}
    others = _given(description=given.get("description"), strict=given.get("strict")) or {}
    return {"type": "json_schema", "name": given["name"], "schema": schema, **others}

"""A prompt as the JSON of a request to Gemini."""

from typing import Any

from agentos.domain import ModelFacts, Parameters, Prompt, Tool, ToolChoice
from agentos.providers.blocks import system_texts
from agentos.providers.gemini.messages import contents
from agentos.providers.gemini.parameters import further_parameters, thinking


def encode(prompt: Prompt, facts: ModelFacts) -> dict[str, Any]:
    """The request's JSON."""
    system = system_texts(prompt)
    body: dict[str, Any] = {"contents": contents(prompt.messages)}
    if system:
        body["systemInstruction"] = {"parts": [{"text": text} for text in system]}
    if prompt.tools:
        body["tools"] = [{"functionDeclarations": [_declaration(tool) for tool in prompt.tools]}]
    if choice := prompt.parameters.tool_choice:
        body["toolConfig"] = {"functionCallingConfig": _function_calling(choice)}
    if generation := _generation(prompt.parameters, facts):
        body["generationConfig"] = generation
    return body


def _declaration(tool: Tool) -> dict[str, Any]:
    """`parametersJsonSchema` takes JSON Schema as it is; `parameters` takes only a part of it."""
    function = tool.function
    described = {"description": function.description} if function.description else {}
    return {"name": function.name, **described, "parametersJsonSchema": function.arguments_schema}


def _function_calling(choice: ToolChoice) -> dict[str, Any]:
    """https://ai.google.dev/api/caching#FunctionCallingConfig"""
    return {"mode": "ANY", **({"allowedFunctionNames": [choice.name]} if choice.name else {})}


def _generation(parameters: Parameters, facts: ModelFacts) -> dict[str, Any]:
    named: dict[str, Any] = {
        "temperature": parameters.temperature,
        "maxOutputTokens": parameters.max_tokens,
        "topP": parameters.top_p,
        "stopSequences": list(parameters.stop) or None,
        **further_parameters(parameters),
        **thinking(parameters, facts),
        **_response_format(parameters.response_format or {}),
    }
    return {name: value for name, value in named.items() if value is not None}


def _response_format(response_format: dict[str, Any]) -> dict[str, Any]:
    """The fields of Gemini's that correspond to OpenAI's `response_format`."""
    if response_format.get("type") not in ("json_object", "json_schema"):
        return {}
    schema = (response_format.get("json_schema") or {}).get("schema")
    return {"responseMimeType": "application/json", "responseJsonSchema": schema}

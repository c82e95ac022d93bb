"""A prompt as the JSON of a request to Converse."""

from typing import Any

from agentos.domain import Prompt, Target
from agentos.kernel import json_text
from agentos.providers.bedrock.messages import mark, messages, tool_config, unmarked
from agentos.providers.blocks import digest, output_schema, system_cache, system_texts
from agentos.providers.claude_thinking import thinking


def encode(target: Target, prompt: Prompt) -> dict[str, Any]:
    """The request's JSON."""
    plain: dict[str, Any] = {}
    if texts := system_texts(prompt):
        plain["system"] = [{"text": text} for text in texts]
    if prompt.has_tools:
        plain["toolConfig"] = tool_config(prompt.model_copy(update={"tools_cache": None}))
    body = dict(plain)
    if texts:
        body["system"] = [block for text, cache in system_cache(prompt) for block in ({"text": text}, *mark(cache))]
    if prompt.has_tools:
        body["toolConfig"] = tool_config(prompt)
    body["messages"] = messages(
        prompt.messages, lambda before: digest(target.upstream_model, {**plain, "messages": unmarked(before)})
    )
    # https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html
    own = thinking(prompt.parameters, target.facts)
    return {**body, **_parameters(prompt), **({"additionalModelRequestFields": own} if own else {})}


def _parameters(prompt: Prompt) -> dict[str, Any]:
    parameters = prompt.parameters
    inference = {
        "maxTokens": parameters.max_tokens,
        "temperature": parameters.temperature,
        "topP": parameters.top_p,
        "stopSequences": list(parameters.stop) or None,
    }
    named: dict[str, Any] = {"inferenceConfig": {name: value for name, value in inference.items() if value is not None}}
    if schema := output_schema(parameters.response_format):
        structure = {"jsonSchema": {"schema": json_text.dump(schema)}}
        named["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": structure}}
    return {name: value for name, value in named.items() if value}

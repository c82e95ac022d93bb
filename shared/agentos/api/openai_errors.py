"""Errors in OpenAI's envelope, and our names of parameters as OpenAI's clients know them.

https://platform.openai.com/docs/guides/error-codes
"""

from typing import Any

from agentos.api.parameter_names import ParameterNames
from agentos.kernel.errors import ApiError

Json = dict[str, Any]

PARAMETERS = {
    "temperature": "temperature",
    "topP": "top_p",
    "topK": "top_k",
    "maxTokens": "max_tokens",
    "stop": "stop",
    "seed": "seed",
    "presencePenalty": "presence_penalty",
    "frequencyPenalty": "frequency_penalty",
    "logitBias": "logit_bias",
    "logprobs": "logprobs",
    "topLogprobs": "top_logprobs",
    "reasoningEffort": "reasoning_effort",
    "includeReasoning": "include_reasoning",
    "verbosity": "verbosity",
    "responseFormat": "response_format",
    "toolChoice": "tool_choice",
    "parallelToolCalls": "parallel_tool_calls",
    "serviceTier": "service_tier",
    "user": "user",
}
"""OpenAI's names of our parameters."""

NAMES = ParameterNames(PARAMETERS)

TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


def in_openai_names(text: str) -> str:
    """The text with OpenAI's names in the place of ours: `top_p`, not `topP`."""
    return NAMES.in_text(text)


def error_envelope(error: ApiError, request_id: str, names: ParameterNames = NAMES) -> Json:
    """OpenAI's error envelope, with our details beside it. `names`: of the door's parameters."""
    fallback = "invalid_request_error" if error.status < 500 else "server_error"
    fields = [{**entry, "field": names.in_text(entry["field"])} for entry in error.details.get("errors", ())]
    details = {**error.details, "errors": fields} if fields else error.details
    return {
        "error": {
            "message": names.in_text(error.message),
            "type": TYPES.get(error.status, fallback),
            "param": fields[0]["field"] if fields else None,
            "code": error.code,
        },
        "agentos": {"details": details, "requestId": request_id},
    }

"""Errors in Anthropic's envelope, and our names of parameters as Anthropic's clients know them.

https://platform.claude.com/docs/en/api/errors
"""

from collections.abc import Mapping
from typing import Any

from agentos.api.openai_errors import error_envelope as openai_envelope
from agentos.api.parameter_names import ParameterNames
from agentos.api.response import Convention
from agentos.kernel.errors import ApiError, ContextLengthExceeded

Json = dict[str, Any]

PARAMETERS = {
    "temperature": "temperature",
    "topP": "top_p",
    "topK": "top_k",
    "maxTokens": "max_tokens",
    "stop": "stop_sequences",
    "reasoningEffort": "output_config.effort",
    "includeReasoning": "thinking.display",
    "responseFormat": "output_config.format",
    "toolChoice": "tool_choice",
    "parallelToolCalls": "tool_choice.disable_parallel_tool_use",
    "user": "metadata.user_id",
}
"""Anthropic's names of our parameters, as far as it has them."""

NAMES = ParameterNames(PARAMETERS)

TYPES = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}

TOO_LONG = "prompt is too long: the conversation does not fit the context window of any model that is left"
"""Anthropic's clients look for its first words, and then shorten the conversation."""

VERSION_HEADER = "anthropic-version"


def error_envelope(error: ApiError, request_id: str) -> Json:
    """Anthropic's error envelope, with our code and details beside it."""
    fallback = "invalid_request_error" if error.status < 500 else "api_error"
    message = TOO_LONG if isinstance(error, ContextLengthExceeded) else NAMES.in_text(error.message)
    fields = [{**entry, "field": NAMES.in_text(entry["field"])} for entry in error.details.get("errors", ())]
    details = {**error.details, "errors": fields} if fields else error.details
    return {
        "type": "error",
        "error": {"type": TYPES.get(error.status, fallback), "message": message},
        "request_id": request_id,
        "agentos": {"code": error.code, "details": details},
    }


ANTHROPIC = Convention(error_envelope, lambda request_id: {"request-id": request_id})
OPENAI = Convention(openai_envelope)


def anthropic(_: Mapping[str, str]) -> Convention:
    """Of the paths that only Anthropic has."""
    return ANTHROPIC


def speaks_anthropic(headers: Mapping[str, str]) -> bool:
    """Whether a request says which version of Anthropic's API it speaks."""
    return VERSION_HEADER in headers


def by_version(headers: Mapping[str, str]) -> Convention:
    """Of all other paths below `/v1/`: Anthropic's where the request speaks it."""
    return ANTHROPIC if speaks_anthropic(headers) else OPENAI

"""Which class an error has, at OpenAI and at those who adopted its format."""

from typing import Any

from agentos.kernel.errors import ErrorClass
from agentos.providers.answers import as_object

CODES = {
    # OpenAI, and most who took over its errors
    "context_length_exceeded": ErrorClass.CONTEXT_LENGTH,
    "insufficient_quota": ErrorClass.QUOTA,
    "credit_balance_exhausted": ErrorClass.QUOTA,
    "organization_spend_limit_exceeded": ErrorClass.QUOTA,
    "organization_usage_limit_exceeded": ErrorClass.QUOTA,
    "project_spend_limit_exceeded": ErrorClass.QUOTA,
    "billing_hard_limit_reached": ErrorClass.QUOTA,
    "rate_limit_exceeded": ErrorClass.RATE_LIMITED,  # Groq's comes with 413 too
    "invalid_api_key": ErrorClass.AUTH,
    "model_not_found": ErrorClass.MODEL_NOT_FOUND,
    "content_policy_violation": ErrorClass.CONTENT_FILTER,
    # Azure
    "content_filter": ErrorClass.CONTENT_FILTER,
    "DeploymentNotFound": ErrorClass.MODEL_NOT_FOUND,
    # llama.cpp
    "exceed_context_size_error": ErrorClass.CONTEXT_LENGTH,
    # Groq
    "model_decommissioned": ErrorClass.MODEL_NOT_FOUND,
    "json_validate_failed": ErrorClass.BAD_RESPONSE,  # a 400, but the model broke its JSON, not we ours
    "tool_use_failed": ErrorClass.BAD_RESPONSE,  # likewise: the model called a tool in a form of its own
    # Mistral
    "unknown_model": ErrorClass.MODEL_NOT_FOUND,
    "invalid_model": ErrorClass.MODEL_NOT_FOUND,
    # Together
    "credit_limit": ErrorClass.QUOTA,
    "model_not_available": ErrorClass.MODEL_NOT_FOUND,
    # Z.ai
    "1113": ErrorClass.QUOTA,
    "1211": ErrorClass.MODEL_NOT_FOUND,
    "1261": ErrorClass.CONTEXT_LENGTH,
    "1301": ErrorClass.CONTENT_FILTER,
    # SiliconFlow
    "20012": ErrorClass.MODEL_NOT_FOUND,
}
"""Typed codes (`error.code`, `error.type`) that say more than the status; any other leaves it to the status."""

MESSAGES = {
    "maximum context length": ErrorClass.CONTEXT_LENGTH,  # DeepSeek, OpenRouter, vLLM and what is built on it
    "maximum prompt length is": ErrorClass.CONTEXT_LENGTH,  # xAI
    "too large for model with": ErrorClass.CONTEXT_LENGTH,  # Mistral
    "longer than the model's context length": ErrorClass.CONTEXT_LENGTH,  # Together, with status 403
    "must be less than max_seq_len": ErrorClass.CONTEXT_LENGTH,  # SiliconFlow
    "reduce the length of the messages": ErrorClass.CONTEXT_LENGTH,  # Groq
    "Incorrect API key provided": ErrorClass.AUTH,  # xAI answers a wrong key with 400
    "used all available credits": ErrorClass.QUOTA,  # xAI, with status 429
    "Model Not Exist": ErrorClass.MODEL_NOT_FOUND,  # DeepSeek
    "is not a valid model ID": ErrorClass.MODEL_NOT_FOUND,  # OpenRouter
    "has no provider supported": ErrorClass.MODEL_NOT_FOUND,  # ModelScope
    "Content Exists Risk": ErrorClass.CONTENT_FILTER,  # DeepSeek
}
"""Documented texts of providers that have no code for the case: the last resort."""


def classify(status: int, payload: dict[str, Any]) -> ErrorClass | None:
    """What an error response's typed codes say, or None where they say nothing."""
    if status >= 500:
        return None  # whatever a broken server says, it is a broken server
    error = payload.get("error") or payload.get("errors")  # the latter is ModelScope's
    details = error if isinstance(error, dict) else payload
    codes = [str(details[name]) for name in ("code", "type") if details.get(name) is not None]
    for code in codes:
        if code in CODES:
            return CODES[code]
    if "flagged_input" in as_object(details.get("metadata")):  # OpenRouter's moderation is a 403
        return ErrorClass.CONTENT_FILTER
    return _by_message(str(details.get("message") or error or ""))


def _by_message(text: str) -> ErrorClass | None:
    return next((error_class for part, error_class in MESSAGES.items() if part in text), None)

"""The class of an error of OpenAI's, and of providers that adopted its format."""

from typing import Any

from agentos.kernel import json_text
from agentos.kernel.errors import ErrorClass
from agentos.providers.answers import as_object, first_object
from agentos.providers.retry_info import error_details

CODES = {
    # OpenAI, and most providers that adopted its errors
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
    "content_policy_violation": ErrorClass.CONTENT_FILTER,  # OpenRouter's metadata.error_type too
    "invalid_prompt": ErrorClass.CONTENT_FILTER,  # "flagged as potentially violating our usage policy", a 400
    "bio_policy": ErrorClass.CONTENT_FILTER,
    "image_content_policy_violation": ErrorClass.CONTENT_FILTER,
    # Azure
    "content_filter": ErrorClass.CONTENT_FILTER,
    "DeploymentNotFound": ErrorClass.MODEL_NOT_FOUND,
    # llama.cpp
    "exceed_context_size_error": ErrorClass.CONTEXT_LENGTH,
    # Groq
    "model_decommissioned": ErrorClass.MODEL_NOT_FOUND,
    "json_validate_failed": ErrorClass.BAD_RESPONSE,  # a 400, but it is the model's JSON that is broken
    "tool_use_failed": ErrorClass.BAD_RESPONSE,  # a 400, but it is the model's call that is malformed
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
    # OpenRouter, in `metadata.error_type`
    "token_limit_exceeded": ErrorClass.CONTEXT_LENGTH,
    "authentication": ErrorClass.AUTH,
    "payment_required": ErrorClass.QUOTA,
    "provider_overloaded": ErrorClass.SERVER,
    "provider_unavailable": ErrorClass.SERVER,
    "refusal": ErrorClass.CONTENT_FILTER,
    "server": ErrorClass.SERVER,
    "timeout": ErrorClass.SERVER,
    # Google, at its OpenAI-compatible endpoint and behind gateways
    "API_KEY_INVALID": ErrorClass.AUTH,
    "FAILED_PRECONDITION": ErrorClass.QUOTA,
}
"""Typed codes that say more than the status. Any other code leaves the class to the status.

They stand in `error.code`, `error.type`, `error.status`, `error.details[].reason` and `error.metadata.error_type`.
"""

MESSAGES = {
    "maximum context length": ErrorClass.CONTEXT_LENGTH,  # DeepSeek, OpenRouter, vLLM and servers built on it
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
    "does not support tools": ErrorClass.REJECTED,  # Ollama
    # Anthropic, Gemini and Bedrock behind a gateway
    "prompt is too long": ErrorClass.CONTEXT_LENGTH,
    "exceeds the maximum number of tokens": ErrorClass.CONTEXT_LENGTH,
    "Input is too long": ErrorClass.CONTEXT_LENGTH,
    "credit balance is too low": ErrorClass.QUOTA,
}
"""Documented texts of providers that have no code for the case: the last resort."""

REASONS = {"does not support tools": "the model does not support tools"}
"""What the log says of some of these texts."""


def classify(status: int, payload: dict[str, Any]) -> ErrorClass | None:
    """The class that an error's typed codes or documented texts name; None leaves it to the status."""
    if status >= 500:
        return None  # a server that fails is to blame, whatever its error says
    return _named(payload) or _named(_cause(payload))


def reason(payload: dict[str, Any]) -> str | None:
    """What the log says of an error whose class does not say enough; None for most errors."""
    text = str(details_of(payload).get("message"))
    return next((ours for part, ours in REASONS.items() if part in text), None)


def _named(payload: dict[str, Any]) -> ErrorClass | None:
    """The class in a body's codes, or else in its text."""
    details = details_of(payload)
    metadata = as_object(details.get("metadata"))
    codes = [details.get("code"), details.get("type"), details.get("status"), metadata.get("error_type")]
    codes += [detail.get("reason") for detail in error_details(payload)]
    if by_code := next((CODES[code] for code in map(str, codes) if code in CODES), None):
        return by_code
    if "flagged_input" in metadata:  # OpenRouter's moderation, a 403
        return ErrorClass.CONTENT_FILTER
    text = str(details.get("message") or "")
    return next((error_class for part, error_class in MESSAGES.items() if part in text), None)


def details_of(payload: dict[str, Any]) -> dict[str, Any]:
    """The object that has the codes and the text: under `error`, ModelScope's `errors`, or the body itself."""
    error = payload.get("error") or payload.get("errors")
    return error if isinstance(error, dict) else {**payload, **({"message": error} if isinstance(error, str) else {})}


def _cause(payload: dict[str, Any]) -> dict[str, Any]:
    """The error that OpenRouter got from the provider behind it, in `metadata.raw`: an object, its JSON, or a text."""
    raw = as_object(details_of(payload).get("metadata")).get("raw")
    if not isinstance(raw, str):
        return first_object(raw)
    try:
        return first_object(json_text.parse_lenient(raw.encode(errors="replace"))) or {"message": raw}
    except ValueError:
        return {"message": raw}

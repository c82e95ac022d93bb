"""The class of an error of Anthropic's.

https://platform.claude.com/docs/en/api/errors
"""

from typing import Any

from agentos.kernel.errors import ErrorClass
from agentos.providers.answers import as_object

CODES = {
    "authentication_error": ErrorClass.AUTH,
    "permission_error": ErrorClass.AUTH,
    "billing_error": ErrorClass.QUOTA,
    "not_found_error": ErrorClass.MODEL_NOT_FOUND,
    "request_too_large": ErrorClass.CONTEXT_LENGTH,
    "rate_limit_error": ErrorClass.RATE_LIMITED,
    "exceed_context_size_error": ErrorClass.CONTEXT_LENGTH,  # llama.cpp's server, which has this format too
}
"""Typed codes (`error.type`). `invalid_request_error` leaves the class to the text, any other code to the status."""

MESSAGES = {
    "prompt is too long": ErrorClass.CONTEXT_LENGTH,
    "exceed context limit": ErrorClass.CONTEXT_LENGTH,
    "credit balance is too low": ErrorClass.QUOTA,
    "reached your specified API usage limits": ErrorClass.QUOTA,
    # "Preserved thinking": a check of the thoughts in a history. Another target gets the history without them.
    "bound to a different conversation": ErrorClass.BAD_RESPONSE,
}
"""Documented texts of an `invalid_request_error`, which has no finer code."""


def classify(status: int, payload: dict[str, Any]) -> ErrorClass | None:
    """The class that an error's typed codes or documented texts name; None leaves it to the status."""
    error = as_object(payload.get("error"))
    if error.get("type") == "overloaded_error":
        return ErrorClass.RATE_LIMITED  # with 529, and with 500 behind some gateways
    if status >= 500:
        return None
    text = str(error.get("message") or "")
    by_text = (error_class for part, error_class in MESSAGES.items() if part in text)
    return CODES.get(str(error.get("type"))) or next(by_text, None)

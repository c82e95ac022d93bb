"""Which class an error of Google's has, and how long it asks to wait."""

from typing import Any

from agentos.kernel.errors import ErrorClass
from agentos.providers.answers import as_object

CODES = {
    "API_KEY_INVALID": ErrorClass.AUTH,  # error.details[].reason; the status is 400
    "FAILED_PRECONDITION": ErrorClass.QUOTA,  # error.status: billing is off, or the region has no free tier
}
"""Typed codes that say more than the status."""

TOO_LONG = "exceeds the maximum number of tokens"
"""Documented text of a 400 for a prompt over the window; there is no code for it."""

RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"


def retry_delay(payload: dict[str, Any]) -> str | None:
    """Google names the pause in the body: `retryDelay: "33s"`, possibly with a fraction."""
    for detail in _details(as_object(payload.get("error"))):
        if detail.get("@type") == RETRY_INFO:
            return str(detail.get("retryDelay") or "").removesuffix("s") or None
    return None


def classify(status: int, payload: dict[str, Any]) -> ErrorClass | None:
    """What an error response's typed codes say, or None where they say nothing."""
    if status >= 500:
        return None
    error = as_object(payload.get("error"))
    codes = [detail.get("reason") for detail in _details(error)] + [error.get("status")]
    for code in map(str, codes):
        if code in CODES:
            return CODES[code]
    return ErrorClass.CONTEXT_LENGTH if TOO_LONG in str(error.get("message")) else None


def _details(error: dict[str, Any]) -> list[dict[str, Any]]:
    details = error.get("details")
    return [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []

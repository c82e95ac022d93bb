"""The class of an error of Google's."""

from typing import Any

from agentos.kernel.errors import ErrorClass
from agentos.providers.answers import as_object
from agentos.providers.retry_info import error_details

CODES = {
    "API_KEY_INVALID": ErrorClass.AUTH,  # error.details[].reason; the status is 400
    "FAILED_PRECONDITION": ErrorClass.QUOTA,  # error.status: billing is off, or the region has no free tier
}
"""Typed codes that say more than the status."""

TOO_LONG = "exceeds the maximum number of tokens"
"""Documented text of a 400 for a prompt that is longer than the window; there is no code for it."""


def classify(status: int, payload: dict[str, Any]) -> ErrorClass | None:
    """The class that an error's typed codes or documented text name; None leaves it to the status."""
    if status >= 500:
        return None
    error = as_object(payload.get("error"))
    codes = [detail.get("reason") for detail in error_details(payload)] + [error.get("status")]
    for code in map(str, codes):
        if code in CODES:
            return CODES[code]
    return ErrorClass.CONTEXT_LENGTH if TOO_LONG in str(error.get("message")) else None

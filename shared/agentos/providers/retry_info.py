"""The pause that an error body asks for, where the provider sends no `Retry-After` header."""

from typing import Any

from agentos.providers.answers import as_object

RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"


def retry_delay(payload: dict[str, Any]) -> str | None:
    """The seconds in Google's `error.details[].retryDelay`, such as `33s` or `0.5s`; None if there is none."""
    for detail in error_details(payload):
        if detail.get("@type") == RETRY_INFO:
            return str(detail.get("retryDelay") or "").removesuffix("s") or None
    return None


def error_details(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects in Google's `error.details` (https://google.aip.dev/193)."""
    details = as_object(payload.get("error")).get("details")
    return [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []

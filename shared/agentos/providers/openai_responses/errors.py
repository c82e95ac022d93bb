"""The class of an error of Responses: the codes of Chat Completions, and those of answers that failed.

https://developers.openai.com/api/reference/resources/responses/object (error)
"""

from typing import Any

from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.openai import errors as chat

FAILED = {
    "server_error": ErrorClass.SERVER,
    "vector_store_timeout": ErrorClass.SERVER,
    "misalignment_policy_violation": ErrorClass.CONTENT_FILTER,
    "invalid_request_error": ErrorClass.REJECTED,
    "data_residency_mismatch": ErrorClass.REJECTED,
    "invalid_image": ErrorClass.REJECTED,
    "invalid_image_format": ErrorClass.REJECTED,
    "invalid_base64_image": ErrorClass.REJECTED,
    "invalid_image_url": ErrorClass.REJECTED,
    "invalid_image_mode": ErrorClass.REJECTED,
    "image_too_large": ErrorClass.REJECTED,
    "image_too_small": ErrorClass.REJECTED,
    "image_parse_error": ErrorClass.REJECTED,
    "image_file_too_large": ErrorClass.REJECTED,
    "image_file_not_found": ErrorClass.REJECTED,
    "empty_image_file": ErrorClass.REJECTED,
    "unsupported_image_media_type": ErrorClass.REJECTED,
    "failed_to_download_image": ErrorClass.REJECTED,
}
"""Codes and types of an error that comes with status 200, where the status says nothing."""


def classify(status: int, payload: dict[str, Any]) -> ErrorClass | None:
    """The class that an error's typed codes or documented texts name; None leaves it to the status."""
    named = chat.classify(status, payload)
    if named or status != 200:
        return named
    details = chat.details_of(payload)
    return FAILED.get(str(details.get("code"))) or FAILED.get(str(details.get("type")))


def failure(payload: dict[str, Any]) -> UpstreamError:
    """The failure that a 200's body reports."""
    return UpstreamError(classify(200, payload) or ErrorClass.BAD_RESPONSE, "the response has failed", status=200)

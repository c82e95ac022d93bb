"""The class of an exception of Bedrock's."""

from typing import Any

from agentos.kernel.errors import ErrorClass

CODES = {
    "AccessDeniedException": ErrorClass.AUTH,
    "ExpiredTokenException": ErrorClass.AUTH,
    "UnrecognizedClientException": ErrorClass.AUTH,
    "InvalidSignatureException": ErrorClass.AUTH,
    "ResourceNotFoundException": ErrorClass.MODEL_NOT_FOUND,
    "ServiceQuotaExceededException": ErrorClass.QUOTA,
    "ThrottlingException": ErrorClass.RATE_LIMITED,
    "ModelNotReadyException": ErrorClass.SERVER,  # a 429, but the model may be ready a moment later
    "ModelTimeoutException": ErrorClass.SERVER,
    "ModelErrorException": ErrorClass.SERVER,  # a 424
    "ModelStreamErrorException": ErrorClass.SERVER,  # a 424, or in mid-stream
    "ServiceUnavailableException": ErrorClass.SERVER,
    "InternalServerException": ErrorClass.SERVER,
}
"""Types of exceptions, from the header `x-amzn-errortype`. `ValidationException` leaves the class to the text."""

MESSAGES = {
    "Input is too long": ErrorClass.CONTEXT_LENGTH,
    "prompt is too long": ErrorClass.CONTEXT_LENGTH,
    "model identifier is invalid": ErrorClass.MODEL_NOT_FOUND,
    "on-demand throughput isn": ErrorClass.MODEL_NOT_FOUND,  # such a model is called by its inference profile only
    "reached the end of its life": ErrorClass.MODEL_NOT_FOUND,
    "bound to a different conversation": ErrorClass.BAD_RESPONSE,  # Claude's check of the thoughts in a history
    "Too many tokens per day": ErrorClass.QUOTA,  # a ThrottlingException that no pause ends
}
"""Documented texts that say more than the type."""


def classify(status: int, payload: dict[str, Any]) -> ErrorClass | None:
    """The class that an exception's type or documented text names; None leaves it to the status."""
    text = str(payload.get("message") or payload.get("Message") or "")
    by_text = (error_class for part, error_class in MESSAGES.items() if part in text and status < 500)
    return next(by_text, None) or CODES.get(str(payload.get("__type")).rpartition("#")[2])

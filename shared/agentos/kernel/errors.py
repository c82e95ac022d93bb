"""Every error of the project, in two trees that never mix.

What a client is told. `endpoint.py` turns each into `{code, message, details, requestId}`:

    ApiError
    ├── InvalidRequest         400  invalid_request
    ├── Unsupported            400  unsupported
    ├── ProviderRejected       400  provider_rejected
    ├── ContextLengthExceeded  400  context_length_exceeded
    ├── NotFound               404  not_found
    ├── SessionBusy            409  session_busy
    ├── IdempotencyInFlight    409  idempotency_in_flight
    ├── ToolResultsPending     409  tool_results_pending
    ├── ToolCallNotOpen        409  tool_call_not_open
    ├── PreconditionFailed     412  precondition_failed
    ├── PayloadTooLarge        413  payload_too_large
    ├── ContentFiltered        422  content_filtered
    ├── IdempotencyMismatch    422  idempotency_mismatch
    ├── Throttled              429  throttled
    ├── Internal               500  internal
    │   └── Unanswered              the table gave no answer
    ├── UpstreamFailed         502  upstream_failed
    ├── NoProviderAvailable    503  no_provider_available
    └── DeadlineExceeded       504  deadline_exceeded

What one upstream call ended in. `routing/` decides what follows from its class; it never reaches a client:

    UpstreamError              .error_class is an ErrorClass

And a mistake in configuration, which stops the start:

    ConfigError
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

MAX_FIELD = 200
"""Characters of a field's path in an answer; a client's own names may be megabytes long."""


class ApiError(Exception):
    """Something to tell the client. `details` is JSON; `headers` go out with the response."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"

    def __init__(
        self,
        message: str,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = dict(details or {})
        self.headers = dict(headers or {})


class InvalidRequest(ApiError):
    """The request breaks the contract; `details.errors` lists `{field, message}`."""

    status, code = 400, "invalid_request"

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidRequest":
        """An error about one field, named by its path in the body, query or URL."""
        field = field[:MAX_FIELD]
        return cls(f"{field}: {message}", {"errors": [{"field": field, "message": message}]})


class Unsupported(ApiError):
    """No target, or nothing in this version, can do what was asked."""

    status, code = 400, "unsupported"


class ProviderRejected(ApiError):
    """The provider found fault with the request itself, so another would too."""

    status, code = 400, "provider_rejected"


class ContextLengthExceeded(ApiError):
    """The conversation is longer than every window that was left to try."""

    status, code = 400, "context_length_exceeded"


class NotFound(ApiError):
    """No such thing, or not in this tenant: the two are not told apart."""

    status, code = 404, "not_found"


class SessionBusy(ApiError):
    """Another turn of the session is running."""

    status, code = 409, "session_busy"


class IdempotencyInFlight(ApiError):
    """The first request with this Idempotency-Key is still being answered."""

    status, code = 409, "idempotency_in_flight"


class ToolResultsPending(ApiError):
    """The model waits for results of tool calls; `details.toolCallIds` lists them."""

    status, code = 409, "tool_results_pending"


class ToolCallNotOpen(ApiError):
    """A result for a call that nobody waits for: unknown, or answered already."""

    status, code = 409, "tool_call_not_open"


class PreconditionFailed(ApiError):
    """What was to be changed is not what the client had seen (`If-Match`)."""

    status, code = 412, "precondition_failed"


class PayloadTooLarge(ApiError):
    """Larger than the gateway, the function or the table can take."""

    status, code = 413, "payload_too_large"


class ContentFiltered(ApiError):
    """The provider refused to answer for reasons of safety."""

    status, code = 422, "content_filtered"


class IdempotencyMismatch(ApiError):
    """The Idempotency-Key was used before, with another body."""

    status, code = 422, "idempotency_mismatch"


class Throttled(ApiError):
    """The table or the gateway asks to slow down."""

    status, code = 429, "throttled"


class Internal(ApiError):
    """A fault of ours; the log has it under the request's id."""


class Unanswered(Internal):
    """The table gave no answer; whether it did what it was asked is not known."""


class UpstreamFailed(ApiError):
    """Every target was tried and failed; `details.attempts` tells how."""

    status, code = 502, "upstream_failed"


class NoProviderAvailable(ApiError):
    """Nothing could be tried; `details.skipped` tells why."""

    status, code = 503, "no_provider_available"


class DeadlineExceeded(ApiError):
    """The turn's time ran out while targets were still untried."""

    status, code = 504, "deadline_exceeded"


class ErrorClass(StrEnum):
    """What an upstream call can end in; `routing/policy.py` says what follows from each."""

    AUTH = "auth"
    QUOTA = "quota"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    CONNECT = "connect"
    SERVER = "server"
    BAD_RESPONSE = "bad_response"
    MODEL_NOT_FOUND = "model_not_found"
    CONTEXT_LENGTH = "context_length"
    CONTENT_FILTER = "content_filter"
    REJECTED = "rejected"


class UpstreamError(Exception):
    """One failed upstream call.

    Holds the provider's status and its waiting hints as they were sent, and a `reason` of our own
    words. The provider's text stays out, since it may quote keys or the conversation.
    """

    def __init__(
        self,
        error_class: ErrorClass,
        reason: str,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{error_class}: {reason}")
        self.error_class = error_class
        self.reason = reason
        self.status = status
        self.headers = headers or {}


class ConfigError(Exception):
    """A mistake in configuration; the message names file, key and reason."""

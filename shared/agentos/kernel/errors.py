"""Every error of the project. There are two separate trees.

Errors for the client. `api/endpoint.py` turns each into `{code, message, details, requestId}`:

    ApiError
    ├── InvalidRequest         400  invalid_request
    ├── Unsupported            400  unsupported
    ├── ProviderRejected       400  provider_rejected
    ├── ContextLengthExceeded  400  context_length_exceeded
    ├── PreviousResponseNotFound  400  previous_response_not_found
    ├── Unauthorized           401  unauthorized
    ├── Unpriced               402  unpriced
    ├── Forbidden              403  forbidden
    ├── NotFound               404  not_found
    ├── SessionBusy            409  session_busy
    ├── IdempotencyInFlight    409  idempotency_in_flight
    ├── ToolResultsPending     409  tool_results_pending
    ├── ToolCallNotOpen        409  tool_call_not_open
    ├── PreconditionFailed     412  precondition_failed
    ├── PayloadTooLarge        413  payload_too_large
    ├── ContentFiltered        422  content_filtered
    ├── IdempotencyMismatch    422  idempotency_mismatch
    ├── BudgetExceeded         429  budget_exceeded
    ├── Throttled              429  throttled
    ├── Internal               500  internal
    ├── UpstreamFailed         502  upstream_failed
    ├── NoProviderAvailable    503  no_provider_available
    ├── Unavailable            503  unavailable
    └── DeadlineExceeded       504  deadline_exceeded

A failed upstream call. `routing/` decides by its class what follows. It never reaches a client:

    UpstreamError              .error_class is an ErrorClass

A mistake in the configuration, which stops the start:

    ConfigError
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

MAX_FIELD = 200
"""The longest field path in an error, in characters. A client's own names may be megabytes long."""


class ApiError(Exception):
    """An error for the client. `details` is JSON. `headers` are added to the response."""

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
    """The request is not valid. `details.errors` lists `{field, message}`."""

    status, code = 400, "invalid_request"

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidRequest":
        """An error about one field, named by its path in the body, query or URL."""
        field = field[:MAX_FIELD]
        return cls(f"{field}: {message}", {"errors": [{"field": field, "message": message}]})

    def within(self, field: str) -> "InvalidRequest":
        """The same error where what is wrong is a part of the request, named by its own path."""
        errors = [{**one, "field": f"{field}.{one['field']}"[:MAX_FIELD]} for one in self.details.get("errors", ())]
        return InvalidRequest(f"{field}.{self.message}", {**self.details, "errors": errors})


class Unsupported(ApiError):
    """No target can do what the request needs, or this version cannot."""

    status, code = 400, "unsupported"


class ProviderRejected(ApiError):
    """Every provider that was asked found fault with the request itself."""

    status, code = 400, "provider_rejected"


class ContextLengthExceeded(ApiError):
    """The conversation is longer than the context window of every target that was left."""

    status, code = 400, "context_length_exceeded"


class PreviousResponseNotFound(ApiError):
    """The response to go on from does not exist, or it has no answer yet."""

    status, code = 400, "previous_response_not_found"


class Unauthorized(ApiError):
    """The request has no key, or one that is unknown, expired or revoked. The error does not say which."""

    status, code = 401, "unauthorized"


class Unpriced(ApiError):
    """A budget applies, and what a call may cost is not known. `details.skipped` lists the targets."""

    status, code = 402, "unpriced"


class Forbidden(ApiError):
    """The caller is known and may not do this. `details.scope` is the scope that is missing; or `details.skipped` lists
    the models that the key does not allow."""

    status, code = 403, "forbidden"


class NotFound(ApiError):
    """The thing does not exist, or it belongs to another tenant. The error does not say which."""

    status, code = 404, "not_found"


class SessionBusy(ApiError):
    """Another turn of the session is running."""

    status, code = 409, "session_busy"


class IdempotencyInFlight(ApiError):
    """The first request with this Idempotency-Key is still being answered."""

    status, code = 409, "idempotency_in_flight"


class ToolResultsPending(ApiError):
    """The model waits for the results of tool calls. `details.toolCallIds` lists the calls."""

    status, code = 409, "tool_results_pending"


class ToolCallNotOpen(ApiError):
    """A tool result for a call that is unknown or has its result already."""

    status, code = 409, "tool_call_not_open"


class PreconditionFailed(ApiError):
    """The agent has changed since the client read it (`If-Match`)."""

    status, code = 412, "precondition_failed"


class PayloadTooLarge(ApiError):
    """The request is larger than the gateway, the function or the table accepts."""

    status, code = 413, "payload_too_large"


class ContentFiltered(ApiError):
    """The provider withheld the answer for safety reasons."""

    status, code = 422, "content_filtered"


class IdempotencyMismatch(ApiError):
    """The Idempotency-Key was used before with another body."""

    status, code = 422, "idempotency_mismatch"


class BudgetExceeded(ApiError):
    """No target's call fits the budget. `details` is the budget as `GET /budgets/…` gives it."""

    status, code = 429, "budget_exceeded"


class Throttled(ApiError):
    """The table or the gateway is over its limit."""

    status, code = 429, "throttled"


class Internal(ApiError):
    """An error of this service. The log has the details under the request's id."""


class UpstreamFailed(ApiError):
    """Every target was tried and failed. `details.attempts` has the outcomes."""

    status, code = 502, "upstream_failed"


class NoProviderAvailable(ApiError):
    """No target could be tried. `details.skipped` has the reasons."""

    status, code = 503, "no_provider_available"


class Unavailable(ApiError):
    """The table or the queue did not answer, or refused. Whether a write was done may be unknown."""

    status, code = 503, "unavailable"


class DeadlineExceeded(ApiError):
    """The turn's time ended before every target was tried."""

    status, code = 504, "deadline_exceeded"


class ErrorClass(StrEnum):
    """The classes of upstream failures. `routing/policy.py` says what follows from each."""

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

    It holds the provider's status and `Retry-After` headers as they were sent, and a `reason` in our own words. The
    provider's text is left out, because it may quote keys or the conversation. `notes` say
    what of the request was changed or left out for this provider.
    """

    notes: tuple[str, ...] = ()

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
        self.tokens: Any = None
        """What the provider counted for the failed call, if it did (a `TokenCount`): it is billed all the same."""
        self.excused = False
        """Whether the failure says nothing of the target's health, whatever its class."""


class ConfigError(Exception):
    """A mistake in the configuration. The message names the file, the key and the reason."""

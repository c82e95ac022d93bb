"""The only code that knows API Gateway: event to call, result to response, error to status.

A handler is declared, not programmed:

    @endpoint(body=NewAgent, status=201)
    def handler(request: NewAgent, call: Call) -> Agent:
        return agents().create(call.tenant, request)

Without `body` the handler takes the call alone. What it returns goes out as JSON (a `Value`, or an
`Answer` to add headers, a `Stream` in pieces; None has no body); an `ApiError` that it raises goes out as
`{code, message, details, requestId}`; anything else is logged with its traceback and goes out as
`internal`.
"""

import base64
import binascii
import functools
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar, overload

from pydantic import BaseModel

from agentos import json_text
from agentos.clock import Clock, Deadline
from agentos.domain import IdempotencyKey, TurnState
from agentos.errors import ApiError, Internal, InvalidRequest, PayloadTooLarge
from agentos.observe import logger
from agentos.outlet import Outlet, Stream
from agentos.requests import validated
from agentos.values import Value

B = TypeVar("B", bound=BaseModel)
Event = dict[str, Any]
Response = dict[str, Any]

MAX_BODY_BYTES = 6 * 1024 * 1024
"""Lambda's own bound on a synchronous payload; API Gateway's is 10 MB."""

DEFAULT_TENANT = "default"
ASYNC = "respond-async"
EVENTS = "text/event-stream"
_IDEMPOTENCY_KEY = re.compile(r"[\x20-\x7e]{1,255}")
_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")


class LambdaContext(Protocol):
    """What is used of Lambda's context object."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True)
class PageQuery:
    """The paging part of a query string, as it was asked for; None leaves it to the list."""

    limit: int
    after: str | None
    order: Literal["asc", "desc"] | None


@dataclass(frozen=True)
class Call:
    """What an endpoint knows of its caller beside the body."""

    tenant: str
    request_id: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    deadline: Deadline
    route: str = ""
    body: Any = None

    def idempotency_key(self) -> IdempotencyKey | None:
        """What `Idempotency-Key` and the body say, scoped to the concrete path. Raises InvalidRequest."""
        key = self.headers.get("idempotency-key")
        if key is None:
            return None
        if not _IDEMPOTENCY_KEY.fullmatch(key):
            raise InvalidRequest.of("Idempotency-Key", "must be 1 to 255 printable characters of ASCII")
        # What means the same is the same body, however a client's library orders or spaces it.
        body = json.dumps(self.body, sort_keys=True)
        return IdempotencyKey(name=_hash([self.route, sorted(self.path.items()), key]), body=_hash(body))

    def prefers_async(self) -> bool:
        """Whether `Prefer` says `respond-async` (RFC 7240, 4.1)."""
        return ASYNC in self._listed("prefer")

    def wants_stream(self) -> bool:
        """Whether the answer is wanted in pieces: `stream` if that is in the query, else what `Accept` says.

        Raises InvalidRequest.
        """
        asked = self.query.get("stream")
        if asked is None:
            return EVENTS in self._listed("accept")
        if asked not in ("true", "false"):
            raise InvalidRequest.of("stream", "must be true or false")
        return asked == "true"

    def last_event(self) -> int | None:
        """`Last-Event-ID`, the number of the last event that has been seen; None without one. Raises InvalidRequest."""
        text = self.headers.get("last-event-id")
        if text is None:
            return None
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise InvalidRequest.of("Last-Event-ID", "must be the number of an event")
        if "idempotency-key" not in self.headers:
            raise InvalidRequest.of("Last-Event-ID", "needs the Idempotency-Key of the request that it goes on with")
        return int(text)

    def page(self) -> PageQuery:
        """`limit` (1 to 100, default 20), `after`, `order`. Raises InvalidRequest."""
        text = self.query.get("limit", "20")
        limit = int(text) if re.fullmatch(r"[0-9]{1,3}", text) else 0
        if not 1 <= limit <= 100:
            raise InvalidRequest.of("limit", "must be a whole number from 1 to 100")
        order = self.query.get("order")
        if order is not None and order not in ("asc", "desc"):
            raise InvalidRequest.of("order", "must be asc or desc")
        return PageQuery(limit, self.query.get("after"), order)  # type: ignore[arg-type]

    def version(self) -> int | None:
        """`version`, a whole number from 1; None leaves it to the latest. Raises InvalidRequest."""
        text = self.query.get("version")
        if text is None:
            return None
        if not re.fullmatch(r"[1-9][0-9]{0,11}", text):
            raise InvalidRequest.of("version", "must be a whole number from 1")
        return int(text)

    def _listed(self, header: str) -> set[str]:
        """What a header lists, parted by commas, without parameters and in lower case."""
        return {one.partition(";")[0].strip().lower() for one in self.headers.get(header, "").split(",")}


@dataclass(frozen=True)
class Answer:
    """A result with headers of its own."""

    value: Value
    headers: Mapping[str, str]
    status: int | None = None
    """None leaves it at the endpoint's."""


def accepted(turn: TurnState) -> Answer:
    """What is done later, and where to ask about it."""
    return Answer(turn, {"location": turn.location, "preference-applied": ASYNC}, 202)


Result = Value | Answer | Stream | None
Envelope = Callable[[ApiError, str], dict[str, Any]]
"""An error's JSON, out of the error and the request's id."""

Handler = Callable[[Event, LambdaContext], Response]


def _envelope(error: ApiError, request_id: str) -> dict[str, Any]:
    return {"code": error.code, "message": error.message, "details": error.details, "requestId": request_id}


@overload
def endpoint(*, status: int = 200, envelope: Envelope = _envelope) -> Callable[[Callable[[Call], Result]], Handler]: ...
@overload
def endpoint(
    *, body: type[B], status: int = 200, envelope: Envelope = _envelope
) -> Callable[[Callable[[B, Call], Result]], Handler]: ...
def endpoint(
    *, body: type[BaseModel] | None = None, status: int = 200, envelope: Envelope = _envelope
) -> Callable[..., Handler]:
    """Make a Lambda handler of a function that takes (request, call), or (call) where there is no body."""

    def decorate(function: Callable[..., Result]) -> Handler:
        @functools.wraps(function)
        def handler(event: Event, context: LambdaContext) -> Response:
            request_id = _request_id(event, context)
            logger.thread_safe_append_keys(request_id=request_id)
            try:
                document = None if body is None else _document(event)
                call = _call(event, context, request_id, document)
                arguments = (call,) if body is None else (validated(body, document), call)
                result = function(*arguments)
                if isinstance(result, Stream):
                    return _streamed(result, context, request_id, envelope)
                return _response(status, result, request_id)
            except Exception as error:
                return _failure(_told(error), request_id, envelope)

        return handler

    return decorate


def _told(error: Exception) -> ApiError:
    """What the client is told of it."""
    if isinstance(error, ApiError):
        return error
    logger.error("unhandled error", exc_info=error)
    return Internal("Something went wrong on our side.")


def _streamed(stream: Stream, context: LambdaContext, request_id: str, envelope: Envelope) -> Response:
    """The response in pieces. Raises what keeps it from its first."""
    headers = {"content-type": stream.content_type, "cache-control": "no-store", "x-request-id": request_id}
    outlet = Outlet(getattr(context, "open_stream", None), headers)
    try:
        stream.run(outlet)
    except Exception as error:
        if not outlet.opened:
            raise
        stream.fail(envelope(_told(error), request_id))
    return outlet.response()


def _call(event: Event, context: LambdaContext, request_id: str, document: Any) -> Call:
    authorizer = event["requestContext"].get("authorizer") or {}
    return Call(
        tenant=authorizer.get("tenant") or DEFAULT_TENANT,
        request_id=request_id,
        path=event.get("pathParameters") or {},
        query=event.get("queryStringParameters") or {},
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        deadline=Deadline.after(
            context.get_remaining_time_in_millis() / 1000,
            Clock(),
            # Lambda cannot tell that a client has hung up; a host that can says so here.
            getattr(context, "client_gone", lambda: False),
        ),
        route=f"{event['httpMethod']} {event['resource']}",
        body=document,
    )


def _request_id(event: Event, context: LambdaContext) -> str:
    """The client's `x-request-id` where it is fit to be a header, else API Gateway's, else Lambda's."""
    for name, value in (event.get("headers") or {}).items():
        if name.lower() == "x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value)
    return str(event.get("requestContext", {}).get("requestId") or context.aws_request_id)


def _document(event: Event) -> Any:
    """The body's JSON; an absent one counts as `{}`."""
    try:
        return json_text.parse(_body(event) or b"{}")
    except json_text.JsonError as error:
        raise InvalidRequest.of(error.path or "body", str(error)) from error


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:40]


def _body(event: Event) -> bytes:
    text = event.get("body") or ""
    try:
        body = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode("utf-8")
    except (binascii.Error, UnicodeEncodeError) as error:
        raise InvalidRequest.of("body", "is not UTF-8 text") from error
    if len(body) > MAX_BODY_BYTES:
        raise PayloadTooLarge(f"The body is larger than {MAX_BODY_BYTES} bytes.")
    return body


def _response(status: int, result: Value | Answer | None, request_id: str) -> Response:
    named = {"x-request-id": request_id}
    if result is None:
        return _json(status, None, named)
    answer = result if isinstance(result, Answer) else Answer(result, {})
    return _json(answer.status or status, answer.value.to_json(), {**named, **answer.headers})


def _failure(error: ApiError, request_id: str, envelope: Envelope) -> Response:
    return _json(error.status, envelope(error, request_id), {"x-request-id": request_id, **error.headers})


def _json(status: int, body: dict[str, Any] | None, headers: Mapping[str, str]) -> Response:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", **headers},
        "body": "" if body is None else json_text.dump(body),
        "isBase64Encoded": False,
    }

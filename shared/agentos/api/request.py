"""A request as an endpoint sees it: caller, path, query, headers, deadline."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from agentos.api.callers import Credentials
from agentos.domain import IdempotencyKey
from agentos.domain.callers import Caller
from agentos.kernel import json_text
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import MAX_FIELD, InvalidRequest, PayloadTooLarge, Unsupported
from agentos.kernel.validation import MAX_FINDINGS

ProxyEvent = dict[str, Any]
"""API Gateway's event for a Lambda function, payload version 1.0."""

MAX_BODY_BYTES = 6 * 1024 * 1024
"""Lambda's limit for a synchronous payload. API Gateway's own limit is 10 MB."""

PAGE_PARAMETERS = ("limit", "after", "order")
"""What `Request.page` reads from the query string."""

RESPOND_ASYNC = "respond-async"
EVENT_STREAM = "text/event-stream"
CSV = "text/csv"

_IDEMPOTENCY_KEY = re.compile(r"[\x20-\x7e]{1,255}")
_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")


class LambdaContext(Protocol):
    """The part of Lambda's context object that is used."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


class PageQuery(NamedTuple):
    """The paging parameters of a query string. None leaves the choice to the list."""

    limit: int
    after: str | None
    order: Literal["asc", "desc"] | None


class Request(NamedTuple):
    """An HTTP request. Header names are lower case; `path` holds the path parameters; `body` is the parsed JSON.

    `base_path` precedes every path of the API in the client's URLs: a stage such as `/v1`, or a custom domain's base
    path. It is empty where there is none.
    """

    caller: Caller
    request_id: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    deadline: Deadline
    route: str = ""
    body: Any = None
    base_path: str = ""

    @property
    def tenant(self) -> str:
        """Whose data the request may see."""
        return self.caller.tenant

    def idempotency_key(self) -> IdempotencyKey | None:
        """The `Idempotency-Key`, valid for this path and body only; None without one. Raises InvalidRequest."""
        key = self.headers.get("idempotency-key")
        if key is None:
            return None
        if not _IDEMPOTENCY_KEY.fullmatch(key):
            raise InvalidRequest.of("Idempotency-Key", "must be 1 to 255 printable characters of ASCII")
        # Two bodies are the same if their JSON values are equal, whatever the order of fields and the white space.
        body = json.dumps(self.body, sort_keys=True)
        return IdempotencyKey(name=_hash([self.route, sorted(self.path.items()), key]), body=_hash(body))

    def refuse_idempotency_key(self, why: str) -> None:
        """Raises Unsupported where the request has an `Idempotency-Key`, which promises the same answer again."""
        if "idempotency-key" in self.headers:
            raise Unsupported(f"Idempotency-Key is not taken here: {why}.")

    def prefers_async(self) -> bool:
        """Whether the `Prefer` header contains `respond-async` (RFC 7240, section 4.1)."""
        return RESPOND_ASYNC in self._values("prefer")

    def wants_stream(self) -> bool:
        """Whether the response should be streamed: `stream` in the query decides, else `Accept`.

        Raises InvalidRequest.
        """
        stream = self.query.get("stream")
        if stream is None:
            return EVENT_STREAM in self._values("accept")
        if stream not in ("true", "false"):
            raise InvalidRequest.of("stream", "must be true or false")
        return stream == "true"

    def wants_csv(self) -> bool:
        """Whether the response should be CSV: `format` in the query decides, else `Accept`. Raises InvalidRequest."""
        form = self.query.get("format")
        if form is None:
            return CSV in self._values("accept")
        if form not in ("csv", "json"):
            raise InvalidRequest.of("format", "must be csv or json")
        return form == "csv"

    def last_event(self) -> int | None:
        """`Last-Event-ID`: the number of the last event that the client received, or None. Raises InvalidRequest."""
        text = self.headers.get("last-event-id")
        if text is None:
            return None
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise InvalidRequest.of("Last-Event-ID", "must be the number of an event")
        if "idempotency-key" not in self.headers:
            raise InvalidRequest.of("Last-Event-ID", "needs the Idempotency-Key of the request that it continues")
        return int(text)

    def refuse_other_parameters(self, allowed: Sequence[str]) -> None:
        """Raises InvalidRequest that names every parameter of the query string that is none of these.

        A misspelt filter that was ignored would list what nobody asked for. `name.*` allows whatever begins with
        `name.`.
        """
        message = f"is not a known parameter; {', '.join(allowed)} are"
        begins = tuple(name.removesuffix("*") for name in allowed if name.endswith(".*"))
        other = [name for name in self.query if name not in allowed and not name.startswith(begins)]
        unknown = [{"field": name[:MAX_FIELD], "message": message} for name in other]
        if unknown:
            raise InvalidRequest(f"{unknown[0]['field']}: {message}", {"errors": unknown[:MAX_FINDINGS]})

    def below(self, name: str) -> dict[str, str]:
        """The parameters of the query string that are called `name.` and something, by what follows."""
        begin = f"{name}."
        return {key.removeprefix(begin): text for key, text in self.query.items() if key.startswith(begin)}

    def page(self) -> PageQuery:
        """`limit` (1 to 100, default 20), `after` and `order`. Raises InvalidRequest."""
        text = self.query.get("limit", "20")
        limit = int(text) if re.fullmatch(r"[0-9]{1,3}", text) else 0
        if not 1 <= limit <= 100:
            raise InvalidRequest.of("limit", "must be a whole number from 1 to 100")
        order = self.query.get("order")
        if order is not None and order not in ("asc", "desc"):
            raise InvalidRequest.of("order", "must be asc or desc")
        return PageQuery(limit, self.query.get("after"), order)  # type: ignore[arg-type]

    def version(self) -> int | None:
        """`version`, a whole number from 1; None means the latest. Raises InvalidRequest."""
        text = self.query.get("version")
        if text is None:
            return None
        if not re.fullmatch(r"[1-9][0-9]{0,11}", text):
            raise InvalidRequest.of("version", "must be a whole number from 1")
        return int(text)

    def _values(self, header: str) -> set[str]:
        """A header's comma-separated values in lower case, without their parameters."""
        return {value.partition(";")[0].strip().lower() for value in self.headers.get(header, "").split(",")}


def request_of(event: ProxyEvent, context: LambdaContext, request_id: str, caller: Caller, body: Any) -> Request:
    """The request in API Gateway's event, with its parsed body. Raises InvalidRequest where it is no such event."""
    method, resource = event.get("httpMethod"), event.get("resource")
    if not isinstance(method, str) or not isinstance(resource, str):
        raise InvalidRequest("The event is none of API Gateway's: httpMethod or resource is missing.")
    names = re.findall(r"\{(\w+)\+?\}", resource)
    path = texts_of(event, "pathParameters")
    if missing := [name for name in names if name not in path]:
        raise InvalidRequest.of(missing[0], "is missing in the path")
    return Request(
        caller=caller,
        request_id=request_id,
        path=path,
        query=texts_of(event, "queryStringParameters"),
        headers=headers_of(event),
        deadline=Deadline.after(
            context.get_remaining_time_in_millis() / 1000,
            Clock(),
            # Lambda does not know when a client disconnects. A host that does says so here.
            getattr(context, "client_gone", lambda: False),
        ),
        route=f"{method} {resource}",
        body=body,
        base_path=_base_path(event),
    )


def _base_path(event: ProxyEvent) -> str:
    """What the client's path has before the resource, which may have no greedy parameter.

    `requestContext.path` is the path as the client sent it, with the stage or the base path; `path` lacks the stage.
    sam local puts the resource there.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """
    segments = str(_object(event, "requestContext").get("path") or "").removesuffix("/").split("/")
    return "/".join(segments[: -event["resource"].count("/")])


def request_id_of(event: ProxyEvent, context: LambdaContext) -> str:
    """The client's `x-request-id` if it is a valid header value, else API Gateway's id, else Lambda's."""
    for name, value in texts_of(event, "headers").items():
        if name.lower() == "x-request-id" and _REQUEST_ID.fullmatch(value):
            return value
    return str(_object(event, "requestContext").get("requestId") or context.aws_request_id)


def json_body(event: ProxyEvent) -> Any:
    """The body's JSON; a missing body counts as `{}`. Raises InvalidRequest, PayloadTooLarge."""
    try:
        return json_text.parse(_body_bytes(event) or b"{}")
    except json_text.JsonError as error:
        raise InvalidRequest.of(error.path or "body", str(error)) from error


def credentials_of(event: ProxyEvent) -> Credentials:
    """What the event has to say who sent it."""
    context = _object(event, "requestContext")
    return Credentials(headers_of(event), _object(context, "authorizer"), _object(context, "identity"))


def headers_of(event: ProxyEvent) -> dict[str, str]:
    """The request's headers by their names in lower case."""
    return {name.lower(): value for name, value in texts_of(event, "headers").items()}


def _object(event: ProxyEvent, name: str) -> dict[str, Any]:
    """A field of the event that is an object; whatever else it is counts as an empty one."""
    value = event.get(name)
    return value if isinstance(value, dict) else {}


def texts_of(event: ProxyEvent, name: str) -> dict[str, str]:
    """A field of the event that maps names to texts, without whatever is no text."""
    return {key: value for key, value in _object(event, name).items() if isinstance(value, str)}


def _body_bytes(event: ProxyEvent) -> bytes:
    text = event.get("body") or ""
    if not isinstance(text, str):
        raise InvalidRequest.of("body", "is not text")
    try:
        body = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode("utf-8")
    except (binascii.Error, UnicodeEncodeError) as error:
        raise InvalidRequest.of("body", "is not UTF-8 text") from error
    if len(body) > MAX_BODY_BYTES:
        raise PayloadTooLarge(f"The body is larger than {MAX_BODY_BYTES} bytes.")
    return body


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:40]

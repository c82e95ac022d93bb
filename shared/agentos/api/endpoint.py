"""Turns a function into a Lambda handler behind API Gateway.

    @endpoint(access_control, "agents:write", body=NewAgent, status=201)
    def handler(body: NewAgent, request: Request) -> Agent:
        return agent_writer().create(request.tenant, body)

`access_control` builds what says who may send a request, and "agents:write" is the scope that the caller must have.
Without `body` the function takes the request alone. Its result becomes the response:

    a Value               JSON with the endpoint's status
    a Response            the same, with headers and perhaps a status of its own
    a TextResponse        a text of its own media type
    a StreamingResponse   written piece by piece
    None                  no body

An ApiError becomes `{code, message, details, requestId}` with the error's status. Any other exception is logged with
its traceback and becomes a 500 `internal`.
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar, overload

from pydantic import BaseModel

from agentos.api.access_control import AccessControl
from agentos.api.initialization import build_what_is_used
from agentos.api.observed import observed
from agentos.api.request import (
    PAGE_PARAMETERS,
    LambdaContext,
    ProxyEvent,
    Request,
    credentials_of,
    json_body,
    request_id_of,
    request_of,
)
from agentos.api.response import (
    Convention,
    Envelope,
    ProxyResponse,
    Response,
    TextResponse,
    accepted_turn,
    error_json,
    rendered,
    rendered_error,
)
from agentos.api.response_writer import ResponseWriter, StreamingResponse
from agentos.domain.callers import Access
from agentos.domain.measures import measure
from agentos.kernel.errors import ApiError, Internal
from agentos.kernel.logs import logger
from agentos.kernel.validation import validated
from agentos.kernel.values import Value

__all__ = ["PAGE_PARAMETERS", "Handler", "Request", "Response", "accepted_turn", "endpoint"]

B = TypeVar("B", bound=BaseModel)
Result = Value | Response | TextResponse | StreamingResponse | None
Handler = Callable[[ProxyEvent, LambdaContext], ProxyResponse]
ConventionOf = Callable[[Mapping[str, str]], Convention]
"""The convention of a request's answer, by the request's headers."""


class Declared(NamedTuple):
    """What `endpoint` was given, as the handler's attribute `declared`. The OpenAPI document is made from it."""

    access: Access
    body: type[BaseModel] | None
    status: int
    query: tuple[str, ...] | None


@overload
def endpoint(
    access_control: Callable[[], AccessControl],
    access: Access,
    *,
    status: int = 200,
    query: Iterable[str] | None = None,
    envelope: Envelope = error_json,
    convention: ConventionOf | None = None,
) -> Callable[[Callable[[Request], Result]], Handler]: ...
@overload
def endpoint(
    access_control: Callable[[], AccessControl],
    access: Access,
    *,
    body: type[B],
    status: int = 200,
    query: Iterable[str] | None = None,
    envelope: Envelope = error_json,
    convention: ConventionOf | None = None,
) -> Callable[[Callable[[B, Request], Result]], Handler]: ...
def endpoint(
    access_control: Callable[[], AccessControl],
    access: Access,
    *,
    body: type[BaseModel] | None = None,
    status: int = 200,
    query: Iterable[str] | None = None,
    envelope: Envelope = error_json,
    convention: ConventionOf | None = None,
) -> Callable[..., Handler]:
    """A decorator for a function that takes (body, request), or (request) where there is no `body`.

    `access` is what the caller must be allowed; who that is, is found out before the body is read.
    `query` are the only parameters that the query string may have; None allows any. `envelope` makes an error's JSON.
    `convention` tells, by the request's headers, in whose way it is answered; it replaces `envelope`.
    """
    allowed = None if query is None else tuple(query)

    def decorate(function: Callable[..., Result]) -> Handler:
        @functools.wraps(function)
        def handler(event: ProxyEvent, context: LambdaContext) -> ProxyResponse:
            request_id = request_id_of(event, context)
            credentials, control = credentials_of(event), access_control()
            chosen = Convention(envelope) if convention is None else convention(credentials.headers)
            own = chosen.headers(request_id)
            headers = {"x-request-id": request_id, **own, **control.response_headers(credentials.headers)}

            def respond() -> ProxyResponse:
                try:
                    caller = control.admitted(credentials, access)
                    document = None if body is None else json_body(event)
                    request = request_of(event, context, request_id, caller, document)
                    if allowed is not None:
                        request.refuse_other_parameters(allowed)
                    arguments = (request,) if body is None else (validated(body, document), request)
                    result = function(*arguments)
                    if isinstance(result, StreamingResponse):
                        return _stream(result, context, headers, lambda error: chosen.envelope(error, request_id))
                    return rendered(status, result, headers)
                except Exception as error:
                    client_error = _client_error(error)
                    return rendered_error(client_error, chosen.envelope(client_error, request_id), headers)

            return observed(event, context, request_id, respond)

        callers = () if access == "open" else (lambda: access_control().callers(),)
        build_what_is_used(function, *callers, *(() if body is None else (body.model_rebuild,)))
        vars(handler)["declared"] = Declared(access, body, status, allowed)
        return handler

    return decorate


def _client_error(error: Exception) -> ApiError:
    """The error that the client gets, measured. An unexpected exception is logged and becomes Internal."""
    if not isinstance(error, ApiError):
        logger.error("unhandled error", exc_info=error)
        error = Internal("Something went wrong on our side.")
    measure({"FailedRequests" if error.status >= 500 else "RefusedRequests": 1}, {"code": error.code})
    return error


def _stream(
    stream: StreamingResponse, context: Any, headers: Mapping[str, str], body_of: Callable[[ApiError], dict[str, Any]]
) -> ProxyResponse:
    """Write the response piece by piece. Raises whatever fails before the first piece.

    `headers`: those of every response. `body_of`: an error's JSON.
    """
    headers = {"content-type": stream.content_type, "cache-control": "no-store", **headers}
    writer = ResponseWriter(getattr(context, "open_stream", None), headers, stream.keep_alive_seconds, stream.ping)
    try:
        stream.run(writer)
    except Exception as error:
        if not writer.opened:
            raise
        stream.fail(body_of(_client_error(error)))
    finally:
        writer.close()
    return writer.response()

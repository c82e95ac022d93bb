"""The web server's application: what API Gateway does between an HTTP request and a function.

Not imitated: API Gateway's timeout of 29 s (a slower handler is not cut off), throttling, IAM's policies, and
authorizers other than Lambda functions and IAM.
"""

import asyncio
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from local.authorizers import AccessDenied, Unauthorized, authorize
from local.connections import ClientLimits
from local.events import Event, HttpRequest, HttpResponse, MalformedResponse, match_path, to_event, to_response
from local.functions import EventTooLarge, Functions
from local.signatures import BadSignature, SignatureCheck, Unsigned
from local.streaming import StreamingResponse, ThreadSafeSend, thread_safe_send
from local.template import Authorizer, Function, Preflight, Route, Template

MAX_BODY_BYTES = 10 * 1024 * 1024
"""API Gateway's limit for a request's body."""

THREADS = 1000
"""Requests served at once, each in a thread of its own. It is Lambda's default for an account's concurrent executions.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

OriginHeaders = Callable[[str | None], dict[str, str]]
"""Gives what a response says to a page of that origin. None is a request without one."""

Report = Callable[[str, str, int, float], None]
"""Called for every response with method, path, status and milliseconds."""


class BodyTooLarge(Exception):
    """The body is larger than API Gateway accepts. The rest of it was not read."""


class Gateway:
    """An ASGI application."""

    def __init__(
        self,
        template: Template,
        functions: Functions,
        report: Report,
        body_seconds: float = ClientLimits.body,
        origin_headers: OriginHeaders = lambda _: {},
        signatures: SignatureCheck | None = None,
    ) -> None:
        self._template = template
        self._functions = functions
        self._report = report
        self._body_seconds = body_seconds
        self._origin_headers = origin_headers
        self._signatures = signatures
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        routes: list[Route | Preflight] = [*template.routes, *template.preflights]
        self._routes = sorted(routes, key=_generality)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        started = time.monotonic()
        try:
            result = await self._respond(request, send)
        except ClientDisconnect:
            return
        if isinstance(result, HttpResponse):  # a stream has been sent already
            result = self._with_origin(result, request)
            response = Response(None if request.method == "HEAD" else result.body, result.status)
            response.raw_headers += [(name.encode("ascii"), value.encode("ascii")) for name, value in result.headers]
            await response(scope, receive, send)
        self._report(request.method, _raw_path(scope), result.status, (time.monotonic() - started) * 1000)

    async def _respond(self, request: Request, send: Send) -> HttpResponse | StreamingResponse:
        try:
            http = await asyncio.wait_for(_read(request), self._body_seconds)
        except BodyTooLarge:
            return self._gateway_response("REQUEST_TOO_LARGE", 413)
        except TimeoutError:
            refusal = self._gateway_response("REQUEST_TIMEOUT", 408)
            return replace(refusal, headers=[*refusal.headers, ("connection", "close")])
        found = self._find(http)
        if found is None:  # API Gateway does not distinguish a wrong method from a wrong path
            return self._gateway_response("MISSING_AUTHENTICATION_TOKEN", 403)
        route, parameters = found
        gone = threading.Event()
        watch = asyncio.create_task(_watch_disconnect(request.receive, gone))
        try:
            loop, send_from_thread = asyncio.get_running_loop(), thread_safe_send(send, gone)
            return await loop.run_in_executor(
                self._threads, self._invoke, route, parameters, http, gone, send_from_thread
            )
        except asyncio.CancelledError:  # the host ends
            gone.set()
            raise
        finally:
            watch.cancel()

    def _with_origin(self, response: HttpResponse, request: Request) -> HttpResponse:
        """With the headers of cross-origin requests, where no function has added them."""
        if any(name.lower() == "vary" for name, _ in response.headers):
            return response
        headers = self._origin_headers(request.headers.get("origin"))
        return replace(response, headers=[*response.headers, *headers.items()])

    def _find(self, http: HttpRequest) -> tuple[Route | Preflight, dict[str, str]] | None:
        for route in self._routes:
            if route.method in (http.method, "ANY") and (parameters := match_path(route.path, http.path)) is not None:
                return route, parameters
        return None

    def _invoke(
        self,
        route: Route | Preflight,
        parameters: dict[str, str],
        http: HttpRequest,
        gone: threading.Event,
        send: ThreadSafeSend,
    ) -> HttpResponse | StreamingResponse:
        event = to_event(http, route.path, parameters, self._template.stage)
        request_id = event["requestContext"]["requestId"]
        if route.authorizer and (refusal := self._authorize(route.authorizer, event, request_id, gone)):
            return refusal
        if isinstance(route, Route) and route.signed and (refusal := self._check_signature(http, event, request_id)):
            return refusal
        if isinstance(route, Preflight):
            return HttpResponse(200, [("content-type", "application/json"), *route.headers.items()], b"{}\n")
        stream = StreamingResponse(send, request_id) if route.streams else None
        try:
            returned = self._functions.invoke(route.function, event, gone.is_set, stream)
            if stream and stream.opened:
                stream.end()
                return stream
            response = to_response(returned)
            return HttpResponse(response.status, [*response.headers, ("x-amzn-requestid", request_id)], response.body)
        except EventTooLarge:
            return self._gateway_response("REQUEST_TOO_LARGE", 413, request_id)
        except MalformedResponse as error:
            print(f"{route.function.name} returned what API Gateway does not accept: {error}", file=sys.stderr)
        except (Exception, SystemExit):  # nothing that a handler does may end the host
            traceback.print_exc()
        return stream if stream and stream.opened else self._gateway_response("DEFAULT_5XX", 502, request_id)

    def _authorize(
        self, authorizer: Authorizer, event: Event, request_id: str, gone: threading.Event
    ) -> HttpResponse | None:
        """The refusal, or None if the request is allowed; then the event has the identity of its sender."""

        def invoke(function: Function, authorizer_event: Event) -> Any:
            return self._functions.invoke(function, authorizer_event, gone.is_set)

        try:
            event["requestContext"]["authorizer"] = authorize(authorizer, event, invoke)
            return None
        except Unauthorized:
            return self._gateway_response("UNAUTHORIZED", 401, request_id)
        except AccessDenied:
            return self._gateway_response("ACCESS_DENIED", 403, request_id)
        except EventTooLarge:
            return self._gateway_response("REQUEST_TOO_LARGE", 413, request_id)
        except (Exception, SystemExit):
            traceback.print_exc()
        return self._gateway_response("AUTHORIZER_CONFIGURATION_ERROR", 500, request_id)

    def _check_signature(self, http: HttpRequest, event: Event, request_id: str) -> HttpResponse | None:
        """The same for a route that IAM guards. Without a check, as under `sam local`, nobody is known."""
        if self._signatures is None:
            return None
        try:
            event["requestContext"]["identity"] |= self._signatures.identity(http)
        except Unsigned:
            return self._gateway_response("MISSING_AUTHENTICATION_TOKEN", 403, request_id)
        except BadSignature:
            return self._gateway_response("INVALID_SIGNATURE", 403, request_id)
        return None

    def _gateway_response(self, kind: str, status: int, request_id: str | None = None) -> HttpResponse:
        """The template's gateway response of that type. `status` applies if it names no other."""
        default = "DEFAULT_4XX" if status < 500 else "DEFAULT_5XX"
        response = self._template.responses.get(kind) or self._template.responses[default]
        request_id = request_id or str(uuid.uuid4())
        body = response.body.replace("$context.requestId", request_id)
        headers = [("content-type", "application/json"), ("x-amzn-requestid", request_id)]
        return HttpResponse(response.status or status, headers, body.encode())


def _generality(route: Route | Preflight) -> tuple[bool, int, int, bool]:
    """The sort key of routes: API Gateway takes the most specific path, and within a path a method rather than ANY.

    A literal path precedes one with a parameter, and that one precedes `{name+}`. Of two, the longer one precedes.
    """
    return "+}" in route.path, route.path.count("{"), -route.path.count("/"), route.method == "ANY"


def _raw_path(scope: Scope) -> str:
    """The path as it was sent, percent-encoded: safe to print, and what API Gateway passes on."""
    return str(scope["raw_path"], "ascii", "replace")


async def _watch_disconnect(receive: Receive, gone: threading.Event) -> None:
    """Set `gone` when the client closes its connection, which is the next message after the body."""
    while (await receive())["type"] != "http.disconnect":
        pass
    gone.set()


async def _read(request: Request) -> HttpRequest:
    """The request with its body. Raises BodyTooLarge as soon as that is known, ClientDisconnect."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > MAX_BODY_BYTES:
        raise BodyTooLarge
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge
    scope = request.scope
    return HttpRequest(
        method=request.method,
        path=_raw_path(scope),
        query=scope["query_string"].decode("ascii", "replace"),
        headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
        body=bytes(body),
        source_ip=scope["client"][0],
        port=scope["server"][1],
        protocol=f"HTTP/{scope['http_version']}",
    )

"""The web server's application: what API Gateway does between the wire and a function.

Not imitated: API Gateway's 29 s limit (a slower handler is not cut), throttling, and authorizers other than Lambda
functions.
"""

import asyncio
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from local.authorizers import AccessDenied, Unauthorized, authorize
from local.events import Event, HttpAnswer, HttpRequest, MalformedAnswer, match, to_event, to_http
from local.functions import EventTooLarge, Functions
from local.streaming import StreamedAnswer, Transmit, from_thread
from local.template import Authorizer, Function, Preflight, Route, Template

MAX_BODY_BYTES = 10 * 1024 * 1024
"""API Gateway's bound on a request's body."""

THREADS = 128
"""Requests served at once. Each waits for providers in a thread of its own; Lambda has an environment for each."""

Report = Callable[[str, str, int, float], None]
"""Told of every answer: method, path, status, milliseconds."""


class BodyTooLarge(Exception):
    """The body is larger than API Gateway takes; the rest of it was not read."""


class Gateway:
    """An ASGI application."""

    def __init__(self, template: Template, functions: Functions, report: Report) -> None:
        self._template = template
        self._functions = functions
        self._report = report
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        routes: list[Route | Preflight] = [*template.routes, *template.preflights]
        self._routes = sorted(routes, key=_generality)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        started = time.monotonic()
        try:
            answer = await self._answer(request, send)
        except ClientDisconnect:
            return
        if isinstance(answer, HttpAnswer):  # a stream is sent already
            response = Response(None if request.method == "HEAD" else answer.body, answer.status)
            response.raw_headers += [(name.encode("ascii"), value.encode("ascii")) for name, value in answer.headers]
            await response(scope, receive, send)
        self._report(request.method, _raw_path(scope), answer.status, (time.monotonic() - started) * 1000)

    async def _answer(self, request: Request, send: Send) -> HttpAnswer | StreamedAnswer:
        try:
            http = await _read(request)
        except BodyTooLarge:
            return self._refusal("REQUEST_TOO_LARGE", 413)
        found = self._find(http)
        if found is None:  # API Gateway does not tell a wrong method from a wrong path
            return self._refusal("MISSING_AUTHENTICATION_TOKEN", 403)
        route, parameters = found
        gone = threading.Event()
        watch = asyncio.create_task(_watch(request.receive, gone))
        try:
            loop, transmit = asyncio.get_running_loop(), from_thread(send, gone)
            return await loop.run_in_executor(self._threads, self._invoke, route, parameters, http, gone, transmit)
        except asyncio.CancelledError:  # the host ends
            gone.set()
            raise
        finally:
            watch.cancel()

    def _find(self, http: HttpRequest) -> tuple[Route | Preflight, dict[str, str]] | None:
        for route in self._routes:
            if route.method in (http.method, "ANY") and (parameters := match(route.path, http.path)) is not None:
                return route, parameters
        return None

    def _invoke(
        self,
        route: Route | Preflight,
        parameters: dict[str, str],
        http: HttpRequest,
        gone: threading.Event,
        transmit: Transmit,
    ) -> HttpAnswer | StreamedAnswer:
        event = to_event(http, route.path, parameters, self._template.stage)
        request_id = event["requestContext"]["requestId"]
        if route.authorizer and (refusal := self._authorize(route.authorizer, event, request_id, gone)):
            return refusal
        if isinstance(route, Preflight):
            return HttpAnswer(200, [("content-type", "application/json"), *route.headers.items()], b"{}\n")
        stream = StreamedAnswer(transmit, request_id) if route.streams else None
        try:
            returned = self._functions.invoke(route.function, event, gone.is_set, stream)
            if stream and stream.opened:
                stream.end()
                return stream
            answer = to_http(returned)
            return HttpAnswer(answer.status, [*answer.headers, ("x-amzn-requestid", request_id)], answer.body)
        except EventTooLarge:
            return self._refusal("REQUEST_TOO_LARGE", 413, request_id)
        except MalformedAnswer as error:
            print(f"{route.function.name} returned what API Gateway refuses: {error}", file=sys.stderr)
        except (Exception, SystemExit):  # nothing that a handler does may end the host
            traceback.print_exc()
        return stream if stream and stream.opened else self._refusal("DEFAULT_5XX", 502, request_id)

    def _authorize(
        self, authorizer: Authorizer, event: Event, request_id: str, gone: threading.Event
    ) -> HttpAnswer | None:
        """The refusal, or None where the event may pass on, which then tells who sends it."""

        def invoke(function: Function, question: Event) -> Any:
            return self._functions.invoke(function, question, gone.is_set)

        try:
            event["requestContext"]["authorizer"] = authorize(authorizer, event, invoke)
            return None
        except Unauthorized:
            return self._refusal("UNAUTHORIZED", 401, request_id)
        except AccessDenied:
            return self._refusal("ACCESS_DENIED", 403, request_id)
        except EventTooLarge:
            return self._refusal("REQUEST_TOO_LARGE", 413, request_id)
        except (Exception, SystemExit):
            traceback.print_exc()
        return self._refusal("AUTHORIZER_CONFIGURATION_ERROR", 500, request_id)

    def _refusal(self, kind: str, status: int, request_id: str | None = None) -> HttpAnswer:
        """The template's own answer of that kind; `status` counts where it does not name another."""
        default = "DEFAULT_4XX" if status < 500 else "DEFAULT_5XX"
        response = self._template.responses.get(kind) or self._template.responses[default]
        request_id = request_id or str(uuid.uuid4())
        body = response.body.replace("$context.requestId", request_id)
        headers = [("content-type", "application/json"), ("x-amzn-requestid", request_id)]
        return HttpAnswer(response.status or status, headers, body.encode())


def _generality(route: Route | Preflight) -> tuple[bool, int, int, bool]:
    """The lower, the sooner a route is looked at, as API Gateway does: a path written out wins over one with a
    parameter in its place, that one over `{name+}`, a longer one over a shorter one, and a method over ANY."""
    return "+}" in route.path, route.path.count("{"), -route.path.count("/"), route.method == "ANY"


def _raw_path(scope: Scope) -> str:
    """The path as it was sent, percent-encoded: safe to show, and what API Gateway passes on."""
    return str(scope["raw_path"], "ascii", "replace")


async def _watch(receive: Receive, gone: threading.Event) -> None:
    """Tell when the client hangs up: the next thing to come after the body."""
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

"""One invocation behind API Gateway, as operators see it: its log lines carry its ids, and it is a span of its own."""

from collections.abc import Callable

from agentos.api.request import LambdaContext, ProxyEvent, texts_of
from agentos.api.response import ProxyResponse
from agentos.kernel import tracing
from agentos.kernel.logs import invocation


def observed(
    event: ProxyEvent, context: LambdaContext, request_id: str, respond: Callable[[], ProxyResponse]
) -> ProxyResponse:
    """What `respond` returns. Its span belongs to the caller's trace, if the request has a `traceparent`."""
    method, route = event.get("httpMethod", ""), event.get("resource", "")
    attributes: tracing.Attributes = {
        "http.request.method": method,
        "http.route": route,
        "agentos.request_id": request_id,
    }
    with invocation(request_id=request_id, function_request_id=context.aws_request_id):
        with tracing.span(f"{method} {route}", "server", attributes, _traceparent(event)) as span:
            response = respond()
            span.set({"http.response.status_code": response["statusCode"]})
            if response["statusCode"] >= 500:
                span.fail(str(response["statusCode"]))
        tracing.flush()
    return response


def _traceparent(event: ProxyEvent) -> str | None:
    """The W3C header, which names the caller's trace and span. https://www.w3.org/TR/trace-context/"""
    return next((value for name, value in texts_of(event, "headers").items() if name.lower() == "traceparent"), None)

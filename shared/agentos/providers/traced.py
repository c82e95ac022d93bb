"""Passes the current trace on to providers, in the W3C header `traceparent`. https://www.w3.org/TR/trace-context/"""

from contextlib import AbstractContextManager
from dataclasses import dataclass

from agentos.kernel import tracing
from agentos.kernel.clock import Timeouts
from agentos.providers.transport import HttpRequest, HttpResponse, HttpTransport, IncomingResponse


@dataclass(frozen=True)
class TracedTransport:
    """Sends every request over `client` with the header, if there is a trace."""

    client: HttpTransport

    def send(self, request: HttpRequest, seconds: float) -> HttpResponse:
        return self.client.send(_traced(request), seconds)

    def open(self, request: HttpRequest, timeouts: Timeouts) -> AbstractContextManager[IncomingResponse]:
        return self.client.open(_traced(request), timeouts)


def _traced(request: HttpRequest) -> HttpRequest:
    header = tracing.traceparent()
    return request._replace(headers={**request.headers, "traceparent": header}) if header else request

"""A receiver of OTLP/HTTP on loopback, as a collector is: it decodes the spans that it gets."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.loopback import Loopback


@dataclass
class Received:
    """A span as it arrived."""

    name: str
    kind: str
    trace: str
    id: str
    parent: str
    error: bool
    attributes: dict[str, Any]


@dataclass
class Receiver(Loopback):
    """`status` is what it answers with; `before` runs first (to block, say)."""

    status: int = 200
    spans: list[Received] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    before: threading.Event | None = None

    def handler(self, *connection: Any) -> "_Handler":
        return _Handler(self, *connection)

    @property
    def url(self) -> str:
        """What goes into OTEL_EXPORTER_OTLP_ENDPOINT."""
        return f"http://127.0.0.1:{self.port}"

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        assert path == "/v1/traces"
        request = ExportTraceServiceRequest.FromString(body)
        self.headers.append(headers)
        self.bodies.append(body)
        for group in request.resource_spans:
            self.resources.append(_values(group.resource.attributes))
            self.spans += [_span(one) for scope in group.scope_spans for one in scope.spans]

    def named(self, name: str) -> Received:
        """The one span of that name."""
        (span,) = [one for one in self.spans if one.name == name]
        return span


def _span(span: Any) -> Received:
    return Received(
        name=span.name,
        kind=span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        error=span.status.code == span.status.STATUS_CODE_ERROR,
        attributes=_values(span.attributes),
    )


def _values(attributes: Any) -> dict[str, Any]:
    return {one.key: _value(one.value) for one in attributes}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    return [_value(one) for one in value.array_value.values] if kind == "array_value" else getattr(value, kind)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, receiver: Receiver, *arguments: Any) -> None:
        self._receiver = receiver
        super().__init__(*arguments)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self._receiver.before:
            self._receiver.before.wait(60)
        self._receiver.take(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.send_response(self._receiver.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass

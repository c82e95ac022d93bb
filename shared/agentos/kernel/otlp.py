"""OpenTelemetry: spans are exported over OTLP/HTTP, to a collector or to AWS X-Ray. Imported where it is configured.

Spans are collected and exported when the function's work is done. OpenTelemetry's own batches are not used: their
`force_flush` has no bound in time, and a function must not wait for a collector that hangs.
"""

import logging
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from agentos.kernel.logs import hide_secrets, logger
from agentos.kernel.tracing import Attributes, Kind, error_type

FLUSH_SECONDS = 2.0
"""How long an invocation waits for its export at most. Spans that were not exported by then may be lost."""

MAX_SPANS = 2048
"""How many spans wait for an export at most; the oldest go first. It is OpenTelemetry's own default."""

_KINDS = {
    "internal": trace.SpanKind.INTERNAL,
    "server": trace.SpanKind.SERVER,
    "client": trace.SpanKind.CLIENT,
    "consumer": trace.SpanKind.CONSUMER,
}
_PROPAGATOR = TraceContextTextMapPropagator()


class OtlpTracer:
    """Makes spans and exports them. Everything else is read from OpenTelemetry's own environment variables."""

    def __init__(self, environment: Mapping[str, str], spans: "Collected | None" = None) -> None:
        """`spans` exports them; by default to OTEL_EXPORTER_OTLP_ENDPOINT."""
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL + 1)  # its lines quote what servers answered
        hide_secrets(*_header_values(environment.get("OTEL_EXPORTER_OTLP_HEADERS", "")))
        name = environment.get("OTEL_SERVICE_NAME") or "agentos"
        session = session_for(environment["OTEL_EXPORTER_OTLP_ENDPOINT"])
        self._spans = spans or Collected(OTLPSpanExporter(timeout=FLUSH_SECONDS, session=session))
        provider = TracerProvider(resource=Resource.create({"service.name": name}), shutdown_on_exit=False)
        provider.add_span_processor(self._spans)
        self._tracer = provider.get_tracer("agentos")

    @contextmanager
    def span(self, name: str, kind: Kind, attributes: Attributes, traceparent: str | None) -> Iterator["_Span"]:
        parent = _PROPAGATOR.extract({"traceparent": traceparent}, Context()) if traceparent else None
        with self._tracer.start_as_current_span(
            name,
            parent,
            _KINDS[kind],
            _known(attributes),
            record_exception=False,  # an exception's text may quote what was said
            set_status_on_exception=False,
        ) as started:
            span = _Span(started)
            try:
                yield span
            except Exception as error:
                span.fail(error_type(error))
                raise

    def traceparent(self) -> str | None:
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return carrier.get("traceparent")

    def flush(self) -> None:
        self._spans.flush()


class _Span:
    """A span of OpenTelemetry's."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def set(self, attributes: Attributes) -> None:
        self._span.set_attributes(_known(attributes))

    def fail(self, error_type: str) -> None:
        self._span.set_status(trace.StatusCode.ERROR)
        self._span.set_attribute("error.type", error_type)


class Collected(SpanProcessor):
    """Keeps ended spans until they are exported."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._spans: deque[ReadableSpan] = deque(maxlen=MAX_SPANS)
        self._exporting = threading.Lock()

    def on_end(self, span: ReadableSpan) -> None:
        if span.context and span.context.trace_flags.sampled:
            self._spans.append(span)

    def flush(self) -> None:
        if self._spans:
            export = threading.Thread(target=self._export, name="traces", daemon=True)
            export.start()
            export.join(FLUSH_SECONDS)

    def _export(self) -> None:
        """Raises nothing."""
        with self._exporting:
            spans = [self._spans.popleft() for _ in range(len(self._spans))]
            if not spans:
                return
            try:
                reason = "" if self._exporter.export(spans) is SpanExportResult.SUCCESS else "refused or no answer"
            except Exception as error:
                reason = type(error).__name__
            if reason:
                logger.warning("traces could not be exported", extra={"reason": reason, "spans": len(spans)})


def _known(attributes: Attributes) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}


def _header_values(headers: str) -> list[str]:
    """The values in `name=value,name=value`: keys of the backend."""
    return [value.strip() for _, separator, value in (pair.partition("=") for pair in headers.split(",")) if separator]


def session_for(endpoint: str) -> requests.Session:
    """What sends the spans. X-Ray takes them over OTLP, signed as every request to AWS.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html
    """
    session = requests.Session()
    session.trust_env = False
    host = urlsplit(endpoint).hostname or ""
    if host.startswith("xray.") and ".amazonaws." in host:
        session.auth = _Signed(host.split(".")[1])
    return session


class _Signed:
    """Signs requests with the function's own credentials (Signature Version 4)."""

    def __init__(self, region: str) -> None:
        from botocore.session import Session

        self._session = Session()
        self._region = region

    def __call__(self, request: Any) -> Any:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import NoCredentialsError

        signed = AWSRequest(method=request.method, url=request.url, data=request.body, headers=dict(request.headers))
        credentials = self._session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        SigV4Auth(credentials, "xray", self._region).add_auth(signed)
        request.headers.update(dict(signed.headers))
        return request

"""Spans on their way out: bounded in number, signed for AWS X-Ray, and never in the way."""

import pytest
import requests
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from agentos.kernel import tracing
from agentos.kernel.otlp import MAX_SPANS, Collected, OtlpTracer, session_for
from tests.support.logs import captured
from tests.support.otlp import Receiver


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-0123456789"}.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_requests_to_xray_are_signed_for_its_region(endpoint: pytest.MonkeyPatch) -> None:
    session = session_for("https://xray.eu-west-1.amazonaws.com")
    request = requests.Request("POST", "https://xray.eu-west-1.amazonaws.com/v1/traces", data=b"spans")
    sent = session.prepare_request(request)
    authorization = sent.headers["Authorization"]
    assert authorization.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-west-1/xray/aws4_request" in authorization
    assert "secret-0123456789" not in str(sent.headers)


@pytest.mark.parametrize("url", ["http://localhost:4318", "https://xray.example.com", "https://otlp.vendor.test"])
def test_requests_to_others_are_not(url: str) -> None:
    sent = session_for(url).prepare_request(requests.Request("POST", url, data=b"spans"))
    assert "Authorization" not in sent.headers


def test_without_a_tracer_a_span_is_nothing() -> None:
    with tracing.span("work", "client", {"a": 1}, "00-x") as span:
        span.set({"b": 2})
        span.fail("timeout")
    assert tracing.traceparent() is None
    tracing.flush()


def test_spans_that_nobody_takes_do_not_pile_up(endpoint: pytest.MonkeyPatch) -> None:
    with Receiver() as receiver:
        endpoint.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        tracer = OtlpTracer({"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url})
        for number in range(MAX_SPANS + 5):
            with tracer.span(f"span {number}", "internal", {}, None):
                pass
        tracer.flush()
        names = [span.name for span in receiver.spans]
        assert (len(names), names[0]) == (MAX_SPANS, "span 5")
        tracer.flush()
        assert len(receiver.bodies) == 1, "nothing new, so nothing is sent"


def test_an_error_is_told_by_its_class_alone(endpoint: pytest.MonkeyPatch) -> None:
    with Receiver() as receiver:
        endpoint.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        tracer = OtlpTracer({"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url})
        with pytest.raises(ValueError, match="what was said"), tracer.span("work", "internal", {}, None):
            raise ValueError("what was said")
        tracer.flush()
        work = receiver.named("work")
        assert (work.error, work.attributes) == (True, {"error.type": "ValueError"})
        assert b"what was said" not in receiver.bodies[0]


def test_an_export_that_breaks_is_logged() -> None:
    class Broken(SpanExporter):
        def export(self, spans: object) -> SpanExportResult:
            raise RuntimeError("with a key in it")

    collected = Collected(Broken())
    tracer = OtlpTracer({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:1"}, collected)
    with tracer.span("work", "internal", {}, None):
        pass
    with captured() as log:
        tracer.flush()
    (line,) = log.lines
    assert (line["message"], line["reason"], line["spans"]) == ("traces could not be exported", "RuntimeError", 1)
    assert "with a key" not in log.getvalue()

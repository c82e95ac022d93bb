"""Traces of whole requests, as a collector gets them over OTLP/HTTP."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agentos.kernel import tracing
from agentos.kernel.otlp import FLUSH_SECONDS, OtlpTracer
from tests.functions.conftest import GEMINI_KEY, OPENAI_KEY, Providers, chat
from tests.support.gateway import Context, StreamingContext, handler
from tests.support.logs import captured
from tests.support.otlp import Receiver
from tests.support.queues import TurnQueue
from tests.support.upstream import CUT, refusal, streamed_reply

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
"""The example of https://www.w3.org/TR/trace-context/"""
TRACE, SPAN = PARENT.split("-")[1:3]
SECRET_WORDS = "my mother's maiden name is Tolstaya"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def trace(environment: pytest.MonkeyPatch, receiver: Receiver) -> Iterator[Callable[[], None]]:
    """Traces from now on."""

    def begin(**more: str) -> None:
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        for name, value in more.items():
            environment.setenv(name, value)
        tracing.use(OtlpTracer({"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, **more}))

    yield begin
    tracing.use(None)


def test_a_turn_with_a_fallback(api: Any, providers: Providers, trace: Any, receiver: Receiver) -> None:
    talk = chat(api)
    providers.openai.script = [refusal(429, "insufficient_quota")]
    trace()
    headers = {"TraceParent": PARENT, "x-request-id": "req-7"}
    reply = api("send_message", {"content": SECRET_WORDS}, headers=headers, **talk.path).json

    request = receiver.named("POST /send_message")
    assert (request.trace, request.parent, request.kind) == (TRACE, SPAN, "SERVER")
    assert request.attributes["http.response.status_code"] == 200
    assert request.attributes["agentos.request_id"] == "req-7"

    turn = receiver.named("invoke_agent test")
    assert (turn.trace, turn.parent, turn.kind, turn.error) == (TRACE, request.id, "INTERNAL", False)
    assert turn.attributes | {"agentos.cost_usd": 0} == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "gcp.gemini",
        "gen_ai.agent.id": talk.agent_id,
        "gen_ai.agent.name": "test",
        "gen_ai.agent.version": "1",
        "gen_ai.conversation.id": talk.session_id,
        "gen_ai.request.model": "openai:gpt-4o-mini",
        "gen_ai.response.id": reply["messageId"],
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 3,
        "agentos.model": "gemini:flash-1.5",
        "agentos.attempts": 2,
        "agentos.fallback_used": True,
        "agentos.cost_usd": 0,
    }

    failed, answered = (one for one in receiver.spans if one.name.startswith("chat "))
    assert (failed.parent, failed.kind, failed.error) == (turn.id, "CLIENT", True)
    assert failed.attributes["error.type"] == "quota"
    assert failed.attributes["http.response.status_code"] == 429
    assert failed.attributes["gen_ai.provider.name"] == "openai"
    assert (answered.parent, answered.error) == (turn.id, False)
    assert answered.attributes["gen_ai.usage.input_tokens"] == 7
    assert answered.name == f"chat {answered.attributes['gen_ai.request.model']}"

    calls = [one for one in receiver.spans if one.name.startswith("dynamodb.")]
    assert {"dynamodb.UpdateItem", "dynamodb.TransactWriteItems"} <= {one.name for one in calls}
    assert {one.trace for one in receiver.spans} == {TRACE}
    assert receiver.resources[0]["service.name"] == "agentos"
    for body in receiver.bodies:
        for secret in (SECRET_WORDS, OPENAI_KEY, GEMINI_KEY, "Hello from Gemini."):
            assert secret.encode() not in body


def test_a_stream_that_breaks_off(api: Any, providers: Providers, trace: Any, receiver: Receiver) -> None:
    talk = chat(api)
    providers.openai.default = streamed_reply("One ", end=(CUT,))
    trace()
    api("send_message", {"content": "Hi"}, query={"stream": "true"}, context=StreamingContext(), **talk.path)
    turn = receiver.named("invoke_agent test")
    assert (turn.error, turn.attributes["error.type"]) == (True, "connect")
    (call,) = [one for one in receiver.spans if one.name.startswith("chat ")]
    assert call.attributes["gen_ai.request.stream"] is True
    assert call.attributes["gen_ai.usage.output_tokens"] > 0


def test_a_turn_that_fails(api: Any, providers: Providers, trace: Any, receiver: Receiver) -> None:
    talk = chat(api)
    providers.openai.default = providers.gemini.default = refusal(403)
    trace()
    assert talk.say().status == 502
    turn, request = receiver.named("invoke_agent test"), receiver.named("POST /send_message")
    assert (turn.error, turn.attributes["error.type"]) == (True, "upstream_failed")
    assert (request.error, request.attributes["error.type"]) == (True, "502")


def test_the_chat_door(api: Any, providers: Providers, trace: Any, receiver: Receiver) -> None:
    trace()
    asked = {"model": "openai:gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}], "temperature": 0.5}
    api("chat_completions", asked)
    turn = receiver.named("chat openai:gpt-4o-mini")
    (call,) = [one for one in receiver.spans if one.kind == "CLIENT" and one.name.startswith("chat ")]
    assert "gen_ai.agent.id" not in turn.attributes
    assert (call.parent, call.attributes["gen_ai.request.temperature"]) == (turn.id, 0.5)


def test_a_background_turn_belongs_to_the_request_that_accepted_it(
    queue: TurnQueue, api: Any, providers: Providers, trace: Any, receiver: Receiver
) -> None:
    talk = chat(api)
    trace()
    prefer = {"prefer": "respond-async"}
    assert api("send_message", {"content": "Hi"}, headers=prefer, **talk.path).status == 202
    handler("run_turn")(queue.event(), Context(seconds=900))
    request, work = receiver.named("POST /send_message"), receiver.named("process turn")
    assert (work.trace, work.parent, work.kind) == (request.trace, request.id, "CONSUMER")
    assert receiver.named("invoke_agent test").parent == work.id


@pytest.mark.parametrize("wanted", [False, True])
def test_providers_get_the_trace_only_if_that_is_wanted(
    api: Any, providers: Providers, trace: Any, receiver: Receiver, wanted: bool
) -> None:
    trace(TRACE_PROVIDERS=str(wanted).lower())
    chat(api).say()
    (call,) = [one for one in receiver.spans if one.kind == "CLIENT" and one.name.startswith("chat ")]
    header = providers.openai.headers[0].get("traceparent")
    assert (header and header[:-3]) == (f"00-{call.trace}-{call.id}" if wanted else None)


@pytest.mark.parametrize("header", ["", "nonsense", "00-" + "0" * 32 + "-b7ad6b7169203331-01", "x" * 5000])
def test_a_header_that_is_none_begins_a_trace(
    api: Any, providers: Providers, trace: Any, receiver: Receiver, header: str
) -> None:
    trace()
    assert api("health", headers={"traceparent": header}).status == 200
    assert receiver.named("POST /health").parent == ""


def test_a_caller_that_does_not_sample_is_not_traced(api: Any, trace: Any, receiver: Receiver) -> None:
    trace()
    assert api("health", headers={"traceparent": PARENT[:-1] + "0"}).status == 200
    assert receiver.spans == []


def test_a_collector_that_refuses_fails_no_request(
    api: Any, providers: Providers, trace: Any, receiver: Receiver
) -> None:
    receiver.status = 401
    key = "otlp-key-0123456789"
    trace(OTEL_EXPORTER_OTLP_HEADERS=f"x-api-key={key}")
    with captured() as log:
        assert chat(api).say().status == 200
    assert receiver.headers[0]["x-api-key"] == key
    assert "traces could not be exported" in {line["message"] for line in log.lines}
    assert key not in log.getvalue()


def test_a_collector_that_hangs_costs_a_bounded_time(
    api: Any, providers: Providers, trace: Any, receiver: Receiver
) -> None:
    talk = chat(api)
    receiver.before = threading.Event()
    trace()
    assert talk.say().status == 200, "though the collector has not answered yet"
    assert receiver.spans == []
    receiver.before.set()
    assert FLUSH_SECONDS <= 2

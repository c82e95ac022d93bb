"""What the functions measure, as CloudWatch reads it from their log lines: on every path, and never a text."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from agentos import wiring
from agentos.domain.measures import MEASURES
from agentos.kernel.logs import logger
from agentos.services.turn_metrics import MAX_EXPERIMENTS
from agentos.store.transport.messages import Request
from tests.functions.conftest import GEMINI_KEY, OPENAI_KEY, Chat, Gate, Providers, chat
from tests.support.clock import ShiftedClock
from tests.support.gateway import Context, StreamingContext, handler
from tests.support.logs import captured
from tests.support.queues import TurnQueue
from tests.support.transport import before
from tests.support.upstream import CUT, answer, refusal, streamed_reply

Values = dict[tuple[str, ...], Any]


class Lines:
    """Standard output, read as CloudWatch reads it."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._text = ""

    @property
    def text(self) -> str:
        """Everything so far."""
        self._text += self._capsys.readouterr().out
        return self._text

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The lines in the embedded metric format."""
        return [json.loads(line) for line in self.text.splitlines() if line.startswith('{"_aws"')]

    def metric(self, name: str, *by: str) -> Values:
        """The sum of a metric for each combination of values of these dimensions, from the rollup that has them."""
        sums: Values = {}
        for document in self.documents:
            for directive in document["_aws"]["CloudWatchMetrics"]:
                assert directive["Namespace"] == "AgentOS"
                names = [metric["Name"] for metric in directive["Metrics"]]
                if name in names and ["service", *by] in directive["Dimensions"]:
                    labels = tuple(document[dimension] for dimension in by)
                    sums[labels] = sums.get(labels, 0) + document[name]
        return sums


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    return Lines(capsys)


CALL = ("provider", "model", "errorClass")
GEMINI, OPENAI = "gemini:flash-1.5", "openai:gpt-4o-mini"


def test_an_answered_turn_is_one_line(api: Any, providers: Providers, lines: Lines) -> None:
    talk = chat(api)
    reply = talk.say().json
    (line,) = lines.documents
    assert line["service"] == "agentos"
    assert line["request_id"] == "gateway-id"
    assert (line["agent_id"], line["session_id"]) == (talk.agent_id, talk.session_id)
    assert line["message_id"] == reply["messageId"]
    assert line["turn_id"].startswith("turn_")
    for by in ((), ("model",)):
        values = {name: lines.metric(name, *by) for name in ("Turns", "Attempts", "Fallbacks", "PromptTokens")}
        key = (OPENAI,) if by else ()
        assert values == {"Turns": {key: 1}, "Attempts": {key: 1}, "Fallbacks": {key: 0}, "PromptTokens": {key: 10}}
    assert lines.metric("FailedTurns") == {(): 0}
    assert lines.metric("TurnOutcomes", "outcome") == {("completed",): 1}
    assert lines.metric("Calls", *CALL) == {("openai", OPENAI, "none"): 1}
    assert lines.metric("CostUsd", "model") == {(OPENAI,): reply["usage"]["costUsd"]}
    declared = {(one["Name"], one["Unit"]) for part in line["_aws"]["CloudWatchMetrics"] for one in part["Metrics"]}
    assert all(MEASURES[name].unit == unit and name in line for name, unit in declared)


def test_every_kind_of_token(api: Any, providers: Providers, lines: Lines) -> None:
    reply = answer("Hello")
    reply.body["usage"] |= {
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    providers.openai.script = [reply]
    chat(api).say()
    names = ("PromptTokens", "CompletionTokens", "CachedTokens", "CacheWriteTokens", "ReasoningTokens")
    assert [lines.metric(name, "model")[OPENAI,] for name in names] == [10, 5, 4, 0, 3]


def test_a_fallback_tells_the_failed_call_by_its_class(api: Any, providers: Providers, lines: Lines) -> None:
    providers.openai.script = [refusal(429, "insufficient_quota")]
    chat(api).say()
    assert lines.metric("Fallbacks") == {(): 1}
    assert lines.metric("Attempts", "model") == {(GEMINI,): 2}
    assert lines.metric("Calls", *CALL) == {("gemini", GEMINI, "none"): 1, ("openai", OPENAI, "quota"): 1}
    assert len(lines.metric("CallLatency", *CALL)) == 2
    assert len(lines.documents) == 2


def test_a_failed_turn(api: Any, providers: Providers, lines: Lines) -> None:
    providers.openai.default = providers.gemini.default = refusal(403)
    assert chat(api).say().status == 502
    assert lines.metric("FailedTurns") == {(): 1}
    assert lines.metric("TurnOutcomes", "outcome") == {("upstream_failed",): 1}
    assert lines.metric("Attempts") == {(): 2}
    assert lines.metric("FailedRequests", "code") == {("upstream_failed",): 1}
    assert lines.metric("Calls", *CALL) == {("gemini", GEMINI, "auth"): 1, ("openai", OPENAI, "auth"): 1}
    assert lines.metric("Turns") == {}


def test_a_stream_and_one_that_breaks_off(api: Any, providers: Providers, lines: Lines) -> None:
    talk = chat(api)
    providers.openai.script = [streamed_reply("One ", "two"), streamed_reply("One ", end=(CUT,))]
    for _ in range(2):
        api("send_message", {"content": "Hi"}, query={"stream": "true"}, context=StreamingContext(), **talk.path)
    assert lines.metric("TurnOutcomes", "outcome") == {("completed",): 1, ("incomplete",): 1}
    assert (lines.metric("Turns"), lines.metric("FailedTurns")) == ({(): 2}, {(): 1})
    assert len(lines.metric("FirstTokenLatency", "model")) == 1
    assert lines.metric("Calls", *CALL)["openai", OPENAI, "connect"] == 1


@pytest.mark.parametrize("stream", [False, True])
def test_the_chat_door(api: Any, providers: Providers, lines: Lines, stream: bool) -> None:
    providers.openai.script = [streamed_reply("Hello") if stream else answer("Hello")]
    asked = {"model": OPENAI, "messages": [{"role": "user", "content": "Hi"}], "stream": stream}
    api("chat_completions", asked, context=StreamingContext())
    assert lines.metric("Turns", "model") == {(OPENAI,): 1}


def test_a_background_turn_and_its_time_in_the_queue(
    queue: TurnQueue, api: Any, providers: Providers, clock: ShiftedClock, lines: Lines
) -> None:
    talk = chat(api)
    headers = {"prefer": "respond-async", "x-request-id": "origin-1"}
    assert api("send_message", {"content": "Hi"}, headers=headers, **talk.path).status == 202
    assert lines.documents == []
    clock.shift = 7
    handler("run_turn")(queue.event(), Context(seconds=900))
    (line,) = lines.documents
    assert 7000 <= lines.metric("QueueAge")[()] < 60_000
    assert (line["request_id"], line["Turns"]) == ("origin-1", 1)
    assert line["background_turn_id"].startswith("turn_")


def test_refused_requests_and_a_busy_session(api: Any, providers: Providers, lines: Lines, pool: Any) -> None:
    talk = chat(api)
    gate = Gate(providers.openai)
    first = pool.submit(talk.say)
    assert gate.reached.wait(60)
    assert talk.say().status == 409
    gate.release.set()
    first.result()
    assert api("create_agent", {"name": ""}).status == 400
    refused = lines.metric("RefusedRequests", "code")
    assert refused == {("session_busy",): 1, ("invalid_request",): 1}
    assert lines.metric("TurnOutcomes", "outcome") == {("completed",): 1}


def test_a_circuit_that_opens_and_closes(
    api: Any, providers: Providers, configure: Any, lines: Lines, clock: ShiftedClock
) -> None:
    configure("health: {failures: 1, cacheSeconds: 0}")
    talk = chat(api)
    providers.openai.script = [refusal(403)]
    providers.gemini.script = [refusal(400)] * 2
    talk.say()
    assert lines.metric("CircuitTransitions", "provider", "model", "state") == {("openai", OPENAI, "open"): 1}
    talk.say()  # of two targets in doubt, the cooling one answers
    changes = lines.metric("CircuitTransitions", "provider", "model", "state")
    assert changes == {("openai", OPENAI, "open"): 1, ("openai", OPENAI, "closed"): 1}


def test_a_table_that_does_not_answer(api: Any, providers: Providers, lines: Lines) -> None:
    def silent(_: Request) -> None:
        raise ReadTimeoutError(endpoint_url="http://127.0.0.1")

    before(wiring.dynamodb(), silent, "GetItem")
    assert api("get_agent", agentId="agent_00000000000000000000000001").status == 503
    assert lines.metric("TableFaults", "reason") == {("no_answer",): 1}
    assert lines.metric("FailedRequests", "code") == {("unavailable",): 1}


def test_models_by_any_name_make_one_dimension(api: Any, providers: Providers, lines: Lines) -> None:
    providers.openai.script = [answer("Hello"), refusal(404)]
    for name in ("never-heard-of", "x" * 100):
        api("chat_completions", {"model": f"openai:{name}", "messages": [{"role": "user", "content": "Hi"}]})
    assert lines.metric("Turns", "model") == {("openai:other",): 1}
    model_not_found = ("openai", "openai:other", "model_not_found")
    assert lines.metric("Calls", *CALL) == {("openai", "openai:other", "none"): 1, model_not_found: 1}
    assert "never-heard-of" not in lines.text


def test_experiments_are_bounded(api: Any, providers: Providers, lines: Lines) -> None:
    for number in range(MAX_EXPERIMENTS + 3):
        variants = [{"model": OPENAI, "weight": 1}]
        routing = {"experiment": {"name": f"bounded-{number}", "variants": variants}}
        chat(api, routing=routing).say()
    names = {line["experiment"] for line in lines.documents}
    assert "other" in names
    assert len(names) <= MAX_EXPERIMENTS + 1


def test_none_are_written_where_they_are_switched_off(
    api: Any, providers: Providers, lines: Lines, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    chat(api).say()
    assert lines.documents == []


SAID, ANSWERED = "a question of 4711 words", "an answer of 4712 words"


def a_run_with_failures(api: Any, queue: TurnQueue, providers: Providers) -> None:
    """Turns of every kind, and every kind of failure of a provider."""
    talk = chat(api)
    replies: Sequence[Any] = [answer(ANSWERED), refusal(401), refusal(429), refusal(500, SAID), refusal(400, ANSWERED)]
    for reply in replies:
        providers.openai.script = [reply]
        talk.say(SAID)
    for reply in (streamed_reply(ANSWERED), streamed_reply(ANSWERED, end=(CUT,))):
        providers.openai.script = [reply]
        api("send_message", {"content": SAID}, query={"stream": "true"}, context=StreamingContext(), **talk.path)
    asked = {"model": OPENAI, "messages": [{"role": "user", "content": SAID}]}
    api("chat_completions", asked)
    api("chat_completions", {**asked, "model": f"openai:{OPENAI_KEY}"})
    api("send_message", {"content": SAID}, headers={"prefer": "respond-async"}, **talk.path)
    handler("run_turn")(queue.event(), Context(seconds=900))
    providers.openai.default = providers.gemini.default = refusal(403, ANSWERED)
    talk.say(SAID)
    api("send_message", {"content": SAID, "nonsense": SAID}, **talk.path)
    api("send_message", f'{{"content": "{SAID}', **talk.path)
    wiring.turn_store().commit = None  # type: ignore[method-assign, assignment]  # a mistake of ours
    providers.openai.default = answer(ANSWERED)
    assert Chat(api, talk.agent_id, api.session(talk.agent_id)).say(SAID).status == 500


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets the share of invocations that log at DEBUG, which Powertools reads when it is loaded."""
    yield lambda rate: monkeypatch.setattr(logger, "sampling_rate", rate)
    monkeypatch.undo()
    logger.refresh_sample_rate_calculation()


@pytest.mark.usefixtures("said_keys")
@pytest.mark.parametrize("rate", ["0", "1"])
def test_no_line_holds_a_key_or_what_was_said(
    sampled: Callable[[str], None], queue: TurnQueue, api: Any, providers: Providers, lines: Lines, rate: str
) -> None:
    sampled(rate)
    with captured() as log:
        a_run_with_failures(api, queue, providers)
    assert {line["request_id"] for line in log.lines} == {"gateway-id"}
    assert {"upstream call failed", "unhandled error"} <= {line["message"] for line in log.lines}
    assert ({"plan", "upstream call"} <= {line["message"] for line in log.lines}) == (rate == "1")
    for text in (log.getvalue(), lines.text):
        for secret in (OPENAI_KEY, GEMINI_KEY, SAID, ANSWERED):
            assert secret not in text


def test_content_is_logged_only_if_that_is_wanted(
    api: Any, providers: Providers, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LOG_CONTENT", "true")
    providers.openai.default = answer(ANSWERED)
    talk = chat(api)
    with captured() as log:
        talk.say([{"type": "text", "text": SAID}, {"type": "image_url", "image_url": {"url": "https://a.test/b.png"}}])
        api("chat_completions", {"model": OPENAI, "messages": [{"role": "user", "content": SAID * 1000}]})
    first, second = (line for line in log.lines if line["message"] == "turn content")
    assert first["said"] == [{"role": "user", "content": f"{SAID}\n[image]"}]
    assert first["answered"] == {"content": ANSWERED, "tool_calls": []}
    assert len(second["said"][0]["content"]) == 10_000
    assert first["request_id"] == "gateway-id"


def test_a_quiet_run_writes_one_line_for_each_turn(api: Any, providers: Providers, lines: Lines) -> None:
    talk = chat(api)
    with captured() as log:
        talk.say()
        talk.messages()
    assert log.lines == []
    assert len(lines.documents) == 1

"""Each turn and completion that asks a provider leaves one record of what was used, however it ends."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from agentos import wiring
from agentos.domain.usage_records import UsageRecord
from agentos.store.usage import usage_of
from tests.functions.conftest import Gate, Providers, chat
from tests.functions.test_completion_keys import ask
from tests.functions.test_leases import take_over
from tests.functions.test_long_turns import Turns
from tests.support.faults import FAULTS, Faults
from tests.support.gateway import Client, StreamingContext
from tests.support.logs import captured
from tests.support.queues import TurnQueue
from tests.support.upstream import CUT, Reply, answer, calling, refusal, streamed_reply
from tests.support.wiring import rewire

ALWAYS = 1000
MODEL = "openai:gpt-4o-mini"

Records = Callable[[], list[UsageRecord]]


@pytest.fixture
def records(client: Any, table_name: str) -> Records:
    """All records in the table, oldest first."""

    def read() -> list[UsageRecord]:
        items = client.call("Scan", TableName=table_name, ConsistentRead=True)["Items"]
        found = [usage_of(item) for item in items if "#USAGE#" in item["pk"]["S"]]
        return sorted(found, key=lambda record: record.turn_id)

    return read


def withheld() -> Reply:
    """An answer that the provider counts and does not give."""
    reply = answer("no")
    reply.body["choices"][0]["finish_reason"] = "content_filter"
    return reply


def told(attempts: list[Any]) -> list[tuple[Any, ...]]:
    """What an answer says of its attempts, as far as it is recorded."""
    return [
        (one["model"], one["outcome"], *((one["usage"] or {}).get(name) for name in ("promptTokens", "costUsd")))
        for one in attempts
    ]


def kept(record: UsageRecord) -> list[tuple[Any, ...]]:
    """The same of a record."""
    return [
        (
            one.model,
            one.outcome,
            one.usage and one.usage.prompt_tokens,
            None if one.usage is None or one.usage.cost_usd is None else float(one.usage.cost_usd),
        )
        for one in record.attempts
    ]


def test_an_answered_turn_has_its_calls_in_the_record(api: Client, providers: Providers, records: Records) -> None:
    config = {"fallbackModel": "gemini:flash-1.5", "fallbackOn": ["content_filter"]}
    agent_id = api.agent(model=MODEL, config=config)
    session_id = api.session(agent_id, userId="ann")
    providers.openai.script = [withheld()]
    reply = api.say(agent_id, session_id).json
    assert len(reply["route"]["attempts"]) == 2

    (record,) = records()
    assert kept(record) == told(reply["route"]["attempts"])
    assert all(one.usage and one.usage.cost_usd for one in record.attempts)
    named = record.agent_id, record.session_id, record.user_id, record.key_id, record.tenant, record.door
    assert named == (agent_id, session_id, "ann", None, "default", "messages")
    assert (record.outcome, record.fallback, record.failed) == ("completed", True, False)
    assert reply["createdAt"][:15] >= record.started_at[:15]


def test_a_failed_turn_has_one_too(api: Client, providers: Providers, records: Records) -> None:
    providers.openai.script = [withheld()]
    failed = chat(api).say()
    assert failed.status == 422
    (record,) = records()
    assert kept(record) == told(failed.json["details"]["attempts"])
    assert record.attempts[0].usage
    assert (record.outcome, record.failed, record.fallback) == ("content_filtered", True, False)


def test_so_has_a_turn_of_which_no_provider_counted_anything(
    api: Client, providers: Providers, records: Records
) -> None:
    providers.openai.default = providers.gemini.default = refusal(401)
    assert chat(api).say().status == 502
    (record,) = records()
    assert [(one.outcome, one.usage) for one in record.attempts] == [("auth", None), ("auth", None)]


def test_where_no_provider_was_asked_there_is_none(api: Client, providers: Providers, records: Records) -> None:
    talk = chat(api)
    providers.openai.script = [calling(("call_1", "f", "{}"), ("call_2", "f", "{}"))]
    assert talk.say().json["state"] == "requires_action"
    assert talk.say("done", role="tool", toolCallId="call_1").status == 200
    assert len(records()) == 1
    providers.set("OPENAI_API_KEY", None)
    providers.set("GEMINI_API_KEY", None)
    assert talk.say("done", role="tool", toolCallId="call_2").status == 503
    assert len(records()) == 1


def test_a_replayed_answer_is_not_recorded_again(api: Client, upstream: Any, records: Records) -> None:
    agent_id = api.agent()
    path = {"agentId": agent_id, "sessionId": api.session(agent_id)}
    for _ in range(2):
        assert api("send_message", {"content": "Hi"}, headers={"Idempotency-Key": "k"}, **path).status == 200
    for _ in range(2):
        assert ask(api).status == 200
    assert [record.door for record in records()] == ["messages", "chat_completions"]


def test_a_stream_that_breaks_off_is_recorded_with_its_estimate(api: Client, upstream: Any, records: Records) -> None:
    upstream.script = [streamed_reply("Hello, ", CUT), streamed_reply("Hello, ", CUT)]
    agent_id = api.agent()
    path = {"agentId": agent_id, "sessionId": api.session(agent_id)}
    api("send_message", {"content": "Hi"}, query={"stream": "true"}, context=StreamingContext(), **path)
    ask(api, headers={}, stream=True)
    for record in records():
        assert (record.outcome, record.failed) == ("incomplete", True)
        (broken,) = record.attempts
        assert broken.usage
        assert broken.usage.estimated
    assert len(records()) == 2


@pytest.mark.parametrize("stream", [False, True])
def test_a_completion_is_recorded_before_its_answer_ends(
    api: Client, upstream: Any, records: Records, stream: bool
) -> None:
    upstream.default = streamed_reply("four") if stream else answer("four")
    agent_id = api.agent()
    assert ask(api, headers={}, stream=stream, user="bob").status == 200
    assert ask(api, headers={}, stream=stream, model=f"agent:{agent_id}").status == 200
    first, second = records()
    assert (first.door, first.agent_id, first.session_id, first.user_id) == ("chat_completions", None, None, "bob")
    assert (second.agent_id, second.user_id) == (agent_id, None)
    assert first.attempts[0].usage
    assert first.attempts[0].usage.prompt_tokens == 10


def test_a_completion_that_fails_is_recorded(api: Client, upstream: Any, records: Records) -> None:
    upstream.default = refusal(401)
    assert ask(api).status == 502
    (record,) = records()
    assert (record.outcome, len(record.attempts)) == ("upstream_failed", 2)


def test_a_turn_that_lost_its_lease_is_recorded_beside_the_one_that_took_it(
    api: Client, upstream: Any, client: Any, table_name: str, pool: ThreadPoolExecutor, records: Records
) -> None:
    agent_id = api.agent()
    path = {"agentId": agent_id, "sessionId": api.session(agent_id)}
    gate = Gate(upstream)
    zombie = pool.submit(api.say, *path.values())
    try:
        assert gate.reached.wait(60)
        take_over(client, table_name, path)
    finally:
        gate.release.set()
    assert zombie.result(60).json["code"] == "session_busy"
    (record,) = records()
    assert (record.outcome, record.failed) == ("session_busy", True)
    assert record.attempts[0].usage


def test_a_background_turn_is_recorded_each_time_that_it_asks(
    queue: TurnQueue, api: Client, upstream: Any, records: Records
) -> None:
    turns = Turns(api, queue)
    turns.accepted("answered")
    assert turns.deliver() == 0
    upstream.default = refusal(401)
    failed = turns.accepted("failing")
    assert turns.deliver() == 0
    assert turns.state(failed)["state"] == "failed"
    assert [(record.door, record.outcome) for record in records()] == [
        ("background", "completed"),
        ("background", "upstream_failed"),
    ]


def test_an_answer_is_sent_also_where_the_table_does_not_take_its_record(
    api: Client, upstream: Any, records: Records
) -> None:
    rewire()
    Faults(wiring.dynamodb()).inflict(FAULTS["access denied"], "PutItem", ALWAYS)
    context = StreamingContext(seconds=4)
    with captured() as log:
        body = {"model": "local:any", "messages": [{"role": "user", "content": "a secret"}]}
        assert api("chat_completions", body, context=context).status == 200
    assert records() == []
    (line,) = [line for line in log.lines if line["message"] == "a usage record was not taken by the table"]
    assert line["level"] == "ERROR"
    lost = UsageRecord.model_validate(line["usage"])
    assert lost.attempts[0].usage
    assert (lost.tenant, lost.attempts[0].usage.prompt_tokens) == ("default", 10)
    assert "secret" not in log.getvalue()


def test_a_turn_that_the_table_does_not_take_leaves_its_record_in_the_background(
    api: Client, upstream: Any, records: Records, client: Any
) -> None:
    agent_id = api.agent()
    path = {"agentId": agent_id, "sessionId": api.session(agent_id)}
    rewire()
    Faults(wiring.dynamodb()).inflict(FAULTS["access denied"], "TransactWriteItems", ALWAYS)
    failed = api("send_message", {"content": "Hi"}, context=StreamingContext(seconds=4), **path)
    assert failed.status == 503
    for thread in threading.enumerate():
        if thread.name == "usage":
            thread.join(20)
    (record,) = records()
    assert (record.outcome, len(record.attempts)) == ("unavailable", 1)

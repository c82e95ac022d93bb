"""A session is never locked for long: leases are short, are renewed while the turn runs, and are always given back."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from agentos import wiring
from agentos.kernel.ids import new_id
from agentos.store import keys
from tests.functions.conftest import Gate, Providers, chat, eventually_idle, idle
from tests.support.clock import ShiftedClock
from tests.support.crashes import Death, Died, Moment, lose_answer
from tests.support.faults import Faults, cut, refused
from tests.support.gateway import Answer, Client, Context, event, handler, invoke
from tests.support.queues import TurnQueue
from tests.support.sse import events
from tests.support.transport import after
from tests.support.upstream import answer, refusal
from tests.support.wiring import rewire

LEASE_SECONDS = 12
"""limits.leaseSeconds"""

PROMISED_SECONDS = 15
"""The seconds from the death of a turn to the answer of the next message."""


@pytest.fixture
def path(api: Client, upstream: Any, clock: ShiftedClock) -> dict[str, str]:
    agent_id = api.agent()
    return {"agentId": agent_id, "sessionId": api.session(agent_id)}


@pytest.fixture
def queue(environment: pytest.MonkeyPatch, moto_endpoint: str) -> TurnQueue:
    queue = TurnQueue(moto_endpoint)
    environment.setenv("TURN_QUEUE_URL", queue.url)
    environment.setenv("AWS_ENDPOINT_URL_SQS", moto_endpoint)
    rewire()
    return queue


class Renewals:
    """Counts the renewals of a client's heartbeats."""

    def __init__(self, client: Any) -> None:
        self._made = threading.Semaphore(0)
        after(client, self._note, "UpdateItem")

    def _note(self, *_: object) -> None:
        if threading.current_thread().name == "heartbeat":
            self._made.release()

    def wait(self) -> None:
        assert self._made.acquire(timeout=60)


def plain(api: Client, path: dict[str, str], queue: TurnQueue) -> Callable[[], Any]:
    return lambda: api.say(*path.values(), "first").json["content"]


def streamed(api: Client, path: dict[str, str], queue: TurnQueue) -> Callable[[], Any]:
    def send() -> Any:
        return events(api("send_message", {"content": "first"}, query={"stream": "true"}, **path).text)[-1].data[
            "content"
        ]

    return send


def background(api: Client, path: dict[str, str], queue: TurnQueue) -> Callable[[], Any]:
    accepted = api("send_message", {"content": "first"}, headers={"Prefer": "respond-async"}, **path)
    delivery = queue.event()

    def work() -> Any:
        assert handler("run_turn")(delivery, Context(seconds=900)) == {"batchItemFailures": []}
        return api("get_turn", turnId=accepted.json["turnId"], **path).json["reply"]["content"]

    return work


KINDS = {"plain": plain, "streamed": streamed, "background": background}


@pytest.mark.parametrize("kind", KINDS)
def test_a_turn_keeps_its_session_for_as_long_as_it_lives(
    api: Client,
    upstream: Any,
    queue: TurnQueue,
    clock: ShiftedClock,
    path: dict[str, str],
    pool: ThreadPoolExecutor,
    kind: str,
) -> None:
    run = KINDS[kind](api, path, queue)
    gate = Gate(upstream, "whole")
    renewals = Renewals(wiring.dynamodb())
    first: Future[Any] = pool.submit(run)
    try:
        assert gate.reached.wait(60)
        for _ in range(3):
            clock.shift += LEASE_SECONDS - 1
            renewals.wait()
            assert api.say(*path.values(), "second").json["code"] == "session_busy"
    finally:
        gate.release.set()
    assert first.result() == "whole"
    assert api.said(*path.values()) == ["first", "whole"]
    assert api("get_session", **path).json["state"] == "idle"


@pytest.mark.parametrize("kind", KINDS)
def test_after_a_turns_death_the_next_message_is_answered_within_the_promised_time(
    api: Client, upstream: Any, queue: TurnQueue, clock: ShiftedClock, path: dict[str, str], kind: str
) -> None:
    run = KINDS[kind](api, path, queue)
    rewire()
    Death(wiring.dynamodb(), {"plain": 2, "streamed": 2, "background": 5}[kind], Moment.AFTER)  # the lease is taken
    with pytest.raises(Died):
        run()
    rewire()
    assert api("get_session", **path).json["state"] == "running"
    refused = api.say(*path.values(), "too soon")
    assert refused.json["code"] == "session_busy"
    assert 1 <= int(refused.headers["retry-after"]) <= 5

    clock.shift += PROMISED_SECONDS
    assert api.say(*path.values(), "next").status == 200


def take_over(client: Any, table_name: str, path: dict[str, str]) -> None:
    """Another environment's turn takes the session, as it does after a freeze of this one."""
    client.call(
        "UpdateItem",
        TableName=table_name,
        Key=keys.session("default", *path.values()),
        UpdateExpression="SET lease = :turn",
        ExpressionAttributeValues={":turn": {"S": new_id("turn")}},
    )


@pytest.mark.parametrize("deleted", [False, True])
def test_a_turn_that_has_lost_its_lease_asks_no_further_provider(
    api: Client, providers: Providers, clock: ShiftedClock, client: Any, table_name: str, deleted: bool
) -> None:
    session = chat(api)
    renewals = Renewals(wiring.dynamodb())
    failing = refusal(500)

    def freeze() -> None:
        if deleted:
            assert api("delete_session", **session.path).status == 204
        else:
            take_over(client, table_name, session.path)
        clock.shift += LEASE_SECONDS
        renewals.wait()

    failing.before = freeze
    providers.openai.script.append(failing)
    sent = session.say("lost")
    assert (sent.status, sent.json["code"]) == ((404, "not_found") if deleted else (409, "session_busy"))
    assert (len(providers.openai.requests), len(providers.gemini.requests)) == (1, 0)
    if not deleted:
        assert session.messages() == []


def test_a_frozen_turn_whose_lease_was_not_taken_continues(
    api: Client, upstream: Any, clock: ShiftedClock, path: dict[str, str]
) -> None:
    thawed = answer("late but alone")

    def freeze() -> None:
        clock.shift += 3600

    thawed.before = freeze
    upstream.script.append(thawed)
    assert api.say(*path.values(), "frozen").status == 200
    assert api.said(*path.values()) == ["frozen", "late but alone"]


def test_a_renewal_that_is_not_answered_is_tried_again(
    api: Client, upstream: Any, clock: ShiftedClock, path: dict[str, str], pool: ThreadPoolExecutor
) -> None:
    gate = Gate(upstream, "whole")
    renewals = Renewals(wiring.dynamodb())
    faults = Faults(wiring.dynamodb())
    first = pool.submit(api.say, *path.values(), "first")
    try:
        assert gate.reached.wait(60)
        faults.inflict(cut, "UpdateItem", 3)
        clock.shift += LEASE_SECONDS - 1
        renewals.wait()
        assert api.say(*path.values(), "second").json["code"] == "session_busy"
    finally:
        gate.release.set()
    assert first.result().status == 200


def test_a_lease_whose_request_was_not_answered_is_given_back(
    api: Client, upstream: Any, clock: ShiftedClock, path: dict[str, str]
) -> None:
    """The function has one second left, and no answer comes in it."""
    assert api.say(*path.values(), "before").status == 200
    faults = Faults(wiring.dynamodb())
    faults.inflict(cut, "UpdateItem", 1000)
    sent = invoke("send_message", event({"content": "lost"}, path), Context(seconds=1))
    assert (sent.status, sent.json["code"]) == (503, "unavailable")
    assert int(sent.headers["retry-after"]) >= 1
    eventually_idle(api, path)
    faults.left = 0
    assert api.say(*path.values(), "after").status == 200
    assert api.said(*path.values())[::2] == ["before", "after"]


def test_a_lease_that_cannot_be_given_back_at_once_is_given_back_later(
    api: Client, upstream: Any, clock: ShiftedClock, path: dict[str, str]
) -> None:
    faults = Faults(wiring.dynamodb())
    well, upstream.default = upstream.default, refusal(400)
    upstream.default.before = lambda: faults.inflict(refused, "UpdateItem", 3)
    assert api.say(*path.values(), "fails").status == 400
    eventually_idle(api, path)
    upstream.default = well
    assert api.say(*path.values(), "next").status == 200


@pytest.mark.parametrize("times", [1, 3])
def test_requests_of_the_lease_whose_answers_are_lost_are_repeated(
    api: Client, upstream: Any, path: dict[str, str], times: int
) -> None:
    lose_answer(wiring.dynamodb(), "UpdateItem", times)
    assert api.say(*path.values(), "once").status == 200
    assert api.said(*path.values()) == ["once", "Hello from upstream."]


def test_a_commit_that_is_never_answered_leaves_no_lease(
    api: Client, upstream: Any, clock: ShiftedClock, path: dict[str, str]
) -> None:
    faults = Faults(wiring.dynamodb())
    faults.inflict(refused, "TransactWriteItems", 1000)
    sent = invoke("send_message", event({"content": "lost"}, path), Context(seconds=4))
    assert (sent.status, sent.json["code"]) == (503, "unavailable")
    faults.left = 0
    eventually_idle(api, path)
    assert api.said(*path.values()) == []


def test_a_host_that_ends_gives_its_leases_back(
    api: Client, upstream: Any, path: dict[str, str], pool: ThreadPoolExecutor
) -> None:
    gate = Gate(upstream, "too late")
    first: Future[Answer] = pool.submit(api.say, *path.values(), "first")
    try:
        assert gate.reached.wait(60)
        assert not idle(api, path)
        wiring.release_leases()
        assert idle(api, path)
    finally:
        gate.release.set()
    assert first.result().status in (409, 503)
    rewire()
    assert api.say(*path.values(), "next").status == 200
    assert api.said(*path.values()) == ["next", "Hello from upstream."]

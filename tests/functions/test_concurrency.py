"""Many calls at once, clocks that differ, a table under load: one turn at a time, and nothing is lost or done twice."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import pytest

from agentos import wiring
from agentos.store.transport.messages import Request
from tests.functions.conftest import Gate, eventually_idle
from tests.support.clock import ShiftedClock
from tests.support.conflicts import conflict, throttle
from tests.support.crashes import lose_answer
from tests.support.gateway import Answer, Client, Context, event, invoke
from tests.support.transport import before
from tests.support.upstream import answer
from tests.support.wiring import rewire

HOUR = 3600
INFLICT: dict[str, Callable[[Any, str, int], None]] = {"throttled": throttle, "lost": lose_answer}


def opened(api: Client, **config: Any) -> dict[str, str]:
    """A new session. Everything that a turn needs was built before."""
    agent_id = api.agent(config=config)
    assert api.say(agent_id, api.session(agent_id), "warm up").status == 200
    return {"agentId": agent_id, "sessionId": api.session(agent_id)}


def briefly(path: dict[str, str], content: str, seconds: float) -> Answer:
    """A message to a function that has so many seconds left."""
    return invoke("send_message", event({"content": content}, path), Context(seconds=seconds))


@pytest.mark.parametrize("key", [None, "the same for all"])
@pytest.mark.parametrize("count", [2, 20])
def test_of_many_messages_at_once_exactly_one_is_answered(
    api: Client, upstream: Any, pool: ThreadPoolExecutor, count: int, key: str | None
) -> None:
    path = opened(api)
    release, barrier = threading.Event(), threading.Barrier(count)
    upstream.default = answer("done")
    upstream.default.before = lambda: release.wait(60)
    headers = {"Idempotency-Key": key} if key else {}

    def send(number: int) -> Answer:
        barrier.wait()
        return api("send_message", {"content": "m" if key else f"m{number}"}, headers=headers, **path)

    sent = [pool.submit(send, number) for number in range(count)]
    try:
        refused = [done.result() for _, done in zip(range(count - 1), as_completed(sent), strict=False)]
    finally:
        release.set()
    (served,) = [one for one in (future.result() for future in sent) if one.status == 200]

    assert {one.json["code"] for one in refused} == {"idempotency_in_flight" if key else "session_busy"}
    assert all(one.status == 409 and 1 <= int(one.headers["retry-after"]) <= 5 for one in refused)
    assert len(api.said(*path.values())) == 2
    assert api("list_messages", **path).json["data"][-1] == served.json
    assert len(upstream.requests) == 2


def test_messages_that_queue_are_all_answered_one_after_the_other(
    api: Client, upstream: Any, pool: ThreadPoolExecutor
) -> None:
    path = opened(api, onBusy="queue")
    barrier = threading.Barrier(4)

    def send(number: int) -> Answer:
        barrier.wait()
        return api.say(*path.values(), f"m{number}")

    assert [one.status for one in pool.map(send, range(4))] == [200] * 4
    said = api.said(*path.values())
    assert sorted(said[::2]) == ["m0", "m1", "m2", "m3"]
    assert said[1::2] == ["Hello from upstream."] * 4
    assert len(upstream.requests) == 5


def test_a_queued_call_gives_up_while_there_is_time_to_say_so(
    api: Client, upstream: Any, pool: ThreadPoolExecutor
) -> None:
    path = opened(api, onBusy="queue")
    gate = Gate(upstream)
    first = pool.submit(api.say, *path.values(), "first")
    try:
        assert gate.reached.wait(30)
        second = briefly(path, "second", seconds=3)
    finally:
        gate.release.set()
    assert (second.status, second.json["code"]) == (409, "session_busy")
    assert first.result().status == 200
    assert api.said(*path.values()) == ["first", "slow answer"]


def test_of_twenty_creates_with_one_key_there_is_one_agent(api: Client, pool: ThreadPoolExecutor) -> None:
    api.agent(name="warm up")
    barrier = threading.Barrier(20)

    def create(_: int) -> Answer:
        barrier.wait()
        return api("create_agent", {"name": "n", "model": "local:any"}, headers={"Idempotency-Key": "k"})

    answers = list(pool.map(create, range(20)))
    assert {one.status for one in answers} == {201}
    assert len({one.text for one in answers}) == 1
    assert len(api("list_agents").json["data"]) == 2


def test_a_stalled_writer_whose_lease_was_taken_over_commits_nothing(
    api: Client, upstream: Any, pool: ThreadPoolExecutor, clock: ShiftedClock
) -> None:
    path = opened(api)
    reached, release = threading.Event(), threading.Event()

    def stall(_: Request) -> None:
        reached.set()
        assert release.wait(60)

    before(wiring.dynamodb(), stall, "TransactWriteItems")
    stalled = pool.submit(api.say, *path.values(), "stalled")
    try:
        assert reached.wait(30)
        rewire()  # from here on another environment
        clock.shift = 60
        assert api.say(*path.values(), "successor").status == 200
    finally:
        release.set()

    late = stalled.result()
    assert (late.status, late.json["code"]) == (409, "session_busy")
    assert api.said(*path.values()) == ["successor", "Hello from upstream."]
    session = api("get_session", **path).json
    assert (session["state"], session["messageCount"]) == ("idle", 2)
    assert session["usage"]["totalTokens"] == 15


@pytest.mark.parametrize("shifts", [(0, -HOUR, HOUR, 0), (HOUR, 0, -HOUR, -25 * HOUR)])
def test_the_order_of_a_conversation_does_not_depend_on_clocks(
    api: Client, upstream: Any, clock: ShiftedClock, shifts: tuple[int, ...]
) -> None:
    path = opened(api)
    for number, shift in enumerate(shifts):
        rewire()
        clock.shift = shift
        assert api.say(*path.values(), f"m{number}").status == 200
    assert api.said(*path.values())[::2] == ["m0", "m1", "m2", "m3"]
    sent = [message["content"] for message in upstream.requests[-1]["messages"] if message["role"] == "user"]
    assert sent == ["m0", "m1", "m2", "m3"]


def test_a_clock_that_runs_ahead_cannot_store_two_turns_at_once(
    api: Client, upstream: Any, pool: ThreadPoolExecutor, clock: ShiftedClock
) -> None:
    """It takes over a lease too early: the first turn then fails, and nothing of it is stored."""
    path = opened(api)
    gate = Gate(upstream)
    first = pool.submit(api.say, *path.values(), "first")
    try:
        assert gate.reached.wait(30)
        clock.shift = HOUR
        assert api.say(*path.values(), "second").status == 200
        clock.shift = -HOUR
    finally:
        gate.release.set()
    assert first.result().json["code"] == "session_busy"
    assert api.said(*path.values()) == ["second", "Hello from upstream."]


@pytest.mark.parametrize("times", [1, 4])
def test_a_commit_that_meets_a_conflict_is_tried_again(api: Client, upstream: Any, times: int) -> None:
    path = opened(api)
    conflict(wiring.dynamodb(), "TransactWriteItems", times)
    assert api.say(*path.values(), "once").status == 200
    assert api.said(*path.values()) == ["once", "Hello from upstream."]
    assert len(upstream.requests) == 2


def test_a_lease_that_meets_a_conflict_is_tried_again(api: Client, upstream: Any) -> None:
    path = opened(api)
    conflict(wiring.dynamodb(), "UpdateItem", 2)
    assert api.say(*path.values(), "once").status == 200
    assert api.said(*path.values()) == ["once", "Hello from upstream."]


@pytest.mark.parametrize("inflict", INFLICT.values(), ids=INFLICT)
@pytest.mark.parametrize("operation", ["GetItem", "UpdateItem", "Query", "TransactWriteItems"])
def test_a_request_that_is_throttled_or_whose_answer_is_lost_is_sent_again(
    api: Client, upstream: Any, operation: str, inflict: Callable[[Any, str, int], None]
) -> None:
    path = opened(api)
    assert api.say(*path.values(), "before").status == 200
    inflict(wiring.dynamodb(), operation, 2)

    assert api.say(*path.values(), "once").status == 200
    assert api.said(*path.values()) == ["before", "Hello from upstream.", "once", "Hello from upstream."]
    assert api("get_session", **path).json["usage"]["totalTokens"] == 30
    assert len(upstream.requests) == 3


@pytest.mark.parametrize("inflict", INFLICT.values(), ids=INFLICT)
def test_a_commit_is_retried_longer_than_the_client_library_does(
    api: Client, upstream: Any, inflict: Callable[[Any, str, int], None]
) -> None:
    """The library gives up after three tries. The turn has more time."""
    path = opened(api)
    inflict(wiring.dynamodb(), "TransactWriteItems", 4)
    assert api.say(*path.values(), "once").status == 200
    assert api.said(*path.values()) == ["once", "Hello from upstream."]
    assert len(upstream.requests) == 2


def test_a_commit_that_meets_conflicts_until_the_deadline_fails_and_stores_nothing(api: Client, upstream: Any) -> None:
    path = opened(api)
    throttle(wiring.dynamodb(), "TransactWriteItems", 1000)
    refused = briefly(path, "too much", seconds=4)
    assert (refused.status, refused.json["code"], refused.headers["retry-after"]) == (429, "throttled", "1")
    rewire()
    eventually_idle(api, path)
    assert api.said(*path.values()) == []
    assert api.say(*path.values(), "again").status == 200

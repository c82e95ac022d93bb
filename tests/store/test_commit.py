"""The commit: both messages and the session's new state are stored together, and only while the lease is ours."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from agentos.domain import Usage
from agentos.kernel.errors import ApiError, NotFound, SessionBusy
from tests.store.conftest import TENANT, Store
from tests.support.builders import a_reply
from tests.support.clock import START


def usage(prompt: int, completion: int, cost_usd: float | None) -> Usage:
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=prompt + completion,
        cached_tokens=0,
        cost_usd=cost_usd,
        latency_ms=1,
    )


def test_count_usage_and_last_activity_follow_every_turn(store: Store) -> None:
    session = store.session(store.agent())
    assert store.read(session).last_activity_at == "2026-11-22T12:00:00.000Z"

    store.clock.advance(61.5)
    store.turn(session, reply=a_reply(usage=usage(100, 20, 0.1)))
    store.clock.advance(60)
    store.turn(session, reply=a_reply(usage=usage(7, 3, 0.2)))

    after = store.read(session)
    assert after.message_count == 4
    assert after.usage.to_json() == {
        "promptTokens": 107,
        "completionTokens": 23,
        "totalTokens": 130,
        "costUsd": 0.3,
        "unpriced": 0,
    }
    assert after.last_activity_at == "2026-11-22T12:02:01.500Z"
    assert after.created_at == session.created_at


def test_a_sum_with_an_unknown_price_stays_unknown(store: Store) -> None:
    session = store.session(store.agent())
    store.turn(session, reply=a_reply(usage=usage(1, 1, None)))
    store.turn(session, reply=a_reply(usage=usage(1, 1, 0.5)))
    assert (store.read(session).usage.cost_usd, store.read(session).usage.unpriced) == (None, 1)


def test_messages_are_in_the_order_of_the_conversation(store: Store) -> None:
    session = store.session(store.agent())
    for number in range(3):
        store.turn(session, f"question {number}", a_reply(f"answer {number}"))
    assert store.contents(session) == [f"{kind} {number}" for number in range(3) for kind in ("question", "answer")]


def test_every_turn_prolongs_an_expiring_session(store: Store) -> None:
    session = store.session(store.agent(), lifetime=100)
    assert store.read(session).expires_at == "2026-11-22T12:01:40.000Z"

    for _ in range(3):
        store.clock.advance(99)
        store.turn(session)

    assert store.clock.time() == START + 297
    assert store.read(session).expires_at == "2026-11-22T12:06:37.000Z"
    store.clock.advance(100)
    with pytest.raises(NotFound):
        store.read(session)


def test_reading_does_not_prolong_a_session(store: Store) -> None:
    session = store.session(store.agent(), lifetime=100)
    store.clock.advance(99)
    store.read(session)
    store.release(store.begin(session))
    store.clock.advance(1)
    with pytest.raises(NotFound):
        store.read(session)


def test_a_session_deleted_during_a_turn_stores_nothing(store: Store) -> None:
    session = store.session(store.agent())
    store.turn(session)
    lease = store.begin(session)
    store.delete(session)
    before = store.items()

    with pytest.raises(NotFound):
        store.commit(lease)

    assert store.items() == before
    assert not [item for item in before if item["sk"]["S"].startswith("MESSAGE#")]


def test_a_session_swept_during_a_turn_does_not_come_back(store: Store) -> None:
    session = store.session(store.agent(), lifetime=10)
    lease = store.begin(session)
    store.client.call("DeleteItem", TableName=store.table_name, Key=lease.session_key)  # as TTL does
    before = store.items()

    with pytest.raises(NotFound):
        store.commit(lease)

    assert store.items() == before


def test_a_lease_commits_once(store: Store) -> None:
    session = store.session(store.agent())
    lease = store.begin(session)
    store.commit(lease, "once")

    with pytest.raises(ApiError):
        store.commit(lease, "twice")

    assert store.contents(session) == ["once", "Hi"]


def test_a_commit_succeeds_among_many_lease_requests(store: Store) -> None:
    """Every lease request touches the item that the transaction is about to change."""
    session = store.session(store.agent())
    lease = store.begin(session)
    knocked, done = threading.Event(), threading.Event()

    def knock() -> None:
        while not done.is_set():
            try:
                store.release(store.begin(session))
            except SessionBusy:
                knocked.set()

    with ThreadPoolExecutor(4) as pool:
        knocking = [pool.submit(knock) for _ in range(4)]
        try:
            assert knocked.wait(30)
            store.commit(lease)
        finally:
            done.set()
        for one in knocking:
            one.result()

    assert store.read(session).message_count == 2
    assert store.sessions.messages(TENANT, session.agent_id, session.session_id, 10, None, "asc").has_more is False

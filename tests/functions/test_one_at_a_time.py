"""One turn at a time in a session, a fixed number of requests per turn, and sessions that do not wait for each
other."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from agentos import wiring
from agentos.domain.history import trimmed
from agentos.kernel.clock import Deadline
from agentos.kernel.ids import new_id
from agentos.store.leases import LeaseStore
from agentos.store.transport.messages import Request
from agentos.store.turns import TurnCommit, TurnStore
from tests.functions.conftest import Gate
from tests.support.builders import a_message, a_reply
from tests.support.transport import before, is_about_health


def test_of_two_messages_at_once_one_is_answered_and_the_other_refused(
    api: Any, upstream: Any, pool: ThreadPoolExecutor
) -> None:
    agent_id = api.agent()
    session_id = api.session(agent_id)
    gate = Gate(upstream)
    first = pool.submit(api.say, agent_id, session_id, "first")
    try:
        assert gate.reached.wait(30)
        assert api("get_session", agentId=agent_id, sessionId=session_id).json["state"] == "running"

        second = api.say(agent_id, session_id, "second")
    finally:
        gate.release.set()

    assert (second.status, second.json["code"]) == (409, "session_busy")
    assert 1 <= int(second.headers["retry-after"]) <= 5
    assert first.result().status == 200
    assert len(upstream.requests) == 1
    assert api.say(agent_id, session_id, "third").status == 200
    page = api("list_messages", agentId=agent_id, sessionId=session_id).json["data"]
    assert [message["content"] for message in page] == ["first", "slow answer", "third", "Hello from upstream."]


def test_a_session_deleted_during_its_turn_stays_deleted(
    api: Any, upstream: Any, pool: ThreadPoolExecutor, client: Any, table_name: str
) -> None:
    agent_id = api.agent()
    path = {"agentId": agent_id, "sessionId": api.session(agent_id)}
    gate = Gate(upstream)
    turn = pool.submit(api.say, agent_id, path["sessionId"], "too late")
    try:
        assert gate.reached.wait(30)
        assert api("delete_session", **path).status == 204
    finally:
        gate.release.set()

    assert (turn.result().status, turn.result().json["code"]) == (404, "not_found")
    assert api("get_session", **path).status == 404
    assert "too late" not in str(client.call("Scan", TableName=table_name, ConsistentRead=True)["Items"])


def test_other_sessions_do_not_wait(api: Any, upstream: Any, pool: ThreadPoolExecutor) -> None:
    agent_id = api.agent()
    slow, quick = api.session(agent_id), api.session(agent_id)
    gate = Gate(upstream)
    first = pool.submit(api.say, agent_id, slow)
    try:
        assert gate.reached.wait(30)
        assert api.say(agent_id, quick).status == 200
    finally:
        gate.release.set()
    assert first.result().status == 200


@pytest.fixture
def requests(api: Any) -> list[str]:
    """Names of the requests to the table, except for the occasional ones about the health of targets."""
    made: list[str] = []

    def note(request: Request) -> None:
        if not is_about_health(request):
            made.append(request.operation)

    before(wiring.dynamodb(), note)
    return made


def seeded(agent_id: str, session_id: str, turns: int, length: int) -> None:
    """An existing conversation, which other processes have held."""
    store, leases = TurnStore(wiring.table(), wiring.clock()), LeaseStore(wiring.table(), wiring.clock())
    for _ in range(turns):
        deadline = Deadline.after(30, wiring.clock())
        lease = leases.acquire(("default", agent_id, session_id), new_id("turn"), 30, deadline)
        sent = store.to_stored(lease, 1, a_message("x" * length), length // 4 + 4)
        reply = a_reply("y" * length)
        answer = store.to_stored(lease, 2, reply, length // 4 + 4)
        turns = trimmed((*lease.session.turns, (sent.tokens, answer.tokens)), 60)
        store.commit(lease, TurnCommit((sent,), reply, answer, turns, ()), deadline)


@pytest.mark.parametrize("length", [10, 1000])
@pytest.mark.parametrize("turns", [1, 5, 60])
def test_a_turn_takes_four_requests_however_long_the_conversation(
    api: Any, upstream: Any, requests: list[str], turns: int, length: int
) -> None:
    """Agent, lease, history, commit; and the tenant's budget, which a process reads once a minute."""
    agent_id = api.agent()
    session_id = api.session(agent_id)
    seeded(agent_id, session_id, turns, length)
    requests.clear()

    assert api.say(agent_id, session_id).status == 200

    assert requests == ["GetItem", "UpdateItem", "GetItem", "Query", "TransactWriteItems"]
    assert len(upstream.requests[0]["messages"]) == min(turns, 11 if length == 1000 else 30) * 2 + 1


def test_the_first_turn_reads_no_history(api: Any, upstream: Any, requests: list[str]) -> None:
    agent_id = api.agent()
    session_id = api.session(agent_id)
    requests.clear()
    api.say(agent_id, session_id)
    assert requests == ["GetItem", "UpdateItem", "GetItem", "TransactWriteItems"]


def test_a_turn_takes_three_requests_where_its_process_held_the_conversation(
    api: Any, upstream: Any, requests: list[str]
) -> None:
    agent_id = api.agent()
    session_id = api.session(agent_id)
    seeded(agent_id, session_id, 5, 10)
    assert api.say(agent_id, session_id).status == 200
    for _ in range(2):
        requests.clear()
        assert api.say(agent_id, session_id).status == 200
        assert requests == ["GetItem", "UpdateItem", "TransactWriteItems"]
    assert len(upstream.requests[-1]["messages"]) == 7 * 2 + 1


def test_a_failed_turn_takes_as_many_requests(api: Any, requests: list[str]) -> None:
    agent_id = api.agent()
    session_id = api.session(agent_id)
    seeded(agent_id, session_id, 1, 10)
    requests.clear()
    assert api.say(agent_id, session_id).status == 503
    assert requests == ["GetItem", "UpdateItem", "GetItem", "Query", "UpdateItem"]


def test_reading_takes_one_request_or_two(api: Any, upstream: Any, requests: list[str]) -> None:
    agent_id = api.agent()
    path = {"agentId": agent_id, "sessionId": api.session(agent_id)}
    api.say(agent_id, path["sessionId"])
    for folder, expected in (
        ("get_agent", ["GetItem"]),
        ("get_session", ["BatchGetItem"]),
        ("list_messages", ["BatchGetItem", "Query"]),
        ("list_sessions", ["GetItem", "Query", "BatchGetItem"]),
        ("list_agents", ["Query"]),
        ("health", []),
        ("providers", []),
    ):
        requests.clear()
        assert api(folder, **path).status == 200
        assert requests == expected, folder

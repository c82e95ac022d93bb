"""The sweeper leaves only tombstones of what is deleted or expired, and does not touch what exists."""

from typing import Any

import pytest

from agentos.domain import IdempotencyKey, Session
from agentos.domain.sessions import SessionFilter
from agentos.kernel.clock import Deadline
from agentos.kernel.errors import NotFound
from agentos.store import keys
from agentos.store.deletion import TOMBSTONE_SECONDS, Deletion
from tests.store.conftest import TENANT, Store
from tests.support.builders import a_session, an_agent
from tests.support.clock import START
from tests.support.conflicts import conflict
from tests.support.transport import after

TOMBSTONE = {"pk", "sk", "deletedAt", "deletion", "expiresAt"}


@pytest.fixture
def removal(store: Store) -> Deletion:
    return Deletion(store.table, store.clock)


def key_of(session: Session, tenant: str = TENANT) -> dict[str, Any]:
    return keys.session(tenant, session.agent_id, session.session_id)


def no_time(store: Store) -> Deadline:
    return store.deadline(1.9)


def expire(store: Store, session: Session) -> None:
    """Delete items as time-to-live does, perhaps days later."""
    store.client.call("DeleteItem", TableName=store.table_name, Key=key_of(session))


def plant(store: Store, session: Session, *sorts: str) -> None:
    """Items of any kind in a session's partition."""
    for sort in sorts:
        item = {"pk": key_of(session)["pk"], "sk": {"S": sort}, "body": {"B": b"\x00\xff"}}
        store.client.call("PutItem", TableName=store.table_name, Item=item)


def kinds(store: Store) -> list[str]:
    """The kinds of the table's items, by their sort keys."""
    return [item["sk"]["S"].partition("#")[0].partition("_")[0] for item in store.items()]


def sweep_all(store: Store, removal: Deletion) -> None:
    """Every session and agent that the stream may report."""
    for item in store.items():
        assert removal.sweep({"pk": item["pk"], "sk": item["sk"]}, store.deadline()) is True


def test_everything_in_a_deleted_sessions_partition_is_removed(store: Store, removal: Deletion) -> None:
    session = store.session(store.agent())
    for _ in range(40):
        store.turn(session)
    plant(store, session, "KEY#x", "TURN#y", "MESSAGE#000000000001#PART#1", "A", "~")
    store.sessions.delete(TENANT, session.agent_id, session.session_id, no_time(store))
    assert len(store.items()) > 80

    assert removal.sweep(key_of(session), store.deadline()) is True

    assert sorted(kinds(store)) == ["SESSION", "agent"]


def test_a_session_that_expired_leaves_a_tombstone_while_there_was_something_to_remove(
    store: Store, removal: Deletion
) -> None:
    session = store.session(store.agent(), lifetime=10)
    store.turn(session)
    expire(store, session)

    assert removal.sweep(key_of(session), store.deadline()) is True

    (tombstone,) = [item for item in store.items() if item["sk"]["S"] == "SESSION"]
    assert set(tombstone) == TOMBSTONE
    assert int(tombstone["expiresAt"]["N"]) == START + TOMBSTONE_SECONDS
    expire(store, session)
    assert removal.sweep(key_of(session), store.deadline()) is True
    assert kinds(store) == ["agent"]


def test_an_existing_session_is_not_swept(store: Store, removal: Deletion) -> None:
    """The record is late: its session exists again, or expires later."""
    session = store.session(store.agent(), lifetime=10)
    store.turn(session)
    before = store.items()
    assert removal.sweep(key_of(session), store.deadline()) is True
    assert store.items() == before
    store.turn(session)


def test_an_existing_agent_is_not_swept(store: Store, removal: Deletion) -> None:
    agent = an_agent()
    store.agents.create(TENANT, agent, store.deadline())
    store.agents.replace(TENANT, agent, agent.model_copy(update={"version": 2}), store.deadline())
    store.turn(store.session(agent.agent_id))
    before = store.items()
    assert removal.sweep(keys.agent(TENANT, agent.agent_id), store.deadline()) is True
    assert store.items() == before


def test_only_tombstones_are_left_of_a_deleted_agent(store: Store, removal: Deletion) -> None:
    agent = an_agent()
    store.agents.create(TENANT, agent, store.deadline())
    for version in range(1, 31):
        after = agent.model_copy(update={"version": version + 1})
        store.agents.replace(TENANT, agent, after, store.deadline())
        agent = after
    for _ in range(30):
        store.turn(store.session(agent.agent_id, user_id="ann"))
    store.agents.delete(TENANT, agent.agent_id, no_time(store))
    assert removal.sweep(keys.agent(TENANT, agent.agent_id), store.deadline()) is True

    sweep_all(store, removal)

    assert sorted(kinds(store)) == ["SESSION"] * 30 + ["agent"]
    assert all(set(item) == TOMBSTONE for item in store.items())
    assert store.sessions.page(TENANT, agent.agent_id, SessionFilter("ann"), 20, None, "desc").data == ()


def test_an_agents_expired_tombstone_removes_overlooked_sessions(store: Store, removal: Deletion) -> None:
    """An index may lag: a session that was opened just before its agent was deleted can be missed at first."""
    session = store.session(store.agent())
    store.agents.delete(TENANT, session.agent_id, no_time(store))
    store.client.call("DeleteItem", TableName=store.table_name, Key=keys.agent(TENANT, session.agent_id))

    assert removal.sweep(keys.agent(TENANT, session.agent_id), store.deadline()) is True

    assert all(set(item) == TOMBSTONE for item in store.items())
    assert sorted(kinds(store)) == ["SESSION", "agent"]


@pytest.mark.parametrize("tenant", ["acme", "acme#AGENTS", "a#AGENT#b", "ü\n", "", "TENANT#x"])
def test_a_sweep_stays_in_its_tenant(store: Store, removal: Deletion, tenant: str) -> None:
    agent = an_agent()
    strangers = ["globex", "acme#", "AGENTS"]
    for name in (tenant, *strangers):
        store.agents.create(name, agent, store.deadline())
        store.agents.replace(name, agent, agent.model_copy(update={"version": 2}), store.deadline())
        store.session(agent.agent_id, tenant=name)
    of_strangers = [item for item in store.items() if not item["pk"]["S"].startswith(f"TENANT#{tenant}#AGENT")]
    store.agents.delete(tenant, agent.agent_id, no_time(store))

    assert removal.sweep(keys.agent(tenant, agent.agent_id), store.deadline()) is True

    left = [item for item in store.items() if item not in of_strangers]
    assert len(store.items()) - len(left) == len(of_strangers)
    assert sorted(kinds(store)).count("VERSION") == len(strangers)
    assert all(set(item) == TOMBSTONE for item in left)


def test_a_sweep_without_time_is_continued_by_the_next(store: Store, removal: Deletion) -> None:
    session = store.session(store.agent())
    store.turn(session)
    store.sessions.delete(TENANT, session.agent_id, session.session_id, no_time(store))
    before = store.items()

    assert removal.sweep(key_of(session), no_time(store)) is False
    assert store.items() == before
    assert removal.sweep(key_of(session), store.deadline()) is True
    assert "MESSAGE" not in kinds(store)


def test_progress_is_kept_when_time_runs_out(store: Store, removal: Deletion) -> None:
    session = store.session(store.agent())
    plant(store, session, *(f"MESSAGE#{number:012d}" for number in range(60)))
    store.sessions.delete(TENANT, session.agent_id, session.session_id, no_time(store))
    after(store.client, lambda *_: store.clock.advance(60), "BatchWriteItem")

    left = [kinds(store).count("MESSAGE")]
    while not removal.sweep(key_of(session), store.deadline(60)):
        left.append(kinds(store).count("MESSAGE"))

    assert left == [60, 35, 10]
    assert "MESSAGE" not in kinds(store)


def test_sweeping_twice_changes_nothing_more(store: Store, removal: Deletion) -> None:
    session = store.session(store.agent())
    store.turn(session)
    store.agents.delete(TENANT, session.agent_id, store.deadline())
    sweep_all(store, removal)
    before = store.items()
    sweep_all(store, removal)
    assert store.items() == before


@pytest.mark.parametrize(
    "key", [("HEALTH", "CIRCUIT#openai:x"), ("TENANT#t#AGENT#a#VERSIONS", "VERSION#1"), ("x", "y")]
)
def test_a_record_without_dependents_is_done_at_once(store: Store, removal: Deletion, key: tuple[str, str]) -> None:
    assert removal.sweep({"pk": {"S": key[0]}, "sk": {"S": key[1]}}, store.deadline()) is True


def test_a_session_is_opened_only_while_its_agent_lives(store: Store) -> None:
    """Even if the agent existed a moment before."""
    agent_id = store.agent()
    store.agents.delete(TENANT, agent_id, store.deadline())
    before = store.items()
    with pytest.raises(NotFound):
        store.session(agent_id)
    with pytest.raises(NotFound):
        store.session(an_agent().agent_id)
    under_a_key = a_session(agent_id, store.clock)
    with pytest.raises(NotFound):
        store.sessions.create(TENANT, under_a_key, store.deadline(), IdempotencyKey(name="key", body="hash"))
    assert store.items() == before


def test_deletions_and_new_sessions_get_through_conflicts(store: Store) -> None:
    agent_id = store.agent()
    conflict(store.client, "TransactWriteItems", 3)
    session = store.session(agent_id)
    conflict(store.client, "PutItem", 3)
    store.delete(session)
    conflict(store.client, "PutItem", 3)
    store.agents.delete(TENANT, agent_id, store.deadline())
    with pytest.raises(NotFound):
        store.agents.get(TENANT, agent_id)


def test_a_deletion_is_valid_although_the_clean_up_fails(store: Store) -> None:
    session = store.session(store.agent())
    store.turn(session)
    conflict(store.client, "BatchWriteItem")
    store.delete(session)
    with pytest.raises(NotFound):
        store.read(session)


def test_a_turn_that_runs_while_its_agent_is_deleted_stores_nothing(store: Store) -> None:
    session = store.session(store.agent())
    lease = store.begin(session)
    store.agents.delete(TENANT, session.agent_id, store.deadline())
    before = store.items()
    with pytest.raises(NotFound):
        store.commit(lease)
    assert store.items() == before

"""What is deleted or expired is gone at once for every reader and writer, swept or not."""

from collections.abc import Callable

import pytest

from agentos.domain import Session
from agentos.kernel.clock import Deadline
from agentos.kernel.errors import NotFound
from agentos.store.agents import VersionConflict
from agentos.store.deletion import TOMBSTONE_SECONDS
from tests.store.conftest import TENANT, Store
from tests.support.builders import a_session
from tests.support.clock import START

USES: dict[str, Callable[[Store, Session], object]] = {
    "read": lambda store, session: store.read(session),
    "messages": lambda store, session: store.contents(session),
    "begin": lambda store, session: store.begin(session),
    "delete": lambda store, session: store.delete(session),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_an_expired_session_is_gone_in_the_second_it_expires(store: Store, use: Callable[..., object]) -> None:
    session = store.session(store.agent(), lifetime=10)
    store.turn(session)
    store.clock.advance(9.999)
    assert store.read(session).expires_at == "2026-11-22T12:00:10.000Z"

    store.clock.advance(0.001)

    with pytest.raises(NotFound):
        use(store, session)


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_deleted_session_is_gone(store: Store, use: Callable[..., object]) -> None:
    session = store.session(store.agent())
    store.turn(session)
    store.delete(session)
    with pytest.raises(NotFound):
        use(store, session)


def test_the_expiry_that_was_reported_is_the_one_that_counts(store: Store) -> None:
    created = a_session(store.agent(), store.clock, lifetime=10)
    store.clock.advance(1.5)  # between building the answer and storing it
    store.sessions.create(TENANT, created, store.deadline())
    assert store.read(created).expires_at == created.expires_at


def test_a_session_without_an_expiry_never_expires(store: Store) -> None:
    session = store.session(store.agent())
    store.clock.advance(10 * 366 * 24 * 3600)
    assert store.read(session).expires_at is None


def test_a_deleted_session_leaves_a_small_tombstone_and_no_messages(store: Store) -> None:
    session = store.session(store.agent(), metadata={"secret": "x" * 1000}, user_id="somebody")
    for _ in range(15):
        store.turn(session)

    store.delete(session)

    (tombstone,) = [item for item in store.items() if "SESSION#" in item["pk"]["S"]]
    assert tombstone["sk"]["S"] == "SESSION"
    assert int(tombstone["expiresAt"]["N"]) == START + TOMBSTONE_SECONDS
    assert "secret" not in str(tombstone)
    assert "somebody" not in str(tombstone)


def test_without_time_for_the_messages_the_tombstone_is_still_written(store: Store) -> None:
    session = store.session(store.agent())
    store.turn(session)
    store.sessions.delete(TENANT, session.agent_id, session.session_id, Deadline.after(0.5, store.clock))
    with pytest.raises(NotFound):
        store.contents(session)


def test_a_deleted_agent_is_gone_and_its_sessions_with_it(store: Store) -> None:
    agent_id = store.agent()
    session = store.session(agent_id)
    agent = store.agents.get(TENANT, agent_id)
    store.agents.delete(TENANT, agent_id, store.deadline())

    for use in (
        lambda: store.agents.get(TENANT, agent_id),
        lambda: store.agents.delete(TENANT, agent_id, store.deadline()),
        lambda: store.read(session),
        lambda: store.contents(session),
        lambda: store.delete(session),
    ):
        with pytest.raises(NotFound):
            use()
    with pytest.raises(VersionConflict):
        store.agents.replace(TENANT, agent, agent.model_copy(update={"version": 2}), store.deadline())
    assert store.agents.page(TENANT, 20, None, "desc").data == ()


def test_an_agents_tombstone_holds_nothing_of_it(store: Store) -> None:
    agent_id = store.agent(name="secret name")
    store.agents.delete(TENANT, agent_id, store.deadline())
    (tombstone,) = store.items()
    assert "secret" not in str(tombstone)
    assert int(tombstone["expiresAt"]["N"]) == START + TOMBSTONE_SECONDS


def test_a_session_is_gone_when_its_tombstone_is_swept(store: Store) -> None:
    agent_id = store.agent()
    session = store.session(agent_id)
    store.delete(session)
    store.agents.delete(TENANT, agent_id, store.deadline())
    for item in store.items():
        store.client.call("DeleteItem", TableName=store.table_name, Key={"pk": item["pk"], "sk": item["sk"]})
    with pytest.raises(NotFound):
        store.agents.get(TENANT, agent_id)
    with pytest.raises(NotFound):
        store.read(session)

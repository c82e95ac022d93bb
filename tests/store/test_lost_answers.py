"""The client library repeats a request whose answer is lost. The repeated request must succeed."""

from collections.abc import Callable

import pytest

from agentos.kernel.errors import NotFound, SessionBusy
from tests.store.conftest import TENANT, Store
from tests.support.builders import a_session, an_agent
from tests.support.crashes import lose_answer

Lose = Callable[[str], None]


@pytest.fixture
def lose(store: Store) -> Lose:
    """The next request of a kind reaches the table, but its answer is lost."""

    return lambda operation: lose_answer(store.client, operation)


def test_an_agent_is_created_once(store: Store, lose: Lose) -> None:
    agent = an_agent()
    lose("PutItem")
    store.agents.create(TENANT, agent, store.deadline())
    assert store.agents.page(TENANT, 20, None, "desc").data == (agent,)


def test_a_session_is_created_once(store: Store, lose: Lose) -> None:
    session = a_session(store.agent(), store.clock)
    lose("TransactWriteItems")
    store.sessions.create(TENANT, session, store.deadline())
    assert store.read(session) == session


def test_what_is_deleted_is_deleted_once(store: Store, lose: Lose) -> None:
    session = store.session(store.agent())
    lose("PutItem")
    store.delete(session)
    with pytest.raises(NotFound):
        store.delete(session)


def test_an_agent_is_deleted_once(store: Store, lose: Lose) -> None:
    agent_id = store.agent()
    lose("PutItem")
    store.agents.delete(TENANT, agent_id, store.deadline())
    with pytest.raises(NotFound):
        store.agents.delete(TENANT, agent_id, store.deadline())


def test_a_lease_is_taken_although_its_answer_was_lost(store: Store, lose: Lose) -> None:
    session = store.session(store.agent())
    lose("UpdateItem")
    lease = store.begin(session)
    with pytest.raises(SessionBusy):
        store.begin(session)
    store.commit(lease)
    assert store.read(session).message_count == 2


def test_a_changed_agent_is_changed_once(store: Store, lose: Lose) -> None:
    agent = an_agent()
    store.agents.create(TENANT, agent, store.deadline())
    changed = agent.model_copy(update={"name": "new", "version": 2})
    lose("TransactWriteItems")
    store.agents.replace(TENANT, agent, changed, store.deadline())
    assert store.agents.get(TENANT, agent.agent_id) == changed
    assert store.agents.get(TENANT, agent.agent_id, 1) == agent


def test_a_given_back_lease_is_given_back(store: Store, lose: Lose) -> None:
    session = store.session(store.agent())
    lease = store.begin(session)
    lose("UpdateItem")
    store.release(lease)
    assert store.read(session).state == "idle"


def test_a_turn_is_committed_once(store: Store, lose: Lose) -> None:
    session = store.session(store.agent())
    lease = store.begin(session)
    lose("TransactWriteItems")
    store.commit(lease, "once")
    assert store.contents(session) == ["once", "Hi"]
    assert store.read(session).message_count == 2


def test_a_renewed_lease_is_renewed_once(store: Store, lose: Lose) -> None:
    session = store.session(store.agent())
    lease = store.begin(session, seconds=10)
    lose("UpdateItem")
    store.renew(lease, seconds=60)
    store.clock.advance(30)
    assert store.read(session).state == "running"
    store.commit(lease)

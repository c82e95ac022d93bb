"""The lease: one turn at a time, whoever comes first, and nobody is locked out for good."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from agentos.kernel.errors import NotFound, SessionBusy
from agentos.kernel.ids import new_id
from agentos.store.turns import LEASE_MARGIN_SECONDS, Lease
from tests.store.conftest import TENANT, Store


def test_a_session_is_running_while_its_lease_is_out(store: Store) -> None:
    session = store.session(store.agent())
    assert store.read(session).state == "idle"

    lease = store.begin(session)
    assert store.read(session).state == "running"

    store.commit(lease)
    assert store.read(session).state == "idle"


def test_a_second_turn_is_told_to_wait(store: Store) -> None:
    session = store.session(store.agent())
    store.begin(session)

    with pytest.raises(SessionBusy) as caught:
        store.begin(session)

    assert caught.value.status == 409
    assert 1 <= int(caught.value.headers["retry-after"]) <= 5


def test_a_wait_is_never_advised_beyond_the_lease(store: Store) -> None:
    session = store.session(store.agent())
    store.begin(session, seconds=1)
    store.clock.advance(1.5)

    with pytest.raises(SessionBusy) as caught:
        store.begin(session)
    assert int(caught.value.headers["retry-after"]) <= LEASE_MARGIN_SECONDS


def test_an_expired_lease_is_taken_over_and_the_stalled_writer_fails(store: Store) -> None:
    session = store.session(store.agent())
    stalled = store.begin(session, seconds=10)
    store.clock.advance(10 + LEASE_MARGIN_SECONDS)
    assert store.read(session).state == "idle"

    successor = store.begin(session)
    with pytest.raises(SessionBusy):
        store.commit(stalled, "too late")
    store.commit(successor, "in time")
    with pytest.raises(SessionBusy):
        store.commit(stalled, "much too late")

    assert store.contents(session) == ["in time", "Hi"]
    assert store.read(session).message_count == 2


def test_a_lease_holds_to_its_last_moment(store: Store) -> None:
    session = store.session(store.agent())
    store.begin(session, seconds=10)
    store.clock.advance(10 + LEASE_MARGIN_SECONDS - 0.002)

    assert store.read(session).state == "running"
    with pytest.raises(SessionBusy):
        store.begin(session)


def test_a_stalled_writer_whose_lease_nobody_took_still_commits(store: Store) -> None:
    session = store.session(store.agent())
    lease = store.begin(session, seconds=10)
    store.clock.advance(60)

    store.commit(lease, "late but alone")
    assert store.contents(session) == ["late but alone", "Hi"]


def test_an_abandoned_turn_leaves_everything_as_it_was(store: Store) -> None:
    session = store.session(store.agent(), metadata={"a": 1})
    store.turn(session)
    before = store.items()

    store.turns.release(store.begin(session))

    assert store.items() == before
    store.turn(session)
    assert store.read(session).message_count == 4


def test_a_late_abandon_does_not_end_anothers_lease(store: Store) -> None:
    session = store.session(store.agent())
    stalled = store.begin(session, seconds=1)
    store.clock.advance(60)
    successor = store.begin(session)

    store.turns.release(stalled)

    assert store.read(session).state == "running"
    store.commit(successor)


def test_abandoning_a_deleted_session_does_not_bring_it_back(store: Store) -> None:
    session = store.session(store.agent())
    lease = store.begin(session)
    store.delete(session)

    store.turns.release(lease)

    with pytest.raises(NotFound):
        store.read(session)


@pytest.mark.parametrize("session_id", ["", "SESSION", "sess_", "sess_00000000000000000000000009", "../x", "ü"])
def test_no_lease_on_what_is_not_there(store: Store, session_id: str) -> None:
    agent_id = store.agent()
    before = store.items()

    with pytest.raises(NotFound):
        store.turns.acquire(TENANT, agent_id, session_id, store.deadline())

    assert store.items() == before


def test_no_lease_by_way_of_another_agent_or_tenant(store: Store) -> None:
    session = store.session(store.agent())
    for tenant, agent_id in ((TENANT, store.agent()), ("other", session.agent_id), (TENANT, new_id("agent"))):
        with pytest.raises(NotFound):
            store.turns.acquire(tenant, agent_id, session.session_id, store.deadline())


def test_of_twenty_at_once_exactly_one_gets_the_lease(store: Store) -> None:
    session = store.session(store.agent())
    barrier = threading.Barrier(20)

    def begin(_: int) -> Lease | None:
        barrier.wait()
        try:
            return store.begin(session)
        except SessionBusy:
            return None

    with ThreadPoolExecutor(20) as pool:
        leases = [lease for lease in pool.map(begin, range(20)) if lease]

    assert len(leases) == 1
    store.commit(leases[0])
    assert store.read(session).message_count == 2

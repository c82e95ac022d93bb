"""The lease: one turn at a time, the first one wins, and no session stays locked."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from agentos.kernel.errors import NotFound, SessionBusy
from agentos.kernel.ids import new_id
from agentos.store.leases import Lease
from tests.store.conftest import TENANT, Store


def test_a_session_is_running_while_its_lease_is_held(store: Store) -> None:
    session = store.session(store.agent())
    assert store.read(session).state == "idle"

    lease = store.begin(session)
    assert store.read(session).state == "running"

    store.commit(lease)
    assert store.read(session).state == "idle"


def test_a_second_turn_is_refused_with_retry_after(store: Store) -> None:
    session = store.session(store.agent())
    store.begin(session)

    with pytest.raises(SessionBusy) as caught:
        store.begin(session)

    assert caught.value.status == 409
    assert 1 <= int(caught.value.headers["retry-after"]) <= 5


def test_a_wait_is_never_advised_beyond_the_lease(store: Store) -> None:
    session = store.session(store.agent())
    store.begin(session, seconds=3)
    store.clock.advance(2.5)

    with pytest.raises(SessionBusy) as caught:
        store.begin(session)
    assert int(caught.value.headers["retry-after"]) == 1


def test_an_expired_lease_is_taken_over_and_the_stalled_writer_fails(store: Store) -> None:
    session = store.session(store.agent())
    stalled = store.begin(session, seconds=10)
    store.clock.advance(10)
    assert store.read(session).state == "idle"

    successor = store.begin(session)
    with pytest.raises(SessionBusy):
        store.commit(stalled, "too late")
    store.commit(successor, "in time")
    with pytest.raises(SessionBusy):
        store.commit(stalled, "much too late")

    assert store.contents(session) == ["in time", "Hi"]
    assert store.read(session).message_count == 2


def test_a_lease_is_valid_to_its_last_moment(store: Store) -> None:
    session = store.session(store.agent())
    store.begin(session, seconds=10)
    store.clock.advance(10 - 0.002)

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

    store.release(store.begin(session))

    assert store.items() == before
    store.turn(session)
    assert store.read(session).message_count == 4


def test_a_late_abandon_does_not_end_anothers_lease(store: Store) -> None:
    session = store.session(store.agent())
    stalled = store.begin(session, seconds=1)
    store.clock.advance(60)
    successor = store.begin(session)

    store.release(stalled)

    assert store.read(session).state == "running"
    store.commit(successor)


def test_abandoning_a_deleted_session_does_not_bring_it_back(store: Store) -> None:
    session = store.session(store.agent())
    lease = store.begin(session)
    store.delete(session)

    store.release(lease)

    with pytest.raises(NotFound):
        store.read(session)


@pytest.mark.parametrize("session_id", ["", "SESSION", "sess_", "sess_00000000000000000000000009", "../x", "ü"])
def test_no_lease_on_a_missing_session(store: Store, session_id: str) -> None:
    agent_id = store.agent()
    before = store.items()

    with pytest.raises(NotFound):
        store.acquire(TENANT, agent_id, session_id)

    assert store.items() == before


def test_no_lease_by_way_of_another_agent_or_tenant(store: Store) -> None:
    session = store.session(store.agent())
    for tenant, agent_id in ((TENANT, store.agent()), ("other", session.agent_id), (TENANT, new_id("agent"))):
        with pytest.raises(NotFound):
            store.acquire(tenant, agent_id, session.session_id)


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


def test_a_renewed_lease_lasts_from_its_renewal_on(store: Store) -> None:
    session = store.session(store.agent())
    lease = store.begin(session, seconds=10)
    store.clock.advance(9)
    store.renew(lease, seconds=10)
    store.clock.advance(9)
    with pytest.raises(SessionBusy):
        store.begin(session)
    store.clock.advance(1)
    store.begin(session)


def test_a_lapsed_lease_that_nobody_took_is_renewed(store: Store) -> None:
    session = store.session(store.agent())
    lease = store.begin(session, seconds=10)
    store.clock.advance(60)
    store.renew(lease)
    with pytest.raises(SessionBusy):
        store.begin(session)
    store.commit(lease)


def test_a_lease_that_another_turn_has_taken_is_not_renewed(store: Store) -> None:
    session = store.session(store.agent())
    frozen = store.begin(session, seconds=10)
    store.clock.advance(10)
    successor = store.begin(session, seconds=10)
    before = store.items()
    with pytest.raises(SessionBusy):
        store.renew(frozen, seconds=60)
    assert store.items() == before
    store.commit(successor, "in time")
    with pytest.raises(SessionBusy):
        store.renew(frozen, seconds=60)
    assert store.read(session).state == "idle"


def test_a_renewal_does_not_bring_a_deleted_session_back(store: Store) -> None:
    session = store.session(store.agent())
    lease = store.begin(session)
    store.delete(session)
    before = store.items()
    with pytest.raises(NotFound):
        store.renew(lease)
    assert store.items() == before


def test_a_lease_that_was_never_taken_can_be_given_back(store: Store) -> None:
    session = store.session(store.agent())
    before = store.items()
    store.leases.release((TENANT, session.agent_id, session.session_id), new_id("turn"), store.deadline())
    assert store.items() == before

"""Pages of sessions, by agent and by user: complete and in order, although the list is in an index."""

from typing import Any

import pytest

from agentos.domain import Session, SessionFilter
from agentos.kernel.errors import InvalidRequest
from agentos.kernel.ids import new_id
from agentos.store import keys
from agentos.store.pages import MAX_PAGE_BYTES
from tests.store.conftest import TENANT, Store, flat


def walk(store: Store, agent_id: str, limit: int, order: str, user_id: str | None = None) -> list[list[str]]:
    pages: list[list[str]] = []
    after: str | None = None
    while True:
        page = store.sessions.page(TENANT, agent_id, SessionFilter(user_id), limit, after, order)
        pages.append([session.session_id for session in page.data])
        if page.next_cursor is None:
            assert not page.has_more
            return pages
        assert page.has_more
        after = page.next_cursor


def sessions(store: Store, agent_id: str, count: int, **fields: Any) -> list[Session]:
    """New sessions, oldest first."""
    return sorted((store.session(agent_id, **fields) for _ in range(count)), key=lambda one: one.session_id)


def ids(of: list[Session]) -> list[str]:
    return [session.session_id for session in of]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_every_page_size_shows_everything_once_and_in_order(store: Store, order: str) -> None:
    agent_id = store.agent()
    made = ids(sessions(store, agent_id, 7))
    sessions(store, store.agent(), 2)
    expected = made if order == "asc" else made[::-1]

    for limit in range(1, 9):
        pages = walk(store, agent_id, limit, order)
        assert flat(pages) == expected
        assert all(len(page) == limit for page in pages[:-1])


def test_sessions_are_in_order_however_the_table_returns_them(store: Store) -> None:
    """BatchGetItem answers in any order, and in several parts."""
    agent_id = store.agent()
    made = ids(sessions(store, agent_id, 60))
    assert walk(store, agent_id, 100, "asc") == [made]
    assert walk(store, agent_id, 100, "desc") == [made[::-1]]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_one_users_sessions(store: Store, order: str) -> None:
    agent_id = store.agent()
    ann = ids(sessions(store, agent_id, 5, user_id="ann"))
    sessions(store, agent_id, 3, user_id="ann#2")
    sessions(store, agent_id, 3)
    sessions(store, store.agent(), 2, user_id="ann")
    expected = ann if order == "asc" else ann[::-1]

    for limit in (1, 2, 5, 20):
        assert flat(walk(store, agent_id, limit, order, "ann")) == expected
    assert walk(store, agent_id, 20, order, "nobody") == [[]]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_deleted_and_expired_sessions_leave_no_holes(store: Store, order: str) -> None:
    agent_id = store.agent()
    made = sessions(store, agent_id, 4)
    expiring = sessions(store, agent_id, 4, lifetime=10)
    made += sessions(store, agent_id, 4)
    store.delete(made[1])
    store.delete(made[6])
    left = sorted(ids([one for one in made if one not in (made[1], made[6])]))  # two may be of one millisecond
    assert len(flat(walk(store, agent_id, 3, order))) == len(left) + len(expiring)

    store.clock.advance(10)

    for limit in range(1, 8):
        pages = walk(store, agent_id, limit, order)
        assert flat(pages) == (left if order == "asc" else left[::-1])
        assert all(len(page) == limit for page in pages[:-1])


def test_new_sessions_between_pages_neither_repeat_nor_hide_others(store: Store) -> None:
    agent_id = store.agent()
    made = ids(sessions(store, agent_id, 4))
    first = store.sessions.page(TENANT, agent_id, SessionFilter(), 2, None, "desc")
    store.session(agent_id)
    second = store.sessions.page(TENANT, agent_id, SessionFilter(), 2, first.next_cursor, "desc")

    assert [session.session_id for session in (*first.data, *second.data)] == made[::-1]
    assert second.has_more is False


def test_a_listed_session_is_as_it_would_be_read(store: Store) -> None:
    agent_id = store.agent()
    session = store.session(agent_id, metadata={"a": [1.5, None]}, user_id="ann", lifetime=60)
    store.turn(session)
    store.begin(session)

    (listed,) = store.sessions.page(TENANT, agent_id, SessionFilter("ann"), 1, None, "desc").data

    assert listed == store.read(session)
    assert (listed.state, listed.message_count) == ("running", 2)


def test_large_sessions_make_shorter_pages_that_say_there_is_more(store: Store) -> None:
    agent_id = store.agent()
    made = ids(sessions(store, agent_id, 12, metadata={"m": "x" * 390_000}))

    pages = walk(store, agent_id, 100, "asc")

    assert flat(pages) == made
    assert len(pages) > 1
    assert all(len(page) * 390_000 <= MAX_PAGE_BYTES for page in pages)


def test_cursors_stay_in_their_own_list(store: Store) -> None:
    mine, other = store.agent(), store.agent()
    sessions(store, mine, 3)
    strangers = ids(sessions(store, other, 3))
    cursor = store.sessions.page(TENANT, other, SessionFilter(), 1, None, "asc").next_cursor

    page = store.sessions.page(TENANT, mine, SessionFilter(), 20, cursor, "desc")

    assert not {session.session_id for session in page.data} & set(strangers)


BAD_CURSORS = [
    "",
    "garbage",
    "ü",
    keys.cursor(TENANT, new_id("agent")),
    keys.cursor(TENANT, "3"),
    keys.cursor(TENANT, "sess_1"),
]


def test_a_cursor_of_another_origin_is_refused(store: Store) -> None:
    agent_id = store.agent()
    for cursor in BAD_CURSORS:
        with pytest.raises(InvalidRequest):
            store.sessions.page(TENANT, agent_id, SessionFilter(), 20, cursor, "desc")

"""Any text as a cursor: a page of the list that is asked for, or InvalidRequest that names `after`."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentos.domain import Page, SessionFilter
from agentos.kernel.errors import InvalidRequest
from agentos.kernel.ids import new_id
from agentos.store import keys
from tests.store.conftest import TENANT, Store
from tests.support.properties import examples

SHARED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
"""All examples read one table, which none of them changes."""

POSITIONS = st.one_of(
    st.text(max_size=20),
    st.integers().map(str),
    st.sampled_from(["agent_", "sess_", "msg_", "turn_"]).flatmap(lambda kind: st.text(max_size=26).map(kind.__add__)),
    st.sampled_from(["agent", "sess", "msg"]).map(new_id),
)
CURSORS = st.one_of(
    st.text(st.characters(), max_size=20),  # lone surrogates too
    st.text("abcXYZ019-_=+/", max_size=30),
    st.binary(max_size=20).map(lambda position: base64.urlsafe_b64encode(position).decode()),
    POSITIONS.map(lambda position: keys.cursor(TENANT, position)),
    POSITIONS.map(lambda position: keys.cursor(TENANT, position) + "="),
    POSITIONS.map(lambda position: keys.cursor("other", position)),
)
ORDERS = st.sampled_from(["asc", "desc"])


@pytest.fixture
def lists(store: Store) -> dict[str, Callable[[str | None, int, str], Page[Any]]]:
    """The four lists of one tenant, by the kind of their entries: what each is asked for."""
    agent_id = store.agent()
    store.agent()
    session = store.session(agent_id, user_id="ann")
    store.session(agent_id, user_id="ann")
    store.turn(session)
    place = (TENANT, agent_id, session.session_id)
    return {
        "agents": lambda after, limit, order: store.agents.page(TENANT, limit, after, order),
        "sessions": lambda after, limit, order: store.sessions.page(
            TENANT, agent_id, SessionFilter(), limit, after, order
        ),
        "a user's": lambda after, limit, order: store.sessions.page(
            TENANT, agent_id, SessionFilter("ann"), limit, after, order
        ),
        "messages": lambda after, limit, order: store.sessions.messages(*place, limit, after, order),
    }


@settings(examples(60), suppress_health_check=SHARED)
@given(cursor=CURSORS, order=ORDERS)
def test_any_text_is_a_position_in_the_list_or_refused(lists: Any, cursor: str, order: str) -> None:
    for ask in lists.values():
        every = ask(None, 10, order).data
        try:
            page = ask(cursor, 10, order)
        except InvalidRequest as error:
            assert [one["field"] for one in error.details["errors"]] == ["after"]
        else:
            assert page.data == every[len(every) - len(page.data) :], "the end of the list itself"


def test_a_cursor_of_another_kind_of_list_is_refused(lists: Any) -> None:
    """That of another list of the same kind is only a position: it holds no key, and so leads nowhere else."""
    given = {name: ask(None, 1, "asc").next_cursor for name, ask in lists.items()}
    for name, ask in lists.items():
        for other, cursor in given.items():
            if {name, other} <= {"sessions", "a user's"} or name == other:
                assert len(ask(cursor, 10, "asc").data) == 1
            else:
                with pytest.raises(InvalidRequest):
                    ask(cursor, 10, "asc")

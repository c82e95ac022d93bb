"""Pages of messages, and the history that a turn reads: in the order of the conversation, from either end."""

import json
from functools import partial

import pytest

from agentos.domain import Session
from agentos.kernel.errors import InvalidRequest, NotFound
from agentos.kernel.ids import new_id
from agentos.kernel.json_text import dump
from agentos.store import keys
from agentos.store.transport.messages import Answer, Request
from tests.store.conftest import TENANT, Store, flat
from tests.support.builders import a_reply
from tests.support.transport import Send, around, before

LAMBDA_RESPONSE_BYTES = 6 * 1024 * 1024


def walk(store: Store, session: Session, limit: int, order: str) -> list[list[str]]:
    pages: list[list[str]] = []
    after: str | None = None
    while True:
        page = store.sessions.messages(
            TENANT,
            session.agent_id,
            session.session_id,
            limit,
            after,
            order,
        )
        pages.append([str(message.content) for message in page.data])
        if not page.has_more:
            assert page.next_cursor is None
            return pages
        after = page.next_cursor


def conversation(store: Store, turns: int) -> tuple[Session, list[str]]:
    session = store.session(store.agent())
    for number in range(turns):
        store.turn(session, f"q{number}", a_reply(f"a{number}"))
    return session, [f"{kind}{number}" for number in range(turns) for kind in "qa"]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_every_page_size_shows_everything_once_and_in_order(store: Store, order: str) -> None:
    session, said = conversation(store, 6)  # more than ten messages: 10 must not sort before 9
    expected = said if order == "asc" else said[::-1]

    for limit in (1, 2, 3, 5, 11, 12, 13, 100):
        pages = walk(store, session, limit, order)
        assert flat(pages) == expected
        assert all(len(page) == limit for page in pages[:-1])


def test_a_turn_between_pages_is_seen_once(store: Store) -> None:
    session = store.session(store.agent())
    store.turn(session, "q0")
    place = (TENANT, session.agent_id, session.session_id)
    first = store.sessions.messages(*place, 1, None, "asc")
    store.turn(session, "q1")
    rest = store.sessions.messages(*place, 10, first.next_cursor, "asc")
    assert [message.content for message in (*first.data, *rest.data)] == ["q0", "Hi", "q1", "Hi"]


@pytest.mark.parametrize(("count", "oldest"), [(3, "a28"), (60, "q0")])
def test_the_newest_messages_are_read_in_one_request_at_half_price(store: Store, count: int, oldest: str) -> None:
    session = store.session(store.agent())
    for number in range(30):
        store.turn(session, f"q{number}", a_reply(f"a{number}"))
    lease = store.begin(session)
    made: list[tuple[str, bool]] = []

    def note(request: Request) -> None:
        made.append((request.operation, request.parameters["ConsistentRead"]))

    before(store.client, note)

    history = [message.content for message in store.turns.newest(TENANT, lease.session, count)]

    assert history[0] == oldest
    assert history[-2:] == ["q29", "a29"]
    assert len(history) == count
    assert made == [("Query", False)]


def test_a_history_that_has_not_arrived_everywhere_is_read_again_consistently(store: Store) -> None:
    """DynamoDB's cheaper reads may miss recent writes. The session knows how many messages it has."""
    session = store.session(store.agent())
    store.turn(session, "q0", a_reply("a0"))
    lease = store.begin(session)

    def lag(request: Request, send: Send) -> Answer:
        asked = request.parameters
        if asked["ConsistentRead"]:
            return send(request)
        values = asked["ExpressionAttributeValues"]
        late = {**asked, "Limit": 1, "ExpressionAttributeValues": {**values, ":last": values[":first"]}}
        return send(Request(request.operation, late))

    around(store.client, lag, "Query")

    assert [message.content for message in store.turns.newest(TENANT, lease.session, 2)] == ["q0", "a0"]


@pytest.mark.parametrize("letter", ['"', "日", "\x01"])
def test_a_page_of_large_messages_fits_a_lambda_response(store: Store, letter: str) -> None:
    """The page is JSON text inside the response's JSON, so quotes and backslashes are escaped twice."""
    session = store.session(store.agent())
    length = 380_000 // len(json.dumps(letter, ensure_ascii=False)[1:-1].encode())
    for _ in range(9):
        store.turn(session, letter * length, a_reply(letter * length))

    seen = 0
    after: str | None = None
    while True:
        page = store.sessions.messages(TENANT, session.agent_id, session.session_id, 100, after, "asc")
        seen += len(page.data)
        response = json.dumps({"statusCode": 200, "body": dump(page.to_json())}, ensure_ascii=False)
        assert len(response.encode()) < LAMBDA_RESPONSE_BYTES - 10_000
        if page.next_cursor is None:
            break
        after = page.next_cursor
    assert seen == 18


def test_a_cursor_of_another_session_is_only_a_position(store: Store) -> None:
    session, said = conversation(store, 2)
    other = store.session(store.agent())
    store.turn(other, "secret")
    cursor = store.sessions.messages(TENANT, other.agent_id, other.session_id, 1, None, "asc").next_cursor

    page = store.sessions.messages(
        TENANT,
        session.agent_id,
        session.session_id,
        20,
        cursor,
        "asc",
    )

    assert [message.content for message in page.data] == said[1:]


@pytest.mark.parametrize("position", ["0", "999999999999"])
def test_a_forged_position_stays_in_the_session(store: Store, position: str) -> None:
    session, said = conversation(store, 1)
    place = (TENANT, session.agent_id, session.session_id)
    seen = [
        str(message.content)
        for order in ("asc", "desc")
        for message in store.sessions.messages(*place, 20, keys.cursor(TENANT, position), order).data
    ]
    assert sorted(seen) == sorted(said)


BAD_CURSORS = [
    "",
    "garbage",
    "\ud800",
    *map(
        partial(keys.cursor, TENANT),
        ["", "-1", "1.5", "9" * 13, "٣", "0x1", " 1", "1\n", new_id("msg"), "MESSAGE#000000000001"],
    ),
]


def test_a_cursor_of_another_origin_is_refused(store: Store) -> None:
    session = store.session(store.agent())
    for cursor in BAD_CURSORS:
        with pytest.raises(InvalidRequest):
            store.sessions.messages(TENANT, session.agent_id, session.session_id, 20, cursor, "asc")


def test_messages_of_a_missing_session_are_not_found(store: Store) -> None:
    session = store.session(store.agent())
    for agent_id, session_id in (
        (session.agent_id, new_id("sess")),
        (new_id("agent"), session.session_id),
        (store.agent(), session.session_id),
        (session.agent_id, "SESSION"),
    ):
        with pytest.raises(NotFound):
            store.sessions.messages(TENANT, agent_id, session_id, 20, None, "asc")

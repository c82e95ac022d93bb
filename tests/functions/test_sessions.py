"""Sessions over HTTP: opened, listed by user, expired, deleted."""

from typing import Any

import pytest

from agentos import wiring
from agentos.domain import SessionFilter
from agentos.kernel.ids import new_id
from agentos.store.sessions import SessionStore


def test_a_session_needs_no_body(api: Any) -> None:
    session = api("create_session", agentId=api.agent())
    assert session.status == 201
    assert (session.json["userId"], session.json["metadata"], session.json["expiresAt"]) == (None, {}, None)


def test_metadata_is_stored_exactly(api: Any) -> None:
    agent_id = api.agent()
    text = '{"metadata":{"":"","f":1.0,"big":123456789012345678901234567890,"n":null,"u":"\\ud83d\\ude00","l":[-0.0]}}'
    made = api("create_session", text, agentId=agent_id)
    read = api("get_session", agentId=agent_id, sessionId=made.json["sessionId"])
    kept = '"metadata":{"":"","f":1.0,"big":123456789012345678901234567890,"n":null,"u":"😀","l":[-0.0]}'
    assert kept in made.text
    assert kept in read.text


def test_sessions_are_listed_by_user(api: Any) -> None:
    agent_id = api.agent()
    ann = [api.session(agent_id, userId="ann") for _ in range(3)]
    api.session(agent_id, userId="bob")
    api.session(agent_id)

    page = api("list_sessions", agentId=agent_id, query={"userId": "ann", "limit": "2"}).json
    rest = api("list_sessions", agentId=agent_id, query={"userId": "ann", "after": page["nextCursor"]}).json

    assert {one["sessionId"] for one in (*page["data"], *rest["data"])} == set(ann)
    assert (page["hasMore"], rest["hasMore"], rest["nextCursor"]) == (True, False, None)
    assert len(api("list_sessions", agentId=agent_id).json["data"]) == 5


def test_a_user_without_sessions_has_an_empty_list(api: Any) -> None:
    agent_id = api.agent()
    for user_id in ("", "nobody", "ü", "a#b", "😀" * 256, "\x00"):
        answer = api("list_sessions", agentId=agent_id, query={"userId": user_id})
        assert answer.status == 200, answer.text
        assert answer.json["data"] == []


def test_an_invalid_user_id_is_a_400(api: Any) -> None:
    answer = api("list_sessions", agentId=api.agent(), query={"userId": "x" * 257})
    assert answer.status == 400
    assert answer.json["details"]["errors"][0]["field"] == "userId"


def test_any_accepted_user_id_can_be_listed(api: Any) -> None:
    agent_id = api.agent()
    for user_id in ("x", "日" * 256, "😀" * 256, "a#b", " ", "\x00"):
        session_id = api.session(agent_id, userId=user_id)
        (found,) = api("list_sessions", agentId=agent_id, query={"userId": user_id}).json["data"]
        assert (found["sessionId"], found["userId"]) == (session_id, user_id)


def test_deleting_is_204_without_a_body_once_and_404_ever_after(api: Any, upstream: Any) -> None:
    agent_id = api.agent()
    session_id = api.session(agent_id)
    api.say(agent_id, session_id)
    path = {"agentId": agent_id, "sessionId": session_id}

    first = api("delete_session", **path)
    assert (first.status, first.text) == (204, "")

    for folder in ("delete_session", "get_session", "list_messages"):
        assert api(folder, **path).status == 404, folder
    assert api.say(agent_id, session_id).status == 404
    assert api("explain_route", {"content": "hi", "sessionId": session_id}, agentId=agent_id).status == 404
    assert api("list_sessions", agentId=agent_id).json["data"] == []


def test_a_session_is_found_under_its_own_agent_alone(api: Any, upstream: Any) -> None:
    session_id = api.session(api.agent())
    stranger = api.agent()
    path = {"agentId": stranger, "sessionId": session_id}
    for folder in ("get_session", "list_messages", "delete_session"):
        assert api(folder, **path).status == 404, folder
    assert api.say(stranger, session_id).status == 404
    assert upstream.requests == []


def test_an_unknown_or_malformed_id_is_not_found(api: Any, upstream: Any) -> None:
    agent_id = api.agent()
    for session_id in ("x", "SESSION", new_id("sess"), new_id("agent"), "ü", "s" * 5000):
        for folder in ("get_session", "list_messages", "delete_session"):
            answer = api(folder, agentId=agent_id, sessionId=session_id)
            assert (answer.status, answer.json["code"]) == (404, "not_found"), (folder, session_id)
        assert api.say(agent_id, session_id).status == 404
        assert api("explain_route", {"content": "hi", "sessionId": session_id}, agentId=agent_id).status == 404
    assert upstream.requests == []


def test_lists_page_through_the_api_in_both_orders(api: Any, upstream: Any) -> None:
    agent_id = api.agent()
    session_id = api.session(agent_id)
    for number in range(3):
        api.say(agent_id, session_id, f"q{number}")
    path = {"agentId": agent_id, "sessionId": session_id}

    for order, expected in (("asc", ["q0", "q1", "q2"]), ("desc", ["q2", "q1", "q0"]), (None, ["q0", "q1", "q2"])):
        seen: list[str] = []
        query = {"limit": "2"} | ({"order": order} if order else {})
        while True:
            page = api("list_messages", query=query, **path).json
            seen += [message["content"] for message in page["data"] if message["role"] == "user"]
            if not page["hasMore"]:
                break
            query["after"] = page["nextCursor"]
        assert seen == expected


# --- search ----------------------------------------------------------------------------------------


def found(api: Any, agent_id: str, **query: str) -> list[str]:
    """The ids of all pages, in order. No session is on two of them."""
    ids: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = api("list_sessions", agentId=agent_id, query={**query, **after})
        assert page.status == 200, page.text
        ids += [one["sessionId"] for one in page.json["data"]]
        if not page.json["hasMore"]:
            assert page.json["nextCursor"] is None
            assert len(set(ids)) == len(ids)
            return ids
        after = {"after": page.json["nextCursor"]}


def test_sessions_are_found_by_metadata(api: Any) -> None:
    agent_id = api.agent()
    made = [
        api.session(agent_id, userId="ann" if number % 2 else "bob", metadata={"team": team, "nested": {"team": "a"}})
        for number, team in enumerate(("a", "b", "a", 1, None, "a", "A"))
    ]
    others = api.session(api.agent(), metadata={"team": "a"})
    of_a = [made[5], made[2], made[0]]
    assert found(api, agent_id, **{"metadata.team": "a"}) == of_a
    assert found(api, agent_id, **{"metadata.team": "a", "order": "asc"}) == of_a[::-1]
    assert found(api, agent_id, **{"metadata.team": "a", "limit": "1"}) == of_a
    assert found(api, agent_id, **{"metadata.team": "a", "userId": "bob"}) == [made[2], made[0]]
    for query in ({"metadata.team": "1"}, {"metadata.team": ""}, {"metadata.": "a"}, {"metadata.nested.team": "a"}):
        assert found(api, agent_id, **query) == []
    assert others not in of_a


def test_a_search_reads_so_many_sessions_and_says_where_it_stopped(api: Any) -> None:
    store = SessionStore(wiring.table(), wiring.clock(), max_searched=3)
    agent_id = api.agent()
    made = [api.session(agent_id, metadata={"n": str(number % 5)}) for number in range(10)]
    pages = []
    after = None
    while True:
        page = store.page("default", agent_id, SessionFilter(metadata={"n": "1"}), 20, after, "desc")
        pages.append([one.session_id for one in page.data])
        if not page.has_more:
            break
        after = page.next_cursor
    assert pages == [[], [made[6]], [made[1]], []]


def test_sessions_are_found_by_the_begin_of_their_id(api: Any) -> None:
    agent_id = api.agent()
    made = [api.session(agent_id, userId="ann", metadata={"n": str(number)}) for number in range(3)]
    for session_id in made:
        assert found(api, agent_id, sessionId=session_id) == [session_id]
        assert session_id in found(api, agent_id, sessionId=session_id[:12])
    assert found(api, agent_id, sessionId="sess_", limit="2") == made[::-1]
    assert found(api, agent_id, sessionId=made[1], userId="ann") == [made[1]]
    assert found(api, agent_id, sessionId=made[1], userId="bob") == []
    assert found(api, agent_id, **{"sessionId": "sess_", "metadata.n": "2"}) == [made[2]]
    for other in ("sess_z", made[0].upper(), "agent", "\x00", "ü"):
        assert found(api, agent_id, sessionId=other) == []
    assert found(api, api.agent(), sessionId=made[0]) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"sessionId": ""}, "sessionId"),
        ({"sessionId": "s" * 257}, "sessionId"),
        ({"metadata": "a"}, "metadata"),
        ({"metadataTeam": "a"}, "metadataTeam"),
        ({"Metadata.team": "a"}, "Metadata.team"),
        ({"metadata.team": "a", "after": "x"}, "after"),
    ],
)
def test_a_mistaken_filter_is_named(api: Any, query: dict[str, str], field: str) -> None:
    answer = api("list_sessions", agentId=api.agent(), query=query)
    assert (answer.status, answer.json["details"]["errors"][0]["field"]) == (400, field)

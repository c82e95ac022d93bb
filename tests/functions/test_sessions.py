"""Sessions over HTTP: opened, listed by user, expired, deleted."""

from typing import Any

from agentos.kernel.ids import new_id


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

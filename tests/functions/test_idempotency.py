"""`Idempotency-Key`: a repeated request is done once and answered as it was the first time."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from agentos.store.idempotency import KEY_SECONDS
from tests.functions.conftest import Gate
from tests.support.clock import ShiftedClock
from tests.support.gateway import Answer, Client
from tests.support.upstream import answer, calling, refusal

AGENT = {"name": "n", "model": "local:any", "config": {"temperature": 0.1, "instructions": "日本 😀"}}
YEAR_SECONDS = 366 * 24 * 3600
TWO_CALLS = (("call_1", "f", '{"a": 1.50}'), ("call_2", "g", ""))

Stored = Callable[[], list[dict[str, Any]]]


def post(api: Client, folder: str, body: Any, key: str = "key-1", **path: str) -> Answer:
    return api(folder, body, headers={"Idempotency-Key": key}, **path)


def respelled(body: Any) -> str:
    """The same JSON as another client library may write it."""
    backwards = {name: body[name] for name in reversed(body)}
    return json.dumps(backwards, indent=3, ensure_ascii=True)


@pytest.fixture
def path(api: Client, upstream: Any) -> dict[str, str]:
    agent_id = api.agent()
    return {"agentId": agent_id, "sessionId": api.session(agent_id)}


def result(call_id: str, content: str = "done") -> dict[str, str]:
    return {"role": "tool", "toolCallId": call_id, "content": content}


# --- the same request -----------------------------------------------------------------------------


def test_an_agent_is_created_once(api: Client, stored: Stored) -> None:
    first = post(api, "create_agent", AGENT)
    before = stored()

    assert first.status == 201
    assert post(api, "create_agent", AGENT) == first
    assert post(api, "create_agent", respelled(AGENT)) == first
    assert stored() == before


def test_a_created_agent_is_shown_as_it_was_then(api: Client) -> None:
    first = post(api, "create_agent", AGENT)
    agent_id = first.json["agentId"]
    assert api("update_agent", {"name": "other", "config": {"temperature": 1}}, agentId=agent_id).status == 200

    assert post(api, "create_agent", AGENT) == first
    assert api("get_agent", agentId=agent_id).json["version"] == 2


def test_a_session_is_created_once_and_shown_as_it_was_then(
    api: Client, upstream: Any, stored: Stored, clock: ShiftedClock
) -> None:
    agent_id = api.agent()
    body = {"userId": "ann", "metadata": {"b": 1.0, "a": ""}, "expiresInSeconds": 600}
    first = post(api, "create_session", body, agentId=agent_id)
    assert first.status == 201
    clock.shift = 300
    assert api.say(agent_id, first.json["sessionId"]).status == 200  # its count, usage and expiry change
    before = stored()

    assert post(api, "create_session", respelled(body), agentId=agent_id) == first
    assert stored() == before


def test_a_session_without_a_body_is_created_once(api: Client) -> None:
    agent_id = api.agent()
    first = post(api, "create_session", None, agentId=agent_id)
    assert first.status == 201
    assert post(api, "create_session", {}, agentId=agent_id) == first


def test_a_message_is_answered_once(api: Client, upstream: Any, path: dict[str, str], stored: Stored) -> None:
    body = {"content": "Hello", "metadata": {"x": 0.1, "y": [1, "é"]}}
    first = post(api, "send_message", body, **path)
    before = stored()

    assert first.status == 200
    assert {"x-agentos-model", "x-agentos-attempts"} <= set(first.headers)
    assert post(api, "send_message", body, **path) == first
    assert post(api, "send_message", respelled(body), **path) == first
    assert len(upstream.requests) == 1
    assert stored() == before


def test_a_replay_shows_the_original_attempts(api: Client, upstream: Any, path: dict[str, str]) -> None:
    upstream.script.append(refusal(503))
    first = post(api, "send_message", {"content": "Hello"}, **path)
    assert first.headers["x-agentos-attempts"] == "2"
    assert post(api, "send_message", {"content": "Hello"}, **path) == first


def test_a_message_is_replayed_after_others_and_a_year_later(
    api: Client, upstream: Any, path: dict[str, str], clock: ShiftedClock
) -> None:
    upstream.script.append(answer("the first answer"))
    first = post(api, "send_message", {"content": "one"}, **path)
    for number in range(3):
        assert post(api, "send_message", {"content": "more"}, f"more-{number}", **path).status == 200
    clock.shift = YEAR_SECONDS

    assert post(api, "send_message", {"content": "one"}, **path) == first
    assert first.json["content"] == "the first answer"
    assert api.said(*path.values())[::2] == ["one", "more", "more", "more"]
    assert len(upstream.requests) == 4


def test_an_answer_of_many_parts_is_replayed_whole(api: Client, upstream: Any, path: dict[str, str]) -> None:
    from tests.support.long_text import ASCII, unpressable

    upstream.script.append(answer(unpressable(ASCII, 900_000)))
    first = post(api, "send_message", {"content": "long"}, **path)
    assert first.status == 200
    assert post(api, "send_message", {"content": "long"}, **path) == first


def test_tool_results_are_taken_once_each_step_of_the_way(
    api: Client, upstream: Any, path: dict[str, str], stored: Stored
) -> None:
    upstream.script.append(calling(*TWO_CALLS))
    asked = post(api, "send_message", {"content": "do"}, "ask", **path)
    partial = post(api, "send_message", result("call_2"), "part", **path)
    assert [call["id"] for call in partial.json["toolCalls"]] == ["call_1"]
    before = stored()
    assert post(api, "send_message", respelled(result("call_2")), "part", **path) == partial
    assert stored() == before
    final = post(api, "send_message", {"messages": [result("call_1")]}, "rest", **path)
    assert (final.status, final.json["state"]) == (200, "completed")
    before = stored()

    for body, key, expected in (
        ({"content": "do"}, "ask", asked),
        (result("call_2"), "part", partial),
        ({"messages": [result("call_1")]}, "rest", final),
    ):
        assert post(api, "send_message", body, key, **path) == expected
    assert stored() == before
    assert len(upstream.requests) == 2


def test_the_key_of_a_create_is_valid_for_its_time_and_unused_afterwards(
    api: Client, client: Any, table_name: str
) -> None:
    first = post(api, "create_agent", AGENT)
    (record,) = [
        item
        for item in client.call("Scan", TableName=table_name)["Items"]
        if item["pk"]["S"].startswith("TENANT#default#KEY#")
    ]
    _move(client, table_name, record, -KEY_SECONDS + 60)
    assert post(api, "create_agent", AGENT) == first

    _move(client, table_name, record, -KEY_SECONDS - 60)
    again = post(api, "create_agent", AGENT)
    assert again.status == 201
    assert again.json["agentId"] != first.json["agentId"]
    assert post(api, "create_agent", AGENT) == again


def _move(client: Any, table_name: str, record: dict[str, Any], seconds: int) -> None:
    """Make a record older by so much time."""
    expires_at = {"N": str(int(record["expiresAt"]["N"]) + seconds)}
    client.call("PutItem", TableName=table_name, Item={**record, "expiresAt": expires_at})


# --- another body, another place, another time --------------------------------------------------


def test_the_same_key_with_another_body_is_refused(api: Client, upstream: Any, path: dict[str, str]) -> None:
    agent = {"agentId": path["agentId"]}
    for folder, body, other, place in (
        ("create_agent", AGENT, {**AGENT, "name": "m"}, {}),
        ("create_session", {"userId": "a"}, {"userId": "b"}, agent),
        ("send_message", {"content": "1"}, {"content": "1 "}, path),
        ("send_message", {"content": "1"}, {"content": "1", "metadata": {"a": True}}, path),
    ):
        first = post(api, folder, body, **place)
        refused = post(api, folder, other, **place)
        assert (refused.status, refused.json["code"]) == (422, "idempotency_mismatch"), folder
        assert post(api, folder, body, **place) == first
    assert len(upstream.requests) == 1


def test_true_and_one_are_different_bodies(api: Client, path: dict[str, str]) -> None:
    assert post(api, "create_session", {"metadata": {"a": 1}}, agentId=path["agentId"]).status == 201
    assert post(api, "create_session", {"metadata": {"a": True}}, agentId=path["agentId"]).status == 422


def test_a_key_is_valid_for_its_own_path_alone(api: Client, upstream: Any, path: dict[str, str]) -> None:
    other_session = {**path, "sessionId": api.session(path["agentId"])}
    other_agent = api.agent()
    third = {"agentId": other_agent, "sessionId": api.session(other_agent)}
    replies = [post(api, "send_message", {"content": "hi"}, **place) for place in (path, other_session, third)]
    assert len({reply.json["messageId"] for reply in replies}) == 3
    assert len(upstream.requests) == 3

    opened = [post(api, "create_session", {}, agentId=agent_id) for agent_id in (path["agentId"], other_agent)]
    assert len({one.json["sessionId"] for one in opened}) == 2


def test_a_key_is_valid_for_its_own_tenant_alone(api: Client) -> None:
    made = [post(client, "create_agent", AGENT) for client in (Client("acme"), Client("globex"), api)]
    assert [one.status for one in made] == [201, 201, 201]
    assert len({one.json["agentId"] for one in made}) == 3
    bodies = [post(client, "create_agent", {**AGENT, "name": "x"}) for client in (Client("acme"), Client("initech"))]
    assert [one.status for one in bodies] == [422, 201]


def test_a_key_is_refused_while_its_first_request_runs(
    api: Client, upstream: Any, path: dict[str, str], pool: ThreadPoolExecutor
) -> None:
    gate = Gate(upstream)
    first = pool.submit(post, api, "send_message", {"content": "slow"}, **path)
    try:
        assert gate.reached.wait(30)
        second = post(api, "send_message", {"content": "slow"}, **path)
        other_body = post(api, "send_message", {"content": "quick"}, **path)
        other_key = post(api, "send_message", {"content": "slow"}, "key-2", **path)
        no_key = api.say(*path.values(), "slow")
    finally:
        gate.release.set()

    assert (second.status, second.json["code"]) == (409, "idempotency_in_flight")
    assert 1 <= int(second.headers["retry-after"]) <= 5
    assert (other_body.status, other_body.json["code"]) == (422, "idempotency_mismatch")
    assert (other_key.status, other_key.json["code"]) == (409, "session_busy")
    assert (no_key.status, no_key.json["code"]) == (409, "session_busy")
    assert first.result().status == 200
    assert post(api, "send_message", {"content": "slow"}, **path) == first.result()
    assert len(upstream.requests) == 1


def test_an_answered_key_is_replayed_while_another_message_is_answered(
    api: Client, upstream: Any, path: dict[str, str], pool: ThreadPoolExecutor
) -> None:
    first = post(api, "send_message", {"content": "one"}, **path)
    gate = Gate(upstream)
    other = pool.submit(post, api, "send_message", {"content": "two"}, "key-2", **path)
    try:
        assert gate.reached.wait(30)
        replay = post(api, "send_message", {"content": "one"}, **path)
        mismatch = post(api, "send_message", {"content": "three"}, **path)
    finally:
        gate.release.set()

    assert replay == first
    assert mismatch.status == 422
    assert other.result().status == 200
    assert api.said(*path.values())[::2] == ["one", "two"]


def test_a_failed_turn_is_not_replayed(api: Client, upstream: Any, path: dict[str, str]) -> None:
    upstream.script += [refusal(400), refusal(400), answer("better now")]  # the agent's model, the server's fallback
    failed = post(api, "send_message", {"content": "again"}, **path)
    assert failed.status == 400

    retried = post(api, "send_message", {"content": "again"}, **path)
    assert (retried.status, retried.json["content"]) == (200, "better now")
    assert post(api, "send_message", {"content": "again"}, **path) == retried
    assert api.said(*path.values()) == ["again", "better now"]


def test_a_failed_key_may_be_used_with_another_body(api: Client, upstream: Any, path: dict[str, str]) -> None:
    upstream.script += [refusal(400), refusal(400)]
    assert post(api, "send_message", {"content": "bad"}, **path).status == 400
    assert post(api, "send_message", {"content": "good"}, **path).status == 200


def test_a_refused_create_is_not_recorded(api: Client) -> None:
    assert post(api, "create_agent", {**AGENT, "model": "nobody:x"}).status == 400
    assert post(api, "create_agent", AGENT).status == 201
    assert len(api("list_agents").json["data"]) == 1


def test_a_record_that_was_deleted_since_is_neither_shown_nor_created_again(api: Client, path: dict[str, str]) -> None:
    agent_id = post(api, "create_agent", AGENT).json["agentId"]
    session_id = post(api, "create_session", {}, agentId=agent_id).json["sessionId"]
    assert api("delete_session", agentId=agent_id, sessionId=session_id).status == 204
    assert post(api, "create_session", {}, agentId=agent_id).status == 404
    assert api("delete_agent", agentId=agent_id).status == 204
    assert post(api, "create_agent", AGENT).status == 404
    assert [agent["agentId"] for agent in api("list_agents").json["data"]] == [path["agentId"]]


@pytest.mark.parametrize("key", ["", "é", "a\tb", "line\n", "x" * 256])
def test_a_bad_key_is_a_bad_request(api: Client, path: dict[str, str], stored: Stored, key: str) -> None:
    before = stored()
    for folder, body in (("create_agent", AGENT), ("create_session", {}), ("send_message", {"content": "hi"})):
        refused = post(api, folder, body, key, **path)
        assert (refused.status, refused.json["code"]) == (400, "invalid_request")
        assert refused.json["details"]["errors"][0]["field"] == "Idempotency-Key"
    assert stored() == before


def test_the_longest_keys_are_distinguished_by_their_last_character(api: Client) -> None:
    keys = ["x" * 255, "x" * 254 + "y", " ", "~"]
    assert len({post(api, "create_agent", AGENT, key).json["agentId"] for key in keys}) == 4


def test_explaining_a_route_changes_nothing_and_needs_no_key(api: Client, path: dict[str, str], stored: Stored) -> None:
    before = stored()
    plans = [post(api, "explain_route", {"content": content}, **path) for content in ("a", "a", "b")]
    assert [plan.status for plan in plans] == [200, 200, 200]
    assert stored() == before

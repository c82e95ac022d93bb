"""Forks: a session that begins with a copy of another's messages and is then independent."""

import json
import time
from typing import Any

import pytest

from agentos import wiring
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.ids import new_id
from agentos.store import keys
from agentos.store.deletion import RESERVATION_SECONDS
from agentos.store.forks import MAX_MESSAGES
from tests.support.dynamodb import items_of
from tests.support.gateway import Answer
from tests.support.long_text import CJK, unpressable
from tests.support.transport import at
from tests.support.upstream import Reply, answer
from tests.support.wiring import rewire


class Chat:
    """An agent with sessions that can be forked."""

    def __init__(self, api: Any, client: Any, table_name: str) -> None:
        self.api, self.client, self.table_name = api, client, table_name
        self.agent_id = api.agent(config={"historyTokens": 1_000_000})
        self.session_id = api.session(self.agent_id)

    def say(self, content: Any = "Hello", session_id: str | None = None) -> Answer:
        said: Answer = self.api.say(self.agent_id, session_id or self.session_id, content)
        assert said.status == 200, said.text
        return said

    def fork(self, up_to: str | None = None, headers: dict[str, str] | None = None, **fields: Any) -> Answer:
        origin = {"sessionId": self.session_id, **({"upToMessageId": up_to} if up_to else {})}
        body = {"forkFrom": origin, **fields}
        made: Answer = self.api("create_session", body, agentId=self.agent_id, headers=headers)
        return made

    def forked(self, up_to: str | None = None, **fields: Any) -> str:
        """The new session's id."""
        made = self.fork(up_to, **fields)
        assert made.status == 201, made.text
        return str(made.json["sessionId"])

    def messages(self, session_id: str | None = None) -> Any:
        path = {"agentId": self.agent_id, "sessionId": session_id or self.session_id}
        return self.api("list_messages", query={"limit": "100"}, **path).json["data"]

    def listed(self) -> set[str]:
        return {one["sessionId"] for one in self.api("list_sessions", agentId=self.agent_id).json["data"]}

    def items(self) -> list[dict[str, Any]]:
        return items_of(self.client, self.table_name)

    def held(self) -> dict[str, Any]:
        """The key of the only reserved place."""
        (place,) = [item for item in self.items() if "held" in item]
        assert int(place["expiresAt"]["N"]) <= time.time() + RESERVATION_SECONDS
        return {name: place[name] for name in ("pk", "sk")}


@pytest.fixture
def chat(api: Any, upstream: Any, client: Any, table_name: str) -> Chat:
    return Chat(api, client, table_name)


def contents(messages: Any) -> list[Any]:
    return [message["content"] for message in messages]


def test_a_fork_begins_with_the_messages_and_is_then_independent(chat: Chat, upstream: Any) -> None:
    for number in range(3):
        chat.say(f"q{number}")
    before = chat.messages()

    made = chat.fork(userId="ann", metadata={"k": 1.0})

    fork_id = made.json["sessionId"]
    assert made.status == 201
    assert (made.json["userId"], made.json["metadata"], made.json["messageCount"]) == ("ann", {"k": 1.0}, 6)
    assert made.json["usage"] == {
        "promptTokens": 0,
        "completionTokens": 0,
        "totalTokens": 0,
        "costUsd": 0.0,
        "unpriced": 0,
    }
    assert chat.api("get_session", agentId=chat.agent_id, sessionId=fork_id).json == made.json
    assert chat.messages(fork_id) == before
    assert chat.listed() == {chat.session_id, fork_id}

    chat.say("in the fork", fork_id)
    assert contents(upstream.requests[-1]["messages"]) == [*contents(before), "in the fork"]
    chat.say("in the source")
    assert contents(upstream.requests[-1]["messages"]) == [*contents(before), "in the source"]
    assert contents(chat.messages(fork_id)[6:]) == ["in the fork", "Hello from upstream."]
    assert contents(chat.messages()[6:]) == ["in the source", "Hello from upstream."]
    assert chat.messages()[:6] == chat.messages(fork_id)[:6] == before


@pytest.mark.parametrize("cut", range(1, 7))
def test_any_message_may_be_the_last(chat: Chat, upstream: Any, cut: int) -> None:
    for number in range(3):
        chat.say(f"q{number}")
    source = chat.messages()
    fork_id = chat.forked(source[cut - 1]["messageId"])
    assert chat.messages(fork_id) == source[:cut]
    chat.say("next", fork_id)
    assert contents(upstream.requests[-1]["messages"]) == [*contents(source[:cut]), "next"]


def test_a_fork_and_an_empty_session_can_be_forked(chat: Chat) -> None:
    empty = chat.forked()
    assert chat.messages(empty) == []
    chat.say("q0", empty)
    chat.session_id = empty
    chat.session_id = chat.forked()
    assert chat.messages(chat.forked()) == chat.messages(empty)
    assert len(chat.messages(empty)) == 2


def test_a_fork_outlives_its_source(chat: Chat) -> None:
    chat.say()
    before, fork_id = chat.messages(), chat.forked()
    assert chat.api("delete_session", agentId=chat.agent_id, sessionId=chat.session_id).status == 204
    assert chat.messages(fork_id) == before


def test_messages_with_parts_and_more_than_one_batch_are_copied(chat: Chat, upstream: Any) -> None:
    long = unpressable(CJK, 1_000_000)
    chat.say(long)
    for number in range(14):
        chat.say(f"q{number}")
    upstream.script.append(answer(unpressable(CJK, 900_000)))
    chat.say("at length, please")
    fork_id = chat.forked()
    path = {"agentId": chat.agent_id, "sessionId": chat.session_id}
    assert chat.api("delete_session", **path).status == 204
    page = chat.api("list_messages", agentId=chat.agent_id, sessionId=fork_id, query={"limit": "1"}).json
    assert contents(page["data"]) == [long]
    last = chat.api("list_messages", agentId=chat.agent_id, sessionId=fork_id, query={"limit": "1", "order": "desc"})
    assert contents(last.json["data"]) == [unpressable(CJK, 900_000)]


def test_a_fork_expires_when_its_request_says_not_when_its_source_does(chat: Chat) -> None:
    chat.session_id = chat.api.session(chat.agent_id, expiresInSeconds=60)
    assert chat.fork().json["expiresAt"] is None
    assert chat.fork(expiresInSeconds=5).json["expiresAt"] is not None


def tool_calls(*ids: str) -> Reply:
    calls = [{"id": one, "type": "function", "function": {"name": "look", "arguments": "{}"}} for one in ids]
    reply = answer("")
    reply.body["choices"][0] = {
        "index": 0,
        "message": {"role": "assistant", "content": None, "tool_calls": calls},
        "finish_reason": "tool_calls",
    }
    return reply


@pytest.fixture
def tools(chat: Chat, upstream: Any) -> list[Any]:
    """The messages of a conversation with tool calls, with a turn before and a turn after them."""
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    chat.agent_id = chat.api.agent(tools=[tool])
    chat.session_id = chat.api.session(chat.agent_id)
    chat.say("q0")
    upstream.script.append(tool_calls("a", "b"))
    assert chat.say("look").json["state"] == "requires_action"
    for one in ("b", "a"):
        result(chat, chat.session_id, one)
    chat.say("q1")
    messages: list[Any] = chat.messages()
    return messages


def result(chat: Chat, session_id: str, call_id: str) -> Answer:
    body = {"role": "tool", "toolCallId": call_id, "content": f"seen {call_id}"}
    sent: Answer = chat.api("send_message", body, agentId=chat.agent_id, sessionId=session_id)
    return sent


# user, assistant | user, calls a and b, result of b, result of a, assistant | user, assistant
@pytest.mark.parametrize(("cut", "left"), [(3, []), (4, ["a", "b"]), (5, ["a"]), (6, []), (7, []), (9, [])])
def test_calls_that_are_open_at_the_cut_are_open_in_the_fork(
    chat: Chat, tools: list[Any], upstream: Any, cut: int, left: list[str]
) -> None:
    fork_id = chat.forked(tools[cut - 1]["messageId"])

    said = chat.api.say(chat.agent_id, fork_id, "next")
    if left:
        assert (said.status, said.json["code"]) == (409, "tool_results_pending")
        assert said.json["details"]["toolCallIds"] == left
    else:
        assert said.status == 200, said.text
    for one in left:
        assert result(chat, fork_id, one).status == 200
    assert result(chat, fork_id, "b").json["code"] == "tool_call_not_open"
    assert len(upstream.requests[-1]["messages"]) == (6 if left else cut + 1)


def test_a_fork_remembers_its_turns(chat: Chat, tools: list[Any], upstream: Any) -> None:
    """Where the window is too small for all, whole turns are left out, as they are in the source."""
    fork_id = chat.forked()
    small = {"config": {"historyTokens": 60}}
    assert chat.api("update_agent", small, agentId=chat.agent_id).status == 200
    chat.say("next")
    chat.say("next", fork_id)
    sent = [contents(request["messages"]) for request in upstream.requests[-2:]]
    assert sent[0] == sent[1]
    assert 1 < len(sent[0]) < 10


BAD: dict[str, tuple[Any, str]] = {
    "unknown session": ({"sessionId": new_id("sess")}, "forkFrom.sessionId"),
    "no id": ({"sessionId": "TENANT#x"}, "forkFrom.sessionId"),
    "no session": ({}, "forkFrom.sessionId"),
    "not a text": ({"sessionId": 1}, "forkFrom.sessionId"),
    "not an object": ("sess", "forkFrom"),
    "another field": ({"sessionId": "s", "upTo": "m"}, "forkFrom.upTo"),
}


@pytest.mark.parametrize(("origin", "field"), BAD.values(), ids=BAD)
def test_a_mistake_names_the_field(chat: Chat, origin: Any, field: str) -> None:
    refused = chat.api("create_session", {"forkFrom": origin}, agentId=chat.agent_id)
    assert (refused.status, refused.json["details"]["errors"][0]["field"]) == (400, field)
    assert chat.listed() == {chat.session_id}


def test_a_message_of_another_session_is_refused(chat: Chat) -> None:
    chat.say()
    other = chat.api.session(chat.agent_id)
    elsewhere = chat.say("elsewhere", other).json["messageId"]
    for message_id in (elsewhere, new_id("msg"), "x"):
        refused = chat.fork(message_id)
        assert (refused.status, refused.json["details"]["errors"][0]["field"]) == (400, "forkFrom.upToMessageId")


def test_deleted_sessions_and_those_of_other_agents_or_tenants_cannot_be_forked(chat: Chat) -> None:
    body = {"forkFrom": {"sessionId": chat.session_id}}
    stranger = type(chat.api)("globex")
    assert chat.api("create_session", body, agentId=chat.api.agent()).status == 400
    assert stranger("create_session", body, agentId=stranger.agent()).status == 400
    assert stranger("create_session", body, agentId=chat.agent_id).status == 404
    assert chat.api("delete_session", agentId=chat.agent_id, sessionId=chat.session_id).status == 204
    assert chat.fork().status == 400


def lengthen(chat: Chat, count: int) -> None:
    """Set the session's message count."""
    chat.client.call(
        "UpdateItem",
        TableName=chat.table_name,
        Key=keys.session("default", chat.agent_id, chat.session_id),
        UpdateExpression="SET messageCount = :count",
        ExpressionAttributeValues={":count": {"N": str(count)}},
    )


def test_a_very_long_session_is_forked_up_to_the_bound(chat: Chat) -> None:
    first = chat.say().json["messageId"]
    lengthen(chat, MAX_MESSAGES + 1)
    refused = chat.fork()
    assert refused.json["details"]["errors"][0]["field"] == "forkFrom.sessionId"
    assert str(MAX_MESSAGES) in refused.json["message"]
    assert str(MAX_MESSAGES) in chat.fork(new_id("msg")).json["message"]
    assert len(chat.messages(chat.forked(first))) == 2


def test_messages_that_were_deleted_meanwhile_are_not_copied_in_part(chat: Chat) -> None:
    """As they are where the session is deleted during the copy."""
    chat.say()
    lengthen(chat, 3)
    refused = chat.fork()
    assert (refused.status, refused.json["details"]["errors"][0]["field"]) == (400, "forkFrom.sessionId")
    assert chat.listed() == {chat.session_id}


def test_with_a_key_one_fork_is_made(chat: Chat) -> None:
    chat.say()
    headers = {"idempotency-key": "k"}
    first = chat.fork(headers=headers)
    chat.say("goes on", first.json["sessionId"])
    chat.say("goes on")
    items = len(chat.items())
    again = chat.fork(headers=headers)
    assert (again.status, again.text) == (201, first.text)
    assert len(chat.items()) == items  # nothing was copied again
    other = chat.fork(headers=headers, userId="ann")
    assert (other.status, other.json["code"]) == (422, "idempotency_mismatch")
    assert chat.listed() == {chat.session_id, first.json["sessionId"]}


class Crash(BaseException):
    """The function dies."""


def crash() -> None:
    raise Crash


STEPS = [
    (operation, moment)
    for operation in ("PutItem", "BatchWriteItem", "TransactWriteItems")
    for moment in ("before", "after")
]


@pytest.mark.parametrize(("operation", "moment"), STEPS)
def test_a_crash_at_any_step_leaves_nothing_permanently(chat: Chat, operation: str, moment: str) -> None:
    chat.say()
    headers = {"idempotency-key": "k"}
    before = {json.dumps(item["pk"]) for item in chat.items()}
    at(wiring.dynamodb(), operation, moment, crash)
    with pytest.raises(Crash):
        chat.fork(headers=headers)
    rewire()
    done = (operation, moment) == ("TransactWriteItems", "after")
    assert len(chat.listed()) == (2 if done else 1)

    fork_id = chat.forked(headers=headers)

    assert chat.messages(fork_id) == chat.messages()
    assert chat.listed() == {chat.session_id, fork_id}
    sweep_what_lapsed(chat, swept=not done and (operation, moment) != ("PutItem", "before"))
    after = {json.dumps(item["pk"]) for item in chat.items() if "deletedAt" not in item}
    assert len(after - before) == 2  # the fork's, and the key's
    assert chat.messages(fork_id) == chat.messages()


def sweep_what_lapsed(chat: Chat, *, swept: bool) -> None:
    """Remove an unused reserved place as time-to-live and then the sweeper do."""
    assert any("held" in item for item in chat.items()) == swept
    if swept:
        place = chat.held()
        chat.client.call("DeleteItem", TableName=chat.table_name, Key=place)
        assert wiring.deletion().sweep(place, Deadline.after(30, Clock())) is True


def test_the_sweeper_does_not_touch_a_copy_in_progress(chat: Chat) -> None:
    """The stream reports the reserved place like every tombstone."""
    for _ in range(15):
        chat.say()
    at(
        wiring.dynamodb(),
        "BatchWriteItem",
        "after",
        lambda: wiring.deletion().sweep(chat.held(), Deadline.after(30, Clock())),
    )
    assert chat.messages(chat.forked()) == chat.messages()


def test_a_reserved_place_that_expired_meanwhile_makes_no_session(chat: Chat) -> None:
    chat.say()

    def lapse() -> None:
        chat.client.call("DeleteItem", TableName=chat.table_name, Key=chat.held())

    at(wiring.dynamodb(), "BatchWriteItem", "after", lapse)
    assert chat.fork().status != 201
    assert chat.listed() == {chat.session_id}


def test_a_fork_is_refused_where_the_agent_is_deleted_meanwhile(chat: Chat) -> None:
    chat.say()
    at(wiring.dynamodb(), "BatchWriteItem", "after", lambda: chat.api("delete_agent", agentId=chat.agent_id))
    assert chat.fork().status == 404

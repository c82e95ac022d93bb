"""A function dies at any request of a turn or a create. The repeated request with the same key is done and answered
once.

Between two requests there is only work in memory. So the death before, during and after each request stands for a death
at any moment: before the lease, after it, after the provider's answer, during the commit, after the commit.
"""

from collections.abc import Callable
from typing import Any

import pytest

from agentos import wiring
from tests.support.clock import ShiftedClock
from tests.support.crashes import Death, Died, Moment
from tests.support.gateway import Answer, Client, StreamingContext
from tests.support.sse import events, text_of
from tests.support.upstream import answer, calling, streamed_reply
from tests.support.wiring import rewire

TURN = ["GetItem", "UpdateItem", "GetItem", "GetItem", "Query", "TransactWriteItems"]
"""Agent, lease, key, the tenant's budget, history, commit."""
LEASE, COMMIT = 2, 6
WITHOUT_HISTORY = ["GetItem", "UpdateItem", "GetItem", "TransactWriteItems"]
"""The same of a session's first turn without a key."""

LEASE_SECONDS = 15
"""No lease lasts as long. The promise: the next message is answered within this time after a turn's death."""

Stored = Callable[[], list[dict[str, Any]]]


def post(api: Client, folder: str, body: Any, **path: str) -> Answer:
    return api(folder, body, headers={"Idempotency-Key": "the key"}, **path)


def dies(at: int, moment: Moment, api: Client, folder: str, body: Any, **path: str) -> list[str]:
    """The requests of a process that died before its answer. The next process starts anew."""
    rewire()
    death = Death(wiring.dynamodb(), at, moment)
    with pytest.raises(Died):
        post(api, folder, body, **path)
    rewire()
    return death.requests


@pytest.fixture
def path(api: Client, upstream: Any, clock: ShiftedClock) -> dict[str, str]:
    agent_id = api.agent()
    return {"agentId": agent_id, "sessionId": api.session(agent_id)}


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("at", range(1, len(TURN) + 1))
def test_a_turn_that_dies_is_answered_once(
    api: Client, upstream: Any, path: dict[str, str], clock: ShiftedClock, at: int, moment: Moment
) -> None:
    upstream.default = answer("four", prompt_tokens=7, completion_tokens=3)
    assert api.say(*path.values(), "one plus one").status == 200

    requests = dies(at, moment, api, "send_message", {"content": "two plus two"}, **path)
    assert requests == TURN[:at]

    taken = at > LEASE or (at == LEASE and moment != Moment.BEFORE)
    committed = at == COMMIT and moment != Moment.BEFORE
    at_once = post(api, "send_message", {"content": "two plus two"}, **path)
    if taken and not committed:
        assert (at_once.status, at_once.json["code"]) == (409, "idempotency_in_flight")
        assert int(at_once.headers["retry-after"]) >= 1
    else:
        assert at_once.status == 200

    clock.shift = LEASE_SECONDS
    reply = post(api, "send_message", {"content": "two plus two"}, **path)
    assert reply.status == 200
    assert post(api, "send_message", {"content": "two plus two"}, **path) == reply
    _holds_two_turns(api, path, reply)
    assert len(upstream.requests) == (3 if at == COMMIT and not committed else 2)


def _holds_two_turns(api: Client, path: dict[str, str], reply: Answer) -> None:
    assert api.said(*path.values()) == ["one plus one", "four", "two plus two", "four"]
    stored = api("list_messages", **path).json["data"][-1]
    assert stored == (events(reply.text)[-1].data if "event-stream" in reply.headers["content-type"] else reply.json)
    session = api("get_session", **path).json
    assert (session["state"], session["messageCount"]) == ("idle", 4)
    assert session["usage"] == {
        "promptTokens": 14,
        "completionTokens": 6,
        "totalTokens": 20,
        "costUsd": None,
        "unpriced": 2,
    }


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("at", range(1, len(TURN) + 1))
def test_a_streamed_turn_that_dies_is_answered_once(
    api: Client, upstream: Any, path: dict[str, str], clock: ShiftedClock, at: int, moment: Moment
) -> None:
    """It costs the requests of any other turn. A client may receive the text twice, but it is stored once."""
    upstream.script = [answer("four", prompt_tokens=7, completion_tokens=3)]
    upstream.default = streamed_reply("fo", "ur", usage=(7, 3))
    assert api.say(*path.values(), "one plus one").status == 200

    def post(last: str | None = None) -> Answer:
        headers = {"Idempotency-Key": "the key"} | ({"Last-Event-ID": last} if last else {})
        context, query = StreamingContext(), {"stream": "true"}
        return api("send_message", {"content": "two plus two"}, query=query, headers=headers, context=context, **path)

    rewire()
    death = Death(wiring.dynamodb(), at, moment)
    with pytest.raises(Died):
        post()
    rewire()
    assert death.requests == TURN[:at]

    clock.shift = LEASE_SECONDS
    whole = events(post().text)
    assert text_of(whole) == "four"
    assert events(post("2").text) == whole[2:]
    _holds_two_turns(api, path, post())
    assert len(upstream.requests) == (3 if at == COMMIT and moment == Moment.BEFORE else 2)


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("at", range(1, len(TURN) + 1))
def test_a_partial_result_of_a_turn_that_dies_is_taken_once(
    api: Client, upstream: Any, path: dict[str, str], clock: ShiftedClock, at: int, moment: Moment
) -> None:
    upstream.script.append(calling(("call_1", "f", "{}"), ("call_2", "f", "{}")))
    assert api.say(*path.values(), "do").status == 200
    result = {"role": "tool", "toolCallId": "call_1", "content": "done"}

    assert dies(at, moment, api, "send_message", result, **path) == TURN[:at]

    clock.shift = LEASE_SECONDS
    reply = post(api, "send_message", result, **path)
    assert reply.status == 200
    assert [call["id"] for call in reply.json["toolCalls"]] == ["call_2"]
    assert post(api, "send_message", result, **path) == reply
    assert api.said(*path.values()) == ["do", "", "done"]
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("at", range(1, len(WITHOUT_HISTORY) + 1))
def test_without_a_key_a_turn_that_dies_is_stored_whole_or_not_at_all(
    api: Client, upstream: Any, path: dict[str, str], clock: ShiftedClock, at: int, moment: Moment
) -> None:
    rewire()
    death = Death(wiring.dynamodb(), at, moment)
    with pytest.raises(Died):
        api.say(*path.values(), "lost or not")
    rewire()
    assert death.requests == WITHOUT_HISTORY[:at]

    clock.shift = LEASE_SECONDS
    committed = at == len(WITHOUT_HISTORY) and moment != Moment.BEFORE
    kept = ["lost or not", "Hello from upstream."] if committed else []
    assert api.said(*path.values()) == kept
    assert api("get_session", **path).json["state"] == "idle"
    assert api.say(*path.values(), "next").status == 200
    assert api.said(*path.values()) == [*kept, "next", "Hello from upstream."]


@pytest.mark.parametrize("moment", Moment)
def test_an_agent_whose_create_dies_is_created_once(api: Client, moment: Moment) -> None:
    body = {"name": "n", "model": "local:any"}
    assert dies(1, moment, api, "create_agent", body) == ["TransactWriteItems"]

    created = post(api, "create_agent", body)
    assert created.status == 201
    assert post(api, "create_agent", body) == created
    assert api("list_agents").json["data"] == [created.json]


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("at", [1, 2])
def test_a_session_whose_create_dies_is_created_once(api: Client, stored: Stored, at: int, moment: Moment) -> None:
    agent_id, body = api.agent(), {"userId": "ann", "metadata": {"a": 1}}
    requests = dies(at, moment, api, "create_session", body, agentId=agent_id)
    assert requests == ["GetItem", "TransactWriteItems"][:at]

    created = post(api, "create_session", body, agentId=agent_id)
    assert created.status == 201
    assert post(api, "create_session", body, agentId=agent_id) == created
    assert len([item for item in stored() if item["sk"]["S"] == "SESSION"]) == 1


def test_a_dead_turns_lease_is_taken_over_by_any_message(
    api: Client, upstream: Any, path: dict[str, str], clock: ShiftedClock
) -> None:
    dies(LEASE, Moment.AFTER, api, "send_message", {"content": "dead"}, **path)
    assert api("get_session", **path).json["state"] == "running"
    assert api.say(*path.values(), "too soon").json["code"] == "session_busy"

    clock.shift = LEASE_SECONDS
    assert api("get_session", **path).json["state"] == "idle"
    assert api.say(*path.values(), "in time").status == 200
    assert post(api, "send_message", {"content": "dead"}, **path).status == 200
    assert api.said(*path.values())[::2] == ["in time", "dead"]

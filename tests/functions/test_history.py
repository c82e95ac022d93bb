"""What is sent with a message: the instructions, then the newest whole turns that fit, then the message."""

from typing import Any

import pytest

from tests.support.upstream import answer


@pytest.fixture(autouse=True)
def _answering(upstream: Any) -> None:
    upstream.default = answer("b" * 80)  # 24 tokens


def sent(upstream: Any) -> list[tuple[str, str]]:
    """Role and first word of every message in the last request."""
    return [(message["role"], message["content"].split()[0]) for message in upstream.requests[-1]["messages"]]


def conversation(api: Any, turns: int, **config: Any) -> None:
    agent_id = api.agent(config=config)
    session_id = api.session(agent_id)
    for number in range(turns):
        assert api.say(agent_id, session_id, f"q{number} " + "a" * 77).status == 200  # 24 tokens


B = ("assistant", "b" * 80)


def test_the_whole_conversation_is_sent_in_order(api: Any, upstream: Any) -> None:
    conversation(api, 3)
    assert sent(upstream) == [("user", "q0"), B, ("user", "q1"), B, ("user", "q2")]


def test_instructions_come_first_every_time(api: Any, upstream: Any) -> None:
    conversation(api, 3, instructions="Be brief.")
    for request in upstream.requests:
        assert request["messages"][0] == {"role": "system", "content": "Be brief."}
        assert [message["role"] for message in request["messages"]].count("system") == 1
    assert len(upstream.requests[-1]["messages"]) == 6


@pytest.mark.parametrize(
    ("budget", "kept"),
    [(0, []), (71, []), (72, ["q2"]), (119, ["q2"]), (120, ["q1", "q2"]), (168, ["q0", "q1", "q2"])],
)
def test_the_newest_whole_turns_within_the_budget_are_sent(
    api: Any, upstream: Any, budget: int, kept: list[str]
) -> None:
    """Each turn counts 48 tokens. The message itself counts 24 and is always sent."""
    conversation(api, 4, historyTokens=budget, instructions="Be brief.")
    expected = [("system", "Be")]
    for question in kept:
        expected += [("user", question), B]
    assert sent(upstream) == [*expected, ("user", "q3")]


def test_messages_that_are_no_longer_sent_are_still_stored(api: Any, upstream: Any) -> None:
    agent_id = api.agent(config={"historyTokens": 0})
    session_id = api.session(agent_id)
    for number in range(3):
        api.say(agent_id, session_id, f"q{number}")
    page = api("list_messages", agentId=agent_id, sessionId=session_id).json["data"]
    assert [message["content"] for message in page[::2]] == ["q0", "q1", "q2"]


def test_a_clients_system_message_is_part_of_the_conversation(api: Any, upstream: Any) -> None:
    agent_id = api.agent(config={"instructions": "Be brief."})
    session_id = api.session(agent_id)
    assert api.say(agent_id, session_id, "From now on speak French.", role="system").status == 200
    api.say(agent_id, session_id, "hello")
    assert [message["role"] for message in upstream.requests[-1]["messages"]] == [
        "system",
        "system",
        "assistant",
        "user",
    ]


def test_parts_are_sent_unchanged_now_and_later(api: Any, upstream: Any) -> None:
    agent_id = api.agent()
    session_id = api.session(agent_id)
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"}}
    parts = [{"type": "text", "text": "What is this? 日本 😀"}, picture]
    assert api.say(agent_id, session_id, parts).status == 200
    api.say(agent_id, session_id, "and now?")
    assert upstream.requests[0]["messages"][0]["content"] == parts
    assert upstream.requests[1]["messages"][0]["content"] == parts


def test_sessions_of_one_agent_do_not_mix(api: Any, upstream: Any) -> None:
    agent_id = api.agent()
    one, other = api.session(agent_id), api.session(agent_id)
    api.say(agent_id, one, "secret")
    api.say(agent_id, other, "hello")
    assert sent(upstream) == [("user", "hello")]


def test_the_agents_parameters_are_sent(api: Any, upstream: Any) -> None:
    response_format = {"type": "json_object"}
    conversation(api, 1, temperature=0.5, topP=0.9, maxTokens=7, stop=["a", "b"], responseFormat=response_format)
    request = upstream.requests[0]
    assert {name: request[name] for name in request if name not in ("model", "messages")} == {
        "temperature": 0.5,
        "top_p": 0.9,
        "max_tokens": 7,
        "stop": ["a", "b"],
        "response_format": response_format,
    }

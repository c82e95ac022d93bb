"""What a model thought, as a client gets it: only where it asks, whole and in pieces, stored and replayed."""

from typing import Any

import pytest

from tests.functions.conftest import Chat, Providers, chat
from tests.support.gateway import StreamingContext
from tests.support.sse import Event, events, text_of
from tests.support.upstream import CUT, Reply, answer, chunk, streamed_reply

SHOWN = {"parameters": {"includeReasoning": True}}


@pytest.fixture
def talk(api: Any, providers: Providers) -> Chat:
    return chat(api)


def thinking(*pieces: str, text: tuple[str, ...] = ("Four", "."), **options: Any) -> Reply:
    return streamed_reply(*(chunk({"reasoning_content": piece}) for piece in pieces), *text, **options)


def streamed(talk: Chat, key: str | None = None, after: int | None = None, **body: Any) -> list[Event]:
    headers = {"Idempotency-Key": key} if key else {}
    headers |= {"Last-Event-ID": str(after)} if after is not None else {}
    return events(
        talk.api(
            "send_message",
            {"content": "2 + 2?", **body},
            query={"stream": "true"},
            headers=headers,
            context=StreamingContext(),
            **talk.path,
        ).text
    )


def kinds(found: list[Event]) -> list[str]:
    return [event.kind for event in found]


def thought(text: str = "Two and two.") -> Reply:
    reply = answer("Four.")
    reply.body["choices"][0]["message"]["reasoning_content"] = text
    return reply


def test_a_reply_has_the_reasoning_only_where_it_is_asked_for(api: Any, providers: Providers) -> None:
    providers.openai.default = thought()
    talk = chat(api)
    assert "reasoning" not in talk.say().json
    assert talk.say(**SHOWN).json["reasoning"] == "Two and two."
    assert [message.get("reasoning") for message in talk.messages()] == [None, None, None, "Two and two."]
    of_agent = chat(api, includeReasoning=True)
    assert of_agent.say().json["reasoning"] == "Two and two."
    assert "reasoning" not in of_agent.say(parameters={"includeReasoning": False}).json
    providers.openai.default = answer("Four.")
    assert "reasoning" not in of_agent.say().json


def test_reasoning_is_never_sent_to_a_provider(talk: Chat, providers: Providers) -> None:
    providers.openai.default = thought("A secret.")
    talk.say(**SHOWN)
    talk.say(**SHOWN)
    assert "A secret." not in str(providers.openai.requests)


def test_a_stream_has_the_pieces_and_the_whole_at_its_end(talk: Chat, providers: Providers) -> None:
    providers.openai.script = [thinking("Two ", "and two.")]
    found = streamed(talk, **SHOWN)
    assert kinds(found) == ["message.start", *["reasoning.delta"] * 2, *["message.delta"] * 2, "message.end"]
    assert [event.id for event in found] == [1, 2, 3, 4, 5, 6]
    assert [event.data["delta"] for event in found[1:3]] == ["Two ", "and two."]
    assert found[-1].data["reasoning"] == "Two and two."
    assert found[-1].data == talk.messages()[-1]


def test_a_stream_that_does_not_ask_has_none(talk: Chat, providers: Providers) -> None:
    providers.openai.script = [thinking("Two ", "and two.")]
    found = streamed(talk)
    assert kinds(found) == ["message.start", "message.delta", "message.delta", "message.end"]
    assert "reasoning" not in found[-1].data


@pytest.mark.parametrize("seen", range(1, 8))
def test_a_key_replays_the_same_pieces_in_their_order(talk: Chat, providers: Providers, seen: int) -> None:
    between = chunk({"reasoning_content": "And so."})
    providers.openai.script = [thinking("Two ", "and two. ", text=("Four", between, "."))]
    first = streamed(talk, "k", **SHOWN)
    assert kinds(first)[1:-1] == [
        f"{kind}.delta" for kind in ("reasoning", "reasoning", "message", "reasoning", "message")
    ]
    assert streamed(talk, "k", **SHOWN) == first
    assert streamed(talk, "k", seen, **SHOWN) == [*first[seen:-1], first[-1]]
    assert len(providers.openai.requests) == 1


def test_an_answer_that_was_not_streamed_is_replayed_with_its_reasoning_first(talk: Chat, providers: Providers) -> None:
    providers.openai.default = thought()
    talk.api("send_message", {"content": "2 + 2?", **SHOWN}, headers={"Idempotency-Key": "k"}, **talk.path)
    found = streamed(talk, "k", **SHOWN)
    assert kinds(found) == ["message.start", "reasoning.delta", "message.delta", "message.end"]


def test_reasoning_that_the_client_saw_forbids_a_fallback(talk: Chat, providers: Providers) -> None:
    providers.openai.script = [thinking("Two ", "and", text=(), end=(CUT,))]
    found = streamed(talk, **SHOWN)
    assert kinds(found) == ["message.start", "reasoning.delta", "reasoning.delta", "error"]
    assert providers.gemini.requests == []
    stored = talk.messages()[-1]
    assert (stored["state"], stored["content"], stored["reasoning"]) == ("incomplete", "", "Two and")
    providers.openai.default = answer("Four.")
    assert talk.say("Go on.").status == 200


def test_reasoning_that_is_held_back_does_not_forbid_a_fallback(talk: Chat, providers: Providers) -> None:
    providers.openai.script = [thinking("Two ", "and", text=(), end=(CUT,))] * 2
    found = streamed(talk)
    assert found[0].data["provider"] == "gemini"
    assert text_of(found) == found[-1].data["content"]


def test_a_call_comes_after_the_reasoning(api: Any, providers: Providers) -> None:
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "now", "arguments": "{}"}}
    providers.openai.script = [thinking("Hm.", text=(), end=(chunk({"tool_calls": [call]}), chunk({}, "tool_calls")))]
    now = {"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}}
    agent_id = api.agent(model="openai:gpt-4o-mini", tools=[now], config={"includeReasoning": True})
    found = streamed(Chat(api, agent_id, api.session(agent_id)))
    assert kinds(found) == ["message.start", "reasoning.delta", "tool_call.delta", "message.end"]

"""Where Anthropic and Bedrock are asked to cache a prompt, and the key by which OpenAI finds one in its caches."""

from typing import Any

import pytest

from agentos.domain import Message, Prompt
from agentos.domain.parameters import Parameters
from tests.providers.conversations import (
    ANTHROPIC,
    ASKED,
    BEDROCK,
    GEMINI,
    OPENAI,
    TIME,
    TOOLS,
    anthropic_calls,
    asking,
    encoded,
    result,
)
from tests.providers.recordings import Wire, an_answer

LONG = "Be kind. " * 1000
MARK = {"type": "ephemeral"}
SAID = (ASKED, Message(role="assistant", content="Fine."), Message(role="user", content="And tomorrow?"))


def prompt(*messages: Message, **more: Any) -> Prompt:
    return Prompt(**{"instructions": LONG, "messages": messages or SAID, "tools": TOOLS, **more})


def claude_marks(body: Any) -> list[str]:
    """The places of the marks in a request to Anthropic."""
    system = body.get("system")
    found = [f"tools.{n}" for n, tool in enumerate(body.get("tools", ())) if "cache_control" in tool]
    if isinstance(system, list):
        found += [f"system.{n}" for n, block in enumerate(system) if "cache_control" in block]
    for n, message in enumerate(body["messages"]):
        found += [f"messages.{n}.{k}" for k, block in enumerate(message["content"]) if "cache_control" in block]
    return found


def converse_marks(body: Any) -> list[str]:
    """The same of a request to Bedrock: the block before each mark."""
    lists = {"tools": body.get("toolConfig", {}).get("tools", []), "system": body.get("system", [])}
    lists |= {f"messages.{n}": message["content"] for n, message in enumerate(body["messages"])}
    return [f"{name}.{n - 1}" for name, blocks in lists.items() for n, one in enumerate(blocks) if "cachePoint" in one]


def test_the_system_prompt_and_the_last_two_questions_are_marked(wire: Wire) -> None:
    body = encoded(wire, ANTHROPIC, prompt())
    assert claude_marks(body) == ["system.0", "messages.0.0", "messages.2.0"]
    assert body["system"] == [{"type": "text", "text": LONG, "cache_control": MARK}]
    body = encoded(wire, BEDROCK, prompt())
    assert converse_marks(body) == ["system.0", "messages.0.0", "messages.2.0"]
    assert body["system"][1] == {"cachePoint": {"type": "default"}}


@pytest.mark.parametrize(("asked", "expected"), [
    (prompt(Message(role="user", content=LONG), instructions=None), ["tools.1", "messages.0.0"]),
    (prompt(ASKED, asking(TIME), result(TIME), Message(role="user", content="Well?")),
     ["system.0", "messages.0.0", "messages.2.1"]),
    (prompt(ASKED, asking(TIME), result(TIME)), ["system.0", "messages.0.0", "messages.2.0"]),
    (prompt(grows=False), ["system.0"]),
    (prompt(parameters=Parameters(prompt_cache="off")), []),
    (prompt(instructions="Be kind."), []),
], ids=["no system", "after a call", "a result", "cut", "off", "short"])  # fmt: skip
def test_which_places_are_marked(asked: Prompt, expected: list[str], wire: Wire) -> None:
    assert claude_marks(encoded(wire, ANTHROPIC, asked)) == expected
    assert converse_marks(encoded(wire, BEDROCK, asked)) == expected


def test_the_last_system_message_is_marked(wire: Wire) -> None:
    asked = prompt(Message(role="system", content="Today is Monday."), ASKED)
    assert claude_marks(encoded(wire, ANTHROPIC, asked)) == ["system.1", "messages.0.0"]
    assert converse_marks(encoded(wire, BEDROCK, asked)) == ["system.1", "messages.0.0"]


def test_a_clients_own_marks_win_and_keep_their_times(wire: Wire) -> None:
    own = (ASKED, Message(role="assistant", content="Fine.", cache="5m"), SAID[2])
    for off in (None, "off"):
        asked = prompt(*own, tools_cache="1h", parameters=Parameters(prompt_cache=off))
        body = encoded(wire, ANTHROPIC, asked)
        assert claude_marks(body) == ["tools.1", "messages.1.0"]
        assert body["tools"][1]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
        assert body["system"] == LONG
        body = encoded(wire, BEDROCK, asked)
        assert converse_marks(body) == ["tools.1", "messages.1.0"]
        assert body["toolConfig"]["tools"][2] == {"cachePoint": {"type": "default", "ttl": "1h"}}


def test_of_too_many_marks_the_last_ones_are_kept(wire: Wire) -> None:
    said = [Message(role="user" if n % 2 == 0 else "assistant", content=f"{n}", cache="5m") for n in range(5)]
    asked = prompt(*said, tools_cache="1h", instructions_cache="1h")
    for model, marks in ((ANTHROPIC, claude_marks), (BEDROCK, converse_marks)):
        wire.reply(an_answer(model))
        notes = wire.ask(model, asked).notes
        assert marks(wire.sent_json) == [f"messages.{n}.0" for n in (1, 2, 3, 4)]
        assert notes == ("3 of 7 cache marks left out: 4 are taken",)


@pytest.mark.parametrize("model", [OPENAI, GEMINI, "bedrock:any", "bedrock:nova-2-lite"])
def test_no_marks_where_none_are_taken(model: str, wire: Wire) -> None:
    assert "cache" not in str(encoded(wire, model, prompt())).lower()
    wire.reply(an_answer(model))
    notes = wire.ask(model, prompt(tools_cache="1h")).notes
    assert "1 of 1 cache marks left out: 0 are taken" in notes
    assert "cache" not in str(wire.sent_json).lower()


def test_a_thought_comes_back_whatever_is_marked_meanwhile(wire: Wire) -> None:
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
    call = {"type": "tool_use", "id": "call_3", "name": "now", "input": {}}
    wire.reply(anthropic_calls(thought, call))
    calls = wire.ask(ANTHROPIC, prompt(ASKED)).tool_calls
    further = [ASKED, asking(*calls), result(calls[0]), *SAID[1:]]
    for count in (3, 5):
        body = encoded(wire, ANTHROPIC, prompt(*further[:count]))
        assert body["messages"][1]["content"][0] == thought
        assert "messages.2.0" in claude_marks(body)


@pytest.mark.parametrize(("model", "field"), [
    (OPENAI, "prompt_cache_key"), ("azure-openai:mine", "prompt_cache_key"), ("groq:any", None), ("deepseek:any", None),
])  # fmt: skip
def test_the_key_of_a_conversation_goes_where_it_is_taken(model: str, field: str | None, wire: Wire) -> None:
    keyed = prompt(cache_key="a-key")
    body = encoded(wire, model, keyed)
    assert [name for name, value in body.items() if value == "a-key"] == ([field] if field else [])
    off = keyed.model_copy(update={"parameters": Parameters(prompt_cache="off")})
    assert "a-key" not in str(encoded(wire, model, off))

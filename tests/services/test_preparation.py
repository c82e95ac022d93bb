"""The prompt and the plan's facts where the agent has tools or the conversation holds tool calls."""

from collections.abc import Iterable
from typing import Any

import pytest

from agentos.domain import Agent, Message, Plan, Prompt, Reply, SentMessage, Session, Tool, ToolCall
from agentos.domain.callers import Caller
from agentos.domain.requests import NewMessage
from agentos.domain.token_estimates import estimate
from agentos.routing.plan import NO_STATS
from agentos.services.preparation import Hints, Preparation
from agentos.services.pseudonyms import Pseudonyms
from tests.support.builders import a_message, a_reply, a_session, an_agent
from tests.support.clock import FakeClock
from tests.support.settings import settings_of

ABLE, UNABLE = "local:able", "local:unable"
SETTINGS = settings_of(
    {"local": {"format": "openai", "endpoint": "http://a", "auth": "none"}},
    {
        ABLE: {"capabilities": ["tools"], "contextWindow": 500},
        UNABLE: {"capabilities": []},
    },
    [UNABLE],
)
NOW = Tool.model_validate({"type": "function", "function": {"name": "now"}})
CALL = ToolCall(id="call_1", name="now", arguments={"zone": "UTC"})
CALLED: list[SentMessage | Reply] = [
    a_message("What time is it?"),
    a_reply("", tool_calls=(CALL,), finish_reason="tool_calls"),
    a_message("12:00", role="tool", tool_call_id="call_1"),
    a_reply("Noon."),
]


class Stored:
    """A session's messages."""

    def __init__(self, messages: Iterable[SentMessage | Reply]) -> None:
        self._messages = list(messages)

    def newest(self, tenant: str, session: Session, count: int) -> list[SentMessage | Reply]:
        return self._messages[len(self._messages) - count :]


def prepared(
    agent: Agent, stored: Iterable[SentMessage | Reply] = (), content: str = "And now?"
) -> tuple[Prompt, Plan]:
    clock = FakeClock()
    history = list(stored)
    session = a_session(agent.agent_id, clock, message_count=len(history), turns=(tuple(1 for _ in history),))
    preparation = Preparation(Stored(history), lambda _: NO_STATS, SETTINGS, Pseudonyms("a key"), clock)
    asked = NewMessage(content=content)
    return preparation.prepare(
        Caller("tenant"), agent, session, [Message(role="user", content=content)], Hints.of(asked)
    )


def skipped(plan: Plan) -> dict[str, str]:
    return {skip.model: skip.code for skip in plan.skipped}


def test_the_agents_tools_are_offered() -> None:
    assert prepared(an_agent(tools=(NOW,)))[0].tools == (NOW,)
    assert prepared(an_agent())[0].tools == ()


def test_calls_and_results_are_sent_along_as_such() -> None:
    prompt, _ = prepared(an_agent(), CALLED)
    assert prompt.messages == (
        Message(role="user", content="What time is it?"),
        Message(role="assistant", content="", tool_calls=(CALL,)),
        Message(role="tool", content="12:00", tool_call_id="call_1"),
        Message(role="assistant", content="Noon."),
        Message(role="user", content="And now?"),
    )


@pytest.mark.parametrize(("tools", "stored", "has_tools"), [
    ((), [], False), ((), CALLED[:1], False), ((NOW,), [], True), ((), CALLED, True), ((NOW,), CALLED, True),
])  # fmt: skip
def test_a_model_without_tools_is_left_out_where_tools_are_used(
    tools: tuple[Tool, ...], stored: list[Any], has_tools: bool
) -> None:
    prompt, plan = prepared(an_agent(model=ABLE, tools=tools), stored)
    assert prompt.has_tools is has_tools
    assert skipped(plan) == ({UNABLE: "unsupported"} if has_tools else {})


def test_definitions_and_calls_count_towards_the_window() -> None:
    long = Tool.model_validate({"type": "function", "function": {"name": "now", "description": "d" * 2000}})
    assert skipped(prepared(an_agent(model=ABLE, tools=(NOW,)))[1]) == {UNABLE: "unsupported"}
    assert skipped(prepared(an_agent(model=ABLE, tools=(long,)))[1]) == {ABLE: "context_length", UNABLE: "unsupported"}

    wordy = CALL.model_copy(update={"arguments": {"zone": "z" * 2000}})
    stored = [CALLED[0], a_reply("", tool_calls=(wordy,)), *CALLED[2:]]
    prompt, plan = prepared(an_agent(model=ABLE), stored)
    assert sum(map(estimate, prompt.messages)) > 500
    assert skipped(plan)[ABLE] == "context_length"

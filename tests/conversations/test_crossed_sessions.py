"""A session goes on: what the first provider takes, every other one takes, or the plan says that it cannot.

Hypothesis makes the conversations. `make test-deep` makes 1,200 here for each first provider, and as many in
`test_crossed_door.py`, and writes docs/crossed-providers.md; otherwise there are a few. What is found becomes a case in
`crossed/session_cases.py`.
"""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from pydantic.alias_generators import to_camel

from agentos.domain import AgentConfig
from tests.conversations.crossed import strategies
from tests.conversations.crossed.conversation import MODELS, Conversation
from tests.conversations.crossed.counted import EXAMPLES, counted
from tests.conversations.crossed.report import Report
from tests.conversations.crossed.sessions import Session
from tests.conversations.crossed.world import World
from tests.support import properties  # noqa: F401 - how Hypothesis runs here

KNOWN = tuple(name for name in strategies.PARAMETERS if name in map(to_camel, AgentConfig.model_fields))
"""The parameters that agents have so far."""

NOT_SENT = {
    "budgetUsd",
    "fallbackModel", "fallbackModels", "timeoutSeconds", "historyTokens", "fallbackOn", "onBusy", "routing",
}  # fmt: skip
"""What an agent's configuration says of us alone."""


@pytest.fixture(scope="module")
def report(request: pytest.FixtureRequest) -> Iterator[Report]:
    with counted("session", request) as made:
        yield made


def test_the_strategies_use_every_parameter_of_an_agent() -> None:
    assert set(map(to_camel, AgentConfig.model_fields)) - NOT_SENT == set(KNOWN)


@pytest.mark.timeout(0)
@pytest.mark.parametrize("first", MODELS)
def test_a_session_continues_at_any_other_provider(crossed_world: World, report: Report, first: str) -> None:
    @settings(max_examples=EXAMPLES)
    @given(strategies.conversations(KNOWN))
    def goes_on(conversation: Conversation) -> None:
        crossed_world.forget()
        session = Session(crossed_world, conversation, first)
        if not session.begin():
            report.cannot(first)
            return
        snapshot = session.snapshot()
        for provider in MODELS:
            if provider != first:
                snapshot.restore()
                report.count(first, provider, session.goes_on_at(provider))

    goes_on()

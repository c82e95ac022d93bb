"""A conversation goes on: what the first provider takes, every other one takes, or the plan says that it cannot.

Hypothesis makes the conversations. `make test-deep` makes 2,000 for each ordered pair of the ten providers, in sessions
and at the door together, and writes what came of it into docs/crossed-providers.md; otherwise there are a few. What is
found becomes a case in `crossed/session_cases.py` or `crossed/door_cases.py`.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from pydantic.alias_generators import to_camel

from agentos.domain import AgentConfig
from tests.conversations.crossed import door, histories, strategies
from tests.conversations.crossed.conversation import MODELS, Conversation
from tests.conversations.crossed.report import Report
from tests.conversations.crossed.sessions import Session
from tests.conversations.crossed.world import World
from tests.support import properties  # noqa: F401 - how Hypothesis runs here

EXAMPLES = int(os.environ.get("CROSSED_EXAMPLES", "10"))

KNOWN = tuple(name for name in strategies.PARAMETERS if name in map(to_camel, AgentConfig.model_fields))
"""The parameters that agents have so far."""

NOT_SENT = {
    "fallbackModel", "fallbackModels", "timeoutSeconds", "historyTokens", "fallbackOn", "onBusy", "routing",
}  # fmt: skip
"""What an agent's configuration says of us alone."""


@pytest.fixture(scope="module")
def report(request: pytest.FixtureRequest) -> Iterator[Report]:
    made = Report(EXAMPLES, request.config.getoption("--hypothesis-seed"))
    failed_before = request.session.testsfailed
    yield made
    path = os.environ.get("CROSSED_REPORT")
    if path and request.session.testsfailed == failed_before:  # the page says that all pairs held
        Path(path).write_text(made.page())


def test_every_parameter_of_an_agent_is_tried() -> None:
    assert set(map(to_camel, AgentConfig.model_fields)) - NOT_SENT == set(KNOWN)


@pytest.mark.timeout(0)
@pytest.mark.parametrize("first", MODELS)
def test_a_session_goes_on_at_any_other_provider(crossed_world: World, report: Report, first: str) -> None:
    @settings(max_examples=EXAMPLES)
    @given(strategies.conversations(KNOWN))
    def goes_on(conversation: Conversation) -> None:
        crossed_world.forget()
        session = Session(crossed_world, conversation, first)
        if not session.begin():
            report.cannot("session", first)
            return
        snapshot = session.snapshot()
        for provider in MODELS:
            if provider != first:
                snapshot.restore()
                report.count("session", first, provider, session.goes_on_at(provider))

    goes_on()


@pytest.mark.timeout(0)
@pytest.mark.parametrize("first", MODELS)
def test_a_clients_own_history_is_taken_by_any_provider(crossed_world: World, report: Report, first: str) -> None:
    @settings(max_examples=EXAMPLES)
    @given(histories.requests())
    def goes_on(request: door.Request) -> None:
        crossed_world.forget()
        door.asked(crossed_world, request, first)
        for provider in MODELS:
            if provider != first:
                crossed_world.forget()
                answered = door.goes_on_at(crossed_world, request, first, provider)
                report.count("door", first, provider, answered)

    goes_on()

"""A client's own history at each door: what the first provider takes, every other one takes, or the plan says so.

Hypothesis makes the histories, as in `test_crossed_sessions.py`. What is found becomes a case in
`crossed/door_cases.py`.
"""

from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings

from tests.conversations.crossed import door, doors, histories
from tests.conversations.crossed.conversation import MODELS
from tests.conversations.crossed.counted import EXAMPLES, counted
from tests.conversations.crossed.report import Report
from tests.conversations.crossed.world import World
from tests.support import properties  # noqa: F401 - how Hypothesis runs here


@pytest.fixture(scope="module")
def report(request: pytest.FixtureRequest) -> Iterator[Report]:
    with counted("door", request) as made:
        yield made


@pytest.mark.timeout(0)
@pytest.mark.parametrize("first", MODELS)
def test_a_clients_own_history_is_accepted_by_any_provider(crossed_world: World, report: Report, first: str) -> None:
    @settings(max_examples=EXAMPLES)
    @given(histories.requests())
    def goes_on(request: door.Request) -> None:
        crossed_world.forget()
        door.asked(crossed_world, request, first)
        for provider in MODELS:
            if provider != first:
                crossed_world.forget()
                answered = door.goes_on_at(crossed_world, request, first, provider)
                report.count(first, provider, answered)

    goes_on()


@pytest.mark.timeout(0)
@pytest.mark.parametrize("way_in", [doors.MESSAGES, doors.RESPONSES], ids=["messages", "responses"])
@pytest.mark.parametrize("first", MODELS)
def test_the_same_at_the_doors_of_messages_and_responses(crossed_world: World, first: str, way_in: doors.Door) -> None:
    """What these doors translate themselves is less than what providers differ in, so fewer histories are made."""

    @settings(max_examples=max(1, EXAMPLES // 5))
    @given(histories.requests())
    def goes_on(request: door.Request) -> None:
        assume(way_in.audio or not any(kind.startswith("audio/") for kind in request.media))
        crossed_world.forget()
        door.asked(crossed_world, request, first, way_in)
        for provider in MODELS:
            if provider != first:
                crossed_world.forget()
                door.goes_on_at(crossed_world, request, first, provider, way_in)

    goes_on()

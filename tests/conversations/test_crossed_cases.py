"""What one provider accepts, the next accepts too: conversations that once failed here, and similar ones."""

import pytest

from tests.conversations.crossed import door
from tests.conversations.crossed.cases import Case
from tests.conversations.crossed.conversation import Conversation
from tests.conversations.crossed.door_cases import DOOR
from tests.conversations.crossed.laws import Broken
from tests.conversations.crossed.session_cases import SESSIONS
from tests.conversations.crossed.sessions import Session
from tests.conversations.crossed.world import World


@pytest.mark.parametrize("cases", [SESSIONS, DOOR], ids=["sessions", "door"])
def test_every_case_has_its_own_name(cases: list[Case]) -> None:
    names = [case.name for case in cases]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("case", SESSIONS, ids=lambda case: case.name)
def test_a_session_continues_at_another_provider(crossed_world: World, case: Case) -> None:
    assert isinstance(case.what, Conversation)
    crossed_world.forget()
    session = Session(crossed_world, case.what, case.first)
    assert session.begin()
    snapshot = session.snapshot()
    broken: list[str] = []
    for provider in case.others:
        snapshot.restore()
        try:
            session.goes_on_at(provider)
        except Broken as one:
            broken.append(f"{provider}: {one}")
    assert broken == []


@pytest.mark.parametrize("case", DOOR, ids=lambda case: case.name)
def test_a_clients_own_history_is_accepted(crossed_world: World, case: Case) -> None:
    assert isinstance(case.what, door.Request)
    crossed_world.forget()
    door.asked(crossed_world, case.what, case.first)
    broken: list[str] = []
    for provider in case.others:
        crossed_world.forget()
        try:
            door.goes_on_at(crossed_world, case.what, case.first, provider)
        except Broken as one:
            broken.append(f"{provider}: {one}")
    assert broken == []

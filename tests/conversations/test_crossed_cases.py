"""What one provider takes, the next takes too: every conversation that ever failed here, and those like it."""

import pytest

from tests.conversations import crossed_door
from tests.conversations.crossed import Conversation, World
from tests.conversations.crossed_cases import CASES, Case
from tests.conversations.crossed_laws import Broken
from tests.conversations.crossed_sessions import Session


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_conversation_goes_on(crossed_world: World, case: Case) -> None:
    crossed_world.forget()
    if isinstance(case.what, Conversation):
        session = Session(crossed_world, case.what, case.first)
        if not session.begin():
            return  # the first provider cannot, and says so
        snapshot = session.snapshot()
    else:
        crossed_door.asked(crossed_world, case.what, case.first)
    broken: list[str] = []
    for provider in case.others:
        try:
            if isinstance(case.what, Conversation):
                snapshot.restore()
                session.goes_on_at(provider)
            else:
                crossed_world.forget()
                crossed_door.goes_on_at(crossed_world, case.what, case.first, provider)
        except Broken as one:
            broken.append(f"{provider}: {one}")
    assert broken == []

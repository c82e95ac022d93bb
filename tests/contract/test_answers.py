"""Every answer to the recorded events is one that the OpenAPI document has."""

from typing import Any

import pytest

from tests.contract.answers import check_answer, operation_of
from tests.replay.expected import EXPECTED
from tests.replay.test_events import EVENTS
from tests.support.gateway import StreamingContext, invoke
from tests.support.seed import AGENT_ID, SESSION_ID, seed
from tools.contract.routes import NO_ROUTES

ROUTES = [name for name in EXPECTED if name.partition("/")[0] not in NO_ROUTES]


@pytest.mark.parametrize("name", ROUTES)
def test_an_answer_is_in_the_document(name: str, api: Any, upstream: Any) -> None:
    seed()
    api.say(AGENT_ID, SESSION_ID)  # there is something to list
    folder = name.partition("/")[0]
    for context in (None, StreamingContext()):
        check_answer(operation_of(folder), invoke(folder, EVENTS[name], context))

"""HTTP clients for the tests here: one whose network is made up, and one for real sockets."""

import pytest

from agentos.providers.http import Http
from tests.providers.calls import BOUND
from tests.providers.recordings import Wire


@pytest.fixture(scope="session")
def shared_wire() -> Wire:
    return Wire()


@pytest.fixture
def wire(shared_wire: Wire) -> Wire:
    """The shared one with its memory wiped."""
    shared_wire.requests.clear()
    shared_wire.reply(b"not scripted", 500)
    return shared_wire


@pytest.fixture(scope="session")
def http() -> Http:
    """It reads bodies up to `BOUND` bytes."""
    return Http(BOUND)

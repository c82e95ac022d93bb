"""HTTP clients for the tests here: one with a scripted network, and one for real sockets."""

from collections.abc import Iterator

import pytest

from agentos.providers.http_client import HttpClient
from tests.providers.calls import BOUND
from tests.providers.recordings import Wire


@pytest.fixture(scope="session")
def shared_wire() -> Iterator[Wire]:
    """A process with the credentials of a role, as Lambda gives them."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield Wire()


@pytest.fixture
def wire(shared_wire: Wire) -> Wire:
    """The shared client, emptied of what earlier tests left."""
    shared_wire.requests.clear()
    shared_wire.reply(b"not scripted", 500)
    return shared_wire


@pytest.fixture(scope="session")
def http() -> HttpClient:
    """A client that reads bodies up to `BOUND` bytes."""
    return HttpClient(BOUND)

"""Our client and botocore's, in front of a server that answers as a test says."""

from collections.abc import Iterator
from typing import Any

import pytest

from agentos.store.transport.client import Client
from agentos.store.transport.connect import connect
from agentos.store.transport.messages import Timeouts
from tests.support.canned_dynamodb import CannedServer

GENEROUS = Timeouts(60, 60)
"""No result depends on them."""


@pytest.fixture
def server() -> Iterator[CannedServer]:
    with CannedServer() as canned:
        yield canned


@pytest.fixture
def waits() -> list[float]:
    """Seconds that our client would have waited."""
    return []


@pytest.fixture
def ours(environment: pytest.MonkeyPatch, server: CannedServer, waits: list[float]) -> Any:
    client = connect(server.url, GENEROUS)
    assert isinstance(client, Client)
    return Client(client.transport, sleep=waits.append)

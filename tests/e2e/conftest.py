"""Hosts for the end-to-end tests. Each host that a test starts is ended after the test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import dynamodb_local, ministack
from tests.e2e.door import Door, opened
from tests.e2e.hosting import Host, start
from tests.support.backends import DYNAMODBS

STORES = ["ministack", *(name for name in DYNAMODBS if name != "moto")]
"""The stores of the local host."""


# Every host has the same table, and begins with all that its stream has. So no module shares a store with others, whose
# hosts would have to read what all of them have written.


@pytest.fixture(scope="module")
def ministack_endpoint() -> Iterator[str]:
    """DynamoDB and SQS as `make run` has them, in memory."""
    with ministack.serving() as url:
        yield url


@pytest.fixture(scope="module")
def dynamodb_local_endpoint() -> Iterator[str]:
    with dynamodb_local.serving() as url:
        yield url


@pytest.fixture(params=STORES)
def dynamodb_endpoint(request: pytest.FixtureRequest) -> str:
    """Every test of the local host that takes a store runs on each of its stores."""
    return str(request.getfixturevalue(f"{request.param}_endpoint"))


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A host with the real model and without any key, as a newcomer has it. It is ended after its module, because a
    host that nobody calls takes a sixteenth of a processor to ask its queues and streams."""
    running = start(tmp_path_factory.mktemp("host"), {"LOCAL_MODEL": "1"})
    yield running
    running.end()


@pytest.fixture
def start_host(tmp_path: Path) -> Iterator[Callable[..., Host]]:
    """Starts a host with variables of its own: `start_host({"OPENAI_API_KEY": …}, "--root", …)`."""
    running: list[Host] = []

    def begin(environment: dict[str, str] | None = None, *arguments: str) -> Host:
        running.append(start(tmp_path, environment or {}, *arguments))
        return running[-1]

    yield begin
    for one in running:
        one.end()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A host in front of a scripted upstream."""
    with opened(tmp_path_factory.mktemp("door")) as door:
        yield door

"""Two Lambda environments that share a table, a target that no other test uses, and a wall clock."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from agentos.domain import Target
from agentos.routing.health import Health
from tests.routing.environments import a_target, environment


@pytest.fixture
def clock() -> Iterator[Any]:
    """A wall clock that the test moves."""
    with time_machine.travel(1_795_348_800, tick=False) as travel:
        yield travel


@pytest.fixture
def target() -> Target:
    return a_target()


@pytest.fixture
def first(client: Any, table_name: str, clock: Any) -> Health:
    return environment(client, table_name)


@pytest.fixture
def second(client: Any, table_name: str, clock: Any) -> Health:
    return environment(client, table_name)

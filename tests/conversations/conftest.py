"""A table, one provider on loopback, and the configuration that leads to it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conversations.crossed.world import World, world
from tests.conversations.fakes.model import ScriptedModel
from tests.conversations.fakes.provider import FakeProvider
from tests.conversations.fakes.server import FakeServer
from tests.conversations.formats import CONFIGURATION, FORMATS, Format


@pytest.fixture
def configured(environment: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """The environment with the suite's models in it."""
    file = tmp_path / "suite.yaml"
    file.write_text(json.dumps(CONFIGURATION))  # JSON is YAML
    environment.setenv("AGENTOS_CONFIG", str(file))
    return environment


@pytest.fixture(params=FORMATS)
def wire_format(request: pytest.FixtureRequest) -> Format:
    return FORMATS[request.param]


@pytest.fixture
def fake(wire_format: Format, configured: pytest.MonkeyPatch) -> Iterator[FakeProvider]:
    played = wire_format.fake(ScriptedModel())
    with FakeServer(played):
        for name, value in played.environment.items():
            configured.setenv(name, value)
        yield played


@pytest.fixture(scope="module")
def crossed_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The stack with all providers behind it, for all tests of a module: each has it forget the last one."""
    with pytest.MonkeyPatch.context() as environment:
        for name in os.environ:
            if name.endswith(("_API_KEY", "_ENDPOINT")) or name.startswith(("AWS_", "AGENTOS_")):
                environment.delenv(name)
        with world(environment, str(tmp_path_factory.mktemp("crossed") / "crossed.yaml")) as made:
            yield made

"""What a conversation needs: a table, one provider on loopback, and the configuration that leads to it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conversations.brain import Brain
from tests.conversations.formats import CONFIGURATION, FORMATS, Format
from tests.conversations.fronts.front import Front


@pytest.fixture
def dynamodb_endpoint(moto_endpoint: str) -> str:
    """One is enough: conversations are about providers, and `tests/store` is about stores."""
    return moto_endpoint


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
def front(wire_format: Format, configured: pytest.MonkeyPatch) -> Iterator[Front]:
    with wire_format.front(Brain()) as serving:
        for name, value in serving.environment.items():
            configured.setenv(name, value)
        yield serving

"""The emulator of `make deploy-local` without containers: accounts, stacks and parameters, but no function runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.emulator.__main__ import START_SECONDS, start
from local.emulator.image import Image
from tests.support.ports import free_port


@pytest.fixture(scope="session")
def emulator_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its URL."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DOCKER_HOST", "unix:///nonexistent")
        folder: Path = tmp_path_factory.mktemp("emulator")
        server = start(free_port(), "127.0.0.1", folder, Image("none", "none"))
        try:
            yield server.wait(START_SECONDS)
        finally:
            server.stop()


@pytest.fixture
def aws(emulator_endpoint: str, environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """boto3's clients speak to it, with root's credentials."""
    environment.setenv("AWS_ENDPOINT_URL", emulator_endpoint)
    return environment

"""What the tests in real containers share. They need a Docker engine: without one they fail rather than skip."""

import os
import re

import pytest

from local.sam import docker
from tests.e2e.hosting import MODEL


@pytest.fixture(scope="session")
def bridge() -> str:
    """The address at which servers of this machine can be reached by containers, and by nobody outside."""
    docker.require_engine()
    return docker.reachable_address()


@pytest.fixture(scope="session")
def outer() -> dict[str, str]:
    """This process's environment (proxies, mirrors, caches) without what configures AWS, providers or the stack.

    Nobody is asked for a key: tests/deployed does that.
    """
    ours = re.compile(r"AWS_.*|AGENTOS_CONFIG|PORT|.*_API_KEY|.*_ENDPOINT")
    own = {"AUTH": "none", "LOCAL_MODEL_TOKENS": MODEL["LOCAL_MODEL_TOKENS"]}
    return {name: value for name, value in os.environ.items() if not ours.fullmatch(name)} | own

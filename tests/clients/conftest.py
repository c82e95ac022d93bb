"""Other people's clients, each in a process and an environment of its own, against the local host.

Behind the host stand strict fakes of two makers, which say by themselves what a client's example needs.
"""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.model import WillingModel
from tests.conversations.fakes.anthropic import Anthropic
from tests.conversations.fakes.openai import OpenAI
from tests.conversations.fakes.responses import Responses
from tests.conversations.fakes.server import FakeServer
from tests.e2e.hosting import ROOT, Host, start

HERE = Path(__file__).parent
PYTHON = ROOT / ".venv/clients/bin/python"
NODE_MODULES = ROOT / ".venv/clients-node/node_modules"
SECONDS = 300
"""No client is ever so slow, but one that hangs."""


@dataclass(frozen=True)
class Behind:
    """The local host and the providers behind it; and OpenAI's Responses, which no provider of this host has."""

    host: Host
    openai: OpenAI
    anthropic: Anthropic
    responses: Responses

    @property
    def url(self) -> str:
        """The host's address."""
        return str(self.host.client.base_url).rstrip("/")

    def environment(self, **variables: str) -> dict[str, str]:
        """For a client: the doors' addresses, and nothing of this machine's settings."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return {**kept, "DOOR": self.url, "HOME": "/nonexistent", "NO_PROXY": "*", **variables}


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    openai, anthropic, responses = OpenAI(WillingModel()), Anthropic(WillingModel()), Responses(WillingModel())
    responses.keeps = True
    with FakeServer(openai, anthropic, responses):
        host = start(tmp_path_factory.mktemp("host"), openai.environment | anthropic.environment)
        yield Behind(host, openai, anthropic, responses)
        host.end()


def run(command: list[str | Path], environment: dict[str, str], folder: Path = HERE) -> str:
    """What the client printed. It fails the test where it did not end well."""
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout

"""A host in front of two scripted upstreams, and a way to run an example against it as a reader would."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.hosting import ROOT, Host, start
from tests.support.upstream import Upstream, answer

EXAMPLES = ROOT / "examples"
RUN_SECONDS = 300


@dataclass(frozen=True)
class Stack:
    """The host; `openai` and `xai` are the upstreams of the providers of these names."""

    host: Host
    openai: Upstream
    xai: Upstream

    @property
    def url(self) -> str:
        return str(self.host.client.base_url).rstrip("/")

    def environment(self) -> dict[str, str]:
        """What an example runs with."""
        return {"PATH": os.environ["PATH"], "AGENTOS_URL": self.url, "NO_PROXY": "*"}

    def run(self, example: str) -> "subprocess.CompletedProcess[str]":
        """The example, run to its end."""
        return subprocess.run(
            [sys.executable, str(EXAMPLES / example)],
            env=self.environment(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
        )


@contextmanager
def started(folder: Path, *keyed: str) -> Iterator[Stack]:
    """With a key for each of the named providers. Without any, only `echo` answers."""
    with Upstream() as openai, Upstream() as xai:
        endpoints = {"openai": openai.url, "xai": xai.url}
        environment = {f"{name.upper()}_API_KEY": "any" for name in keyed}
        environment |= {f"{name.upper()}_ENDPOINT": endpoints[name] for name in keyed}
        host = start(folder, environment)
        try:
            yield Stack(host, openai, xai)
        finally:
            host.end()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The host has keys for the providers `openai` and `xai`."""
    with started(tmp_path_factory.mktemp("examples"), "openai", "xai") as stack:
        yield stack


@pytest.fixture
def stack(running: Stack) -> Stack:
    """With upstreams that have no script and remember no request."""
    for name, upstream in (("openai", running.openai), ("xai", running.xai)):
        upstream.default = answer(f"Hello from {name}.")
        upstream.script.clear()
        upstream.requests.clear()
    return running


@pytest.fixture
def keyless(tmp_path: Path) -> Iterator[Stack]:
    """A host that has no provider's key."""
    with started(tmp_path) as stack:
        yield stack

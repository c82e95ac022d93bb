"""The real stack on the emulator of `make deploy-local`, and what an operator can do to it."""

import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from local.emulator import containers, state
from local.sam import docker
from tests.deployed.living import Control, Items, Living, client
from tests.support.gateway import ROOT
from tests.support.ports import free_port
from tests.support.upstream import Upstream
from tools.stack import deploy_local, deployed, destroy_local, secrets


@dataclass(frozen=True)
class Emulator:
    """A running one, without any stack at first."""

    facts: state.Facts
    port: int

    def aws(self, service: str) -> Any:
        """A client with the rights of root."""
        return deploy_local.session().client(service, endpoint_url=self.facts.endpoint)

    def deploy(self, stack: str, build: Path, **parameters: str) -> tuple[str, str | None]:
        """Create or update it; its URL, and its first key if one was made."""
        return deploy_local.put(self.facts, stack, build, {"Architecture": docker.architecture(), **parameters})

    def set_keys(self, stack: str, values: dict[str, str]) -> None:
        """What `make secrets` does, and then new execution environments, which read the keys at once."""
        secrets.push(self.aws("ssm"), f"/{stack}/providers", values, prune=True)
        containers.remove(self.port)

    def items(self, stack: str, text: str) -> Items:
        """The table's items in which a text occurs, but those of usage, which stay."""
        found = deployed.find(self.aws("cloudformation"), stack)
        assert found
        pages = self.aws("dynamodb").get_paginator("scan").paginate(TableName=found.outputs["TableName"])
        items = [item for page in pages for item in page["Items"] if "#USAGE#" not in item["pk"]["S"]]
        return [item for item in items if text in str(item)]


@contextmanager
def running(folder: Path) -> Iterator[Emulator]:
    """In the background, as `make deploy-local` starts it; ended as `make destroy-local` ends it."""
    port = free_port()
    process = deploy_local.launch(folder, port)
    try:
        yield Emulator(deploy_local.ready(folder, process), port)
    finally:
        destroy_local.end(folder)
        assert process.wait() == 0
    assert containers.of(port) == []


def living(emulator: Emulator, stack: str, url: str, key: str | None, primary: Upstream, last: Upstream) -> Living:
    """The stack behind the URL. The provider `xai` has no key at first; `local` needs none."""

    def set_key(key: str | None) -> None:
        ours = {"XAI_API_KEY": key, "XAI_ENDPOINT": primary.url} if key else {}
        emulator.set_keys(stack, {"LOCAL_ENDPOINT": last.url, **ours})

    set_key(None)
    return Living(client(url, key), Control(primary, set_key, lambda text: emulator.items(stack, text)))


def previous_commit(folder: Path) -> Path:
    """The files of the commit before the last one, or of the last one where history has no other."""
    known = subprocess.run(["git", "rev-parse", "--verify", "--quiet", "HEAD~1"], cwd=ROOT, capture_output=True)
    commit = "HEAD" if known.returncode else "HEAD~1"
    files = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(files)) as archive:
        archive.extractall(folder, filter="data")
    return folder

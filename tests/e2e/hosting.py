"""The local host, or `sam local` by `module`, as a process that a test starts and ends, without any key."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from local import process
from tests.support.canary import leaks
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
START_SECONDS = 120
STOP_SECONDS = 60
EVENTUALLY_SECONDS = 60
"""None of these is ever reached but by what hangs."""
MODEL = {"LOCAL_MODEL": "0", "LOCAL_MODEL_TOKENS": "32"}
"""Most tests need no model. Those that have it read what is around an answer, which may be short."""


@dataclass(frozen=True)
class Process:
    """A process as `ps` shows it."""

    pid: int
    parent: int
    kilobytes: int
    """Its resident memory."""
    cpu_seconds: float


def process_tree(root: int) -> list[Process]:
    """The process `root` and all of its descendants."""
    command = ["ps", "-A", "-o", "pid=,ppid=,rss=,time="]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listing.splitlines()]
    processes = [Process(int(pid), int(parent), int(rss), _seconds(time)) for pid, parent, rss, time in rows]
    tree = [one for one in processes if one.pid == root]
    for one in tree:  # which grows meanwhile
        tree.extend(child for child in processes if child.parent == one.pid)
    return tree


def _seconds(time: str) -> float:
    """Of [days-]hours:minutes:seconds, as Linux writes it, or minutes:seconds, as macOS does."""
    days, _, rest = time.rpartition("-")
    seconds = 0.0
    for part in rest.split(":"):
        seconds = 60 * seconds + float(part)
    return seconds + 86_400 * int(days or 0)


@dataclass
class Host:
    """A host that answers."""

    process: subprocess.Popen[bytes]
    log: Path
    client: httpx.Client

    @property
    def output(self) -> str:
        """What it has written to the terminal so far."""
        return self.log.read_text()

    def agent(self, **fields: object) -> str:
        """A new agent's id."""
        answer = self.client.post("/agents", json={"name": "test", **fields})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["agentId"])

    def session(self, agent_id: str) -> str:
        """The path of a new session."""
        answer = self.client.post(f"/agents/{agent_id}/sessions")
        assert answer.status_code == 201, answer.text
        return f"/agents/{agent_id}/sessions/{answer.json()['sessionId']}"

    def say(self, session: str, content: str = "Hello") -> httpx.Response:
        return self.client.post(f"{session}/messages", json={"role": "user", "content": content})

    def children(self) -> list[int]:
        """The ids of the processes that it started."""
        return [one.pid for one in process_tree(self.process.pid) if one.parent == self.process.pid]

    def end(self, number: int = signal.SIGINT) -> int:
        """Signal it as a terminal would, with all that it started, and wait; its exit code."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        try:
            return self.process.wait(STOP_SECONDS)
        finally:
            self.process.kill()
            self.client.close()
            found = leaks(re.sub(r"export AGENTOS_KEY=\S+", "", self.output))  # the key that it makes is printed once
            assert not found, f"the host wrote {', '.join(found)}"


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until it does."""
    process.wait_until(holds, EVENTUALLY_SECONDS)


def launch(
    folder: Path, port: int, environment: dict[str, str], *arguments: str, module: str = "local"
) -> tuple[subprocess.Popen[bytes], Path]:
    """The process in a group of its own, and the file that it writes to. `folder` has its .env, if any."""
    log = folder / f"host-{port}.log"
    command = [sys.executable, "-m", module, "--port", str(port), "--env-file", str(folder / ".env"), *arguments]
    clean = {"PATH": os.environ["PATH"], "HOME": str(folder), **MODEL, **environment}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=clean, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    return process, log


def start(folder: Path, environment: dict[str, str], *arguments: str, module: str = "local") -> Host:
    """A host that answers, without the local model unless LOCAL_MODEL says otherwise."""
    port = free_port()
    process, log = launch(folder, port, environment, *arguments, module=module)
    host = Host(process, log, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False))
    for _ in range(START_SECONDS * 10):
        if process.poll() is not None:
            break
        try:
            host.client.get("/health")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return host
    host.end(signal.SIGKILL)
    raise AssertionError(f"the host did not start:\n{host.output}")


def copy_of_what_runs(folder: Path) -> Path:
    """A copy of what the host runs, to be edited, with the bytecode that there is."""
    unfinished = shutil.ignore_patterns("*.pyc.*")  # what another process is writing
    copy = folder / "checkout"
    for part in ("config", "functions", "shared"):
        shutil.copytree(ROOT / part, copy / part, ignore=unfinished)
    shutil.copy(ROOT / "template.yaml", copy)
    return copy

"""What the same call costs in gateways that run as servers: LiteLLM's proxy and Portkey's gateway.

    python -m bench.speed.servers <port of the stub>

Each server is a process of its own, asked over a kept connection. Its CPU time and its memory are read from outside.
Prints one line of JSON: milliseconds by name, round by round; of each server its version, its memory, and its CPU time
until its first answer; and for what could not be run, why.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from bench.speed import floors
from bench.speed.measuring import Call, cpu
from bench.speed.memory import resident
from tests.support.gateway import ROOT

PYTHON = ROOT / ".venv" / "bench" / "bin" / "python"
PORTKEY = ROOT / ".venv" / "portkey" / "node_modules" / "@portkey-ai" / "gateway"
START_SECONDS = 300
ROUNDS = 7
ROUND_SECONDS = 0.5
"""The kernel counts CPU time in hundredths of a second."""
WARM_CALLS = 200
LITELLM_CONFIG = """
model_list:
  - {model_name: primary, litellm_params: {model: openai/gpt-4o-mini, api_base: URL, api_key: bench}}
  - {model_name: fallback, litellm_params: {model: openai/gpt-4o-mini, api_base: URL, api_key: bench}}
router_settings: {fallbacks: [{primary: [fallback]}]}
litellm_settings: {telemetry: false}
"""


@dataclass(frozen=True)
class Server:
    """How a server is started and asked."""

    command: list[str]
    environment: Mapping[str, str]
    version: str
    headers: Mapping[str, str]


def litellm(upstream: str, port: int, folder: Path) -> Server:
    """One worker, two deployments, no database. It does not start without a master key."""
    config, key = folder / "litellm.yaml", f"sk-{secrets.token_hex(32)}"
    config.write_text(LITELLM_CONFIG.replace("URL", upstream))
    module = [str(PYTHON), "-m", "litellm.proxy.proxy_cli", "--host", "127.0.0.1", "--port", str(port)]
    asked = "import importlib.metadata as m; print(m.version('litellm'))"
    version = subprocess.run([str(PYTHON), "-c", asked], capture_output=True, text=True, check=True).stdout.strip()
    return Server(
        [*module, "--config", str(config), "--num_workers", "1", "--telemetry", "False"],
        # Else it asks the internet for prices.
        {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MASTER_KEY": key},
        version,
        {"authorization": f"Bearer {key}"},
    )


def portkey(upstream: str, port: int, _folder: Path) -> Server:
    """Two targets, by the header in which it takes its configuration."""
    target = {"provider": "openai", "api_key": "bench", "custom_host": upstream}
    config = {"strategy": {"mode": "fallback"}, "targets": [target, target]}
    return Server(
        ["node", str(PORTKEY / "build" / "start-server.js"), f"--port={port}", "--headless"],
        {"NODE_ENV": "production"},
        str(json.loads((PORTKEY / "package.json").read_text())["version"]),
        {"x-portkey-config": json.dumps(config)},
    )


SERVERS: dict[str, Callable[[str, int, Path], Server]] = {"LiteLLM proxy": litellm, "Portkey gateway": portkey}


class Running:
    """A server that has answered."""

    def __init__(self, process: "subprocess.Popen[bytes]", server: Server, port: int) -> None:
        self._process = process
        self._pool = urllib3.HTTPConnectionPool("127.0.0.1", port)
        self._headers = {**floors.HEADERS, **server.headers}
        self._body = json.dumps({**floors.BODY, "model": "primary"})
        self.version = server.version

    def ask(self) -> None:
        """One call. Raises for anything but the stub's answer."""
        answer = self._pool.urlopen("POST", "/v1/chat/completions", self._body, self._headers, retries=False)
        if answer.status != 200:
            raise AssertionError(f"{answer.status} {answer.data.decode()[:200]}")
        assert answer.json()["choices"][0]["message"]["content"]

    def wait(self) -> None:
        """Until it answers. Raises AssertionError where it does not."""
        began = time.monotonic()
        while time.monotonic() - began < START_SECONDS:
            if self._process.poll() is not None:
                raise AssertionError(f"it ended with {self._process.returncode}")
            try:
                return self.ask()
            except urllib3.exceptions.HTTPError:
                time.sleep(0.5)
        raise AssertionError(f"it did not answer within {START_SECONDS} s")

    def cpu(self) -> float:
        """Seconds of CPU time of the server and of the processes that it has started."""
        return sum(_cpu(process) for process in _family(self._process.pid))

    def megabytes(self) -> float:
        return sum(resident(process) for process in _family(self._process.pid))


def _cpu(process: int) -> float:
    """utime and stime, https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html"""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _family(process: int) -> Iterator[int]:
    yield process
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


@contextmanager
def running(build: Callable[[str, int, Path], Server], upstream: str) -> Iterator[Running]:
    """A server on a free port that has answered its first call."""
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        server = build(upstream, port, Path(folder))
        environment = {**os.environ, **server.environment, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": ""}
        with Path(folder, "log").open("wb") as log:
            process = subprocess.Popen(server.command, env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            started = Running(process, server, port)
            started.wait()
            yield started
        finally:
            process.kill()  # nothing of it is needed later
            process.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def measure(port: int) -> dict[str, Any]:
    """What is printed."""
    calls: dict[str, Call] = {"httpx": floors.calls(port)["httpx"]}
    clocks, found, failed = {}, {}, {}
    with ExitStack() as stack:
        servers: dict[str, Running] = {}
        for name, build in SERVERS.items():
            upstream = f"http://127.0.0.1:{port}/ok/v1"
            try:
                with running(build, upstream):  # writes the bytecode that the measured start finds
                    pass
                server = stack.enter_context(running(build, upstream))
            except (AssertionError, OSError, subprocess.SubprocessError) as error:
                failed[name] = f"{type(error).__name__}: {error}"[:200]
                continue
            servers[name] = server
            found[name] = {"version": server.version, "start": server.cpu()}
            calls[name], clocks[name] = server.ask, server.cpu
            for _ in range(WARM_CALLS):
                server.ask()
        milliseconds = cpu(calls, ROUND_SECONDS, ROUNDS, clocks)
        for name, server in servers.items():
            found[name]["megabytes"] = server.megabytes()
    return {"cpu": milliseconds, "servers": found, "failed": failed}


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))

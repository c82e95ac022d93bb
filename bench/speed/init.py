"""Init up to the first answer of every function, each time in a new process.

An answer that is not the expected one ends the run: a refusal or an error takes another time than an answer.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import certifi

from bench.speed import ours
from bench.speed.processes import ask_stub
from tests.replay.expected import EXPECTED
from tests.support.gateway import ROOT

FLOOR = "import boto3; boto3.client('dynamodb', region_name='eu-west-1')"
LIBRARIES = {
    "boto3.client('dynamodb')": FLOOR,
    "import pydantic": "import pydantic; pydantic.BaseModel",
    "httpx.Client()": "import httpx; httpx.Client()",
    "Powertools' Logger": "from aws_lambda_powertools import Logger; Logger()",
}
MAIN = ("send_message", "chat_completions", "get_agent")
"""Measured without bytecode, too."""
DEPLOYED = {"PROVIDER_PARAMETERS": "/bench/providers", "PROVIDER_KEYS": "values"}
"""Where a deployed stack's functions that call providers find their keys."""


@dataclass(frozen=True)
class FirstAnswer:
    """Milliseconds of CPU and of real time for init and for the first request; the most memory, in megabytes."""

    init: float
    first: float
    wall: float
    status: int | None
    megabytes: float


class FirstAnswers:
    """Measures on a stub that has the agent, the session and the keys of the recorded events."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._layer = tempfile.TemporaryDirectory()
        self._environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{_layer(Path(self._layer.name))}:{ROOT}"}
        self._functions = {**ours.environment(port), "LOCAL_ENDPOINT": f"http://127.0.0.1:{port}/ok/v1"}

    def seed(self) -> None:
        """Store what the recorded events speak of. Each measurement begins with just that."""
        code = "from tests.support.seed import seed; seed()"
        subprocess.run([sys.executable, "-c", code], env={**self._environment, **self._functions}, check=True)
        ask_stub(self._port, "keep")

    def of(self, folder: str, *, bytecode: bool = True) -> FirstAnswer:
        """A function's, for its recorded event `ok`."""
        if bytecode:
            return self._first(folder, {})
        with tempfile.TemporaryDirectory() as nowhere:  # that Python finds no bytecode in, not even of libraries
            return self._first(folder, {"PYTHONPYCACHEPREFIX": nowhere})

    def deployed(self, folder: str) -> FirstAnswer:
        """The same where the providers' keys are in the parameter store, as in a deployed stack."""
        keys = {name: "" for name in self._functions if name.endswith("_API_KEY")}
        store = {"AWS_ENDPOINT_URL_SSM": f"http://127.0.0.1:{self._port}"}
        return self._first(folder, {**keys, **DEPLOYED, **store})

    def library(self, code: str) -> float:
        """Milliseconds of CPU time for a line of Python in a new process."""
        return float(self._run({}, "-c", code)["init"]["cpu"])

    def _first(self, folder: str, more: dict[str, str]) -> FirstAnswer:
        ask_stub(self._port, "reset")
        handler, event = ROOT / "functions" / folder / "app.py", ROOT / "events" / folder / "ok.json"
        return _answer(folder, self._run(more, str(handler), str(event)))

    def _run(self, more: dict[str, str], *arguments: str) -> dict[str, Any]:
        run = subprocess.run(
            [sys.executable, "-m", "bench.speed.first_answer", *arguments],
            env={**self._environment, **self._functions, **more},
            capture_output=True,
            text=True,
            check=True,
        )
        found: dict[str, Any] = json.loads(run.stdout)
        return found


def _layer(folder: Path) -> Path:
    """What the deployed layer has: the package, the configuration as JSON too, and hashed certificates
    (`shared/Makefile`)."""
    python = folder / "python"
    python.mkdir()
    (python / "agentos").symlink_to(ROOT / "shared" / "agentos")
    shutil.copytree(ROOT / "config", folder / "config")
    compiler = ROOT / "shared" / "config_as_json.py"
    subprocess.run([sys.executable, compiler, folder / "config" / "default.yaml"], check=True)
    if shutil.which("openssl"):
        hashing = ROOT / "shared" / "hashed_certificates.sh"
        subprocess.run([hashing, certifi.where(), folder / "certificates"], check=True)
    return python


def _answer(folder: str, found: dict[str, Any]) -> FirstAnswer:
    """Raises SystemExit for an answer that is not the event's."""
    expected = EXPECTED[f"{folder}/ok"][0] if f"{folder}/ok" in EXPECTED else None
    if found["status"] != expected or found["failed"]:
        raise SystemExit(f"{folder} answered its event with {found['status']}, not {expected}: {found['text']}")
    init, first = found["init"], found["first"]
    return FirstAnswer(init["cpu"], first["cpu"], init["wall"] + first["wall"], found["status"], found["megabytes"])


def functions() -> list[str]:
    """All that have a recorded event of the usual case."""
    only = os.environ.get("ONLY", "").split(",")
    found = sorted(path.parent.name for path in Path(ROOT / "events").glob("*/ok.json"))
    return [name for name in found if only == [""] or name in {*only, *MAIN}]

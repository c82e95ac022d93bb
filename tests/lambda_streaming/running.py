"""The runtime as a process of its own, started as the managed image does: through the layer's wrapper, or stock."""

import importlib.util
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from local import process
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
HANDLERS = Path(__file__).parent / "handlers"
START_SECONDS = 120

BOOTSTRAP = f"""#!/bin/sh
exec ${{AWS_LAMBDA_EXEC_WRAPPER:-}} {sys.executable} {ROOT}/tests/sam_local/runtime/bootstrap.py
"""


@dataclass(frozen=True)
class Image:
    """A function's environment."""

    folder: Path
    """Holds `opt`, the layer, and `runtime`."""
    ours: bool
    task: Path = HANDLERS

    @property
    def bootstrap(self) -> Path:
        return self.folder / "bootstrap"

    def environment(self, handler: str, variables: Mapping[str, str]) -> dict[str, str]:
        wrapper = {"AWS_LAMBDA_EXEC_WRAPPER": str(self.folder / "opt" / "streaming-runtime")} if self.ours else {}
        return {
            "PATH": os.environ["PATH"],
            "LANG": "en_US.UTF-8",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
            "LAMBDA_TASK_ROOT": str(self.task),
            "LAMBDA_RUNTIME_DIR": str(self.folder / "runtime"),
            "AWS_LAMBDA_FUNCTION_NAME": "function",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/function",
            "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
            "_HANDLER": handler,
            **wrapper,
            **variables,
        }


def make_image(folder: Path, ours: bool = True, task: Path = HANDLERS) -> Image:
    """With the layer as it lies in this repository."""
    image = Image(folder, ours, task)
    (folder / "runtime").mkdir()
    (folder / "opt" / "python").mkdir(parents=True)
    for package in ("agentos", "lambda_streaming"):
        (folder / "opt" / "python" / package).symlink_to(ROOT / "shared" / package)
    (folder / "opt" / "streaming-runtime").symlink_to(ROOT / "shared" / "lambda_streaming" / "streaming-runtime")
    image.bootstrap.write_text(BOOTSTRAP)
    image.bootstrap.chmod(0o755)
    return image


@dataclass(frozen=True)
class Ended:
    """A runtime that has ended."""

    code: int
    output: str
    errors: str


def run(image: Image, address: str, handler: str = "app.handler", **variables: str) -> Ended:
    """Run against the Runtime API at `address` until there are no more events."""
    environment = image.environment(handler, {"AWS_LAMBDA_RUNTIME_API": address, **variables})
    done = subprocess.run([image.bootstrap], cwd=image.task, env=environment, capture_output=True)
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


@dataclass(frozen=True)
class Emulator:
    """AWS's emulator of Lambda, with one function in it."""

    url: str
    log: Path

    def invoke(self, event: object) -> bytes:
        """The response, as the runtime sent it."""
        return httpx.post(self.url, content=json.dumps(event), timeout=60, trust_env=False).content

    def document(self, event: object) -> Any:
        return json.loads(self.invoke(event))

    def answer(self, event: object) -> tuple[Any, bytes]:
        """A streamed answer's head and body."""
        head, delimiter, body = self.invoke(event).partition(b"\0" * 8)
        assert delimiter
        return json.loads(head), body


def emulator_program() -> Path:
    """What sam local has in its containers."""
    spec = importlib.util.find_spec("samcli.local.rapid")
    assert spec
    assert spec.submodule_search_locations
    machine = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
    return Path(spec.submodule_search_locations[0]) / f"aws-lambda-rie-{machine}"


@contextmanager
def emulated(image: Image, handler: str = "app.handler", **variables: str) -> Iterator[Emulator]:
    """The function, served by AWS's emulator."""
    front, back = free_port(), free_port()
    command = [
        *(str(emulator_program()), "--runtime-interface-emulator-address", f"127.0.0.1:{front}"),
        *("--runtime-api-address", f"127.0.0.1:{back}", str(image.bootstrap), handler),
    ]
    log = image.folder / f"log-{front}"
    with log.open("wb") as output, process.running(command, output, image.environment(handler, variables)) as emulator:
        process.wait_until(lambda: process.listens(front), START_SECONDS, emulator)
        yield Emulator(f"http://127.0.0.1:{front}/2015-03-31/functions/function/invocations", log)

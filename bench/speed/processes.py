"""The processes of a run: the stub, and one for each measurement."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.gateway import ROOT


@contextmanager
def stub() -> Iterator[int]:
    """The port of a new provider, DynamoDB and parameter store."""
    command = [sys.executable, "-m", "bench.speed.stub"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def ask_stub(port: int, control: str) -> Any:
    """What the stub answers to one of its controls: `times`, `keep` or `reset`."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", f"/{control}/", b"{}")
    return json.loads(connection.getresponse().read())


def child(python: Path | str, module: str, *arguments: str) -> Any:
    """What a process prints as its last line of JSON."""
    say(f"{module.rpartition('.')[2]} {' '.join(arguments[1:])}")
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'shared'}:{ROOT}"}
    run = subprocess.run([str(python), "-m", module, *arguments], env=environment, cwd=ROOT, stdout=subprocess.PIPE)
    if run.returncode:
        raise SystemExit(f"{module} failed")
    return json.loads(run.stdout.splitlines()[-1])


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr)

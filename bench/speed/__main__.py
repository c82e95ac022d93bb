"""Measures everything in one run and writes docs/benchmarks.md: `make bench`.

    PEERS=0        leaves other libraries out
    ONLY=health    functions of which the init is measured, besides the main ones; all without it

Benchmarks report. No test asserts a time.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.speed import init, sizes
from bench.speed.report import Results, write
from tests.support.gateway import ROOT

PEERS = ROOT / ".venv" / "bench" / "bin" / "python"


@contextmanager
def stub() -> Iterator[int]:
    """The port of a new provider and DynamoDB."""
    command = [sys.executable, "-m", "bench.speed.stub"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


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


def first_answers(port: int, times: int) -> tuple[dict[str, list[init.FirstAnswer]], dict[str, Any]]:
    """Of every function; and without bytecode, and of libraries alone."""
    measured = init.FirstAnswers(port)
    measured.seed()
    say("init of every function")
    with_bytecode = {
        folder: [measured.of(folder) for _ in range(max(times, 3) if folder in init.MAIN else times)]
        for folder in init.functions()
    }
    without = {folder: [measured.of(folder, bytecode=False) for _ in range(2)] for folder in init.MAIN}
    libraries = {name: [measured.library(code) for _ in range(3)] for name, code in init.LIBRARIES.items()}
    return with_bytecode, {"without": without, "libraries": libraries}


def main() -> None:
    with stub() as port:
        inits, more = first_answers(port, 1)
    warm = {}
    for behaviour in ("ok", "404", "503", "hang"):
        with stub() as port:
            warm[behaviour] = child(sys.executable, "bench.speed.warm", str(port), behaviour)
    peers = None
    if PEERS.exists() and os.environ.get("PEERS") != "0":
        with stub() as port:
            peers = child(PEERS, "bench.speed.peers", str(port))
    results = Results(inits, more["without"], more["libraries"], warm, peers, sizes.layer())
    write(results)
    say("docs/benchmarks.md is written")


if __name__ == "__main__":
    main()

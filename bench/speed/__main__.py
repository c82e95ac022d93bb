"""Measures everything in one run and writes docs/benchmarks.md: `make bench`.

    PEERS=0        leaves other libraries and gateways out
    ONLY=health    functions of which the init is measured, besides the main ones; all without it
    MESSAGES=200   messages over which memory is measured; 20,000 without it

Benchmarks report. No test asserts a time.
"""

import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.speed import init, instructions, servers, sizes
from bench.speed.processes import child, say, stub
from bench.speed.report import write
from bench.speed.results import Results

TIMES = 3
MESSAGES = 20_000
MEMORY_AFTER = (20, 4, 2, 1)
"""The parts of all messages after which memory is measured."""


def first_answers(port: int) -> dict[str, Any]:
    """Of every function; of some without bytecode and with stored keys; and of libraries alone."""
    measured = init.FirstAnswers(port)
    measured.seed()
    say("init of every function")
    return {
        "inits": {folder: [measured.of(folder) for _ in range(TIMES)] for folder in init.functions()},
        "without_bytecode": {folder: [measured.of(folder, bytecode=False) for _ in range(2)] for folder in init.MAIN},
        "deployed": {"send_message": [measured.deployed("send_message") for _ in range(TIMES)]},
        "libraries": {name: [measured.library(code) for _ in range(TIMES)] for name, code in init.LIBRARIES.items()},
    }


def warm() -> dict[str, Any]:
    """Calls by the behaviour of their provider."""
    found = {}
    for behaviour in ("ok", "404", "503", "hang"):
        with stub() as port:
            found[behaviour] = child(sys.executable, "bench.speed.warm", str(port), behaviour)
    return found


def others() -> dict[str, Any]:
    """Libraries and servers, each None where it is left out."""
    found: dict[str, Any] = {"peers": None, "servers": None}
    if servers.PYTHON.exists() and os.environ.get("PEERS") != "0":
        with stub() as port:
            found["peers"] = child(servers.PYTHON, "bench.speed.peers", str(port))
            found["servers"] = child(sys.executable, "bench.speed.servers", str(port))
    return found


def memory(after: Sequence[int]) -> Any:
    with stub() as port:
        return child(sys.executable, "bench.speed.memory", str(port), *map(str, after))


def counted() -> dict[str, int] | str:
    """Instructions of a call by name, or why they were not counted."""
    say("instructions")
    try:
        return instructions.counted(calls=20, timeout=400)
    except instructions.NotCounted as reason:
        return str(reason)


def main() -> None:
    began, load = time.monotonic(), os.getloadavg()[0]
    messages = int(os.environ.get("MESSAGES") or MESSAGES)
    with stub() as port:
        starts = first_answers(port)
    calls, peers = warm(), others()
    with ThreadPoolExecutor() as beside:  # what depends on no clock
        resident = beside.submit(memory, [messages // part for part in MEMORY_AFTER])
        count, wheels = beside.submit(counted), beside.submit(sizes.wheels)
    write(
        Results(
            **starts,
            **peers,
            warm=calls,
            memory=resident.result(),
            instructions=count.result(),
            layer=sizes.layer(),
            wheels=wheels.result(),
            load=load,
        )
    )
    say(f"docs/benchmarks.md is written, after {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()

"""A short table for continuous integration: init and calls as ratios to their floors, beside twice the goals.

It reports, and nothing fails by it. The ratio of CPU time to a floor of the same moment hardly depends on the machine.
Instructions are counted where valgrind is installed, because they do not depend on it at all. Each run adds a line to
HISTORY, which is not committed: a server that keeps this file from run to run has the history.
"""

import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.speed import floors, init, instructions, ours
from bench.speed.goals import BOTO3
from bench.speed.measuring import cpu, ratios
from bench.speed.processes import stub
from tests.support.gateway import ROOT

HISTORY = Path(os.environ.get("SPEED_HISTORY") or ROOT / ".ci" / "speed.jsonl")
GOAL_FACTOR = 2
CALLS = {"routed call": 1.5, "stored message": 5.0}
STARTS = {"send_message": 1.0, "get_agent": 0.8}


def main() -> None:
    rows = [*_calls(), *_starts(), *_instructions()]
    print(f"{'speed, as a ratio to the floor of this run':44} {'ratio':>6} {'bound':>6}")
    for name, ratio, bound in rows:
        print(f"{name:44} {ratio:6.2f} {bound:6.2f}{'' if ratio <= bound else '  over its bound'}")
    _keep({name: round(ratio, 2) for name, ratio, _ in rows})


def _keep(ratios_of_this_run: dict[str, float]) -> None:
    described = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    line = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "commit": described.stdout.strip() or None,
        **ratios_of_this_run,
    }
    with HISTORY.open("a") as file:
        file.write(json.dumps(line) + "\n")


def _calls() -> list[tuple[str, float, float]]:
    with stub() as port, tempfile.TemporaryDirectory() as folder:
        ours.use(ours.environment(port))
        calls = {
            "httpx": floors.calls(port)["httpx"],
            "routed call": ours.routed_call(),
            "stored message": ours.stored_message(),
        }
        shown, sys.stdout = sys.stdout, Path(folder, "metrics").open("w")  # noqa: SIM115
        try:
            found = ratios(cpu(calls, seconds=0.05, rounds=7), "httpx")
        finally:
            sys.stdout.close()
            sys.stdout = shown
    return [(f"{name}, of httpx's loop", found[name].median, goal * GOAL_FACTOR) for name, goal in CALLS.items()]


def _starts() -> list[tuple[str, float, float]]:
    with stub() as port:
        measured = init.FirstAnswers(port)
        measured.seed()
        floor = min(measured.library(init.FLOOR) for _ in range(2))
        found = {}
        for folder in STARTS:
            answers = [measured.of(folder) for _ in range(2)]
            found[folder] = min(one.init + one.first for one in answers) / floor
    return [
        (f"{name} to its first answer, of {BOTO3}", found[name], goal * GOAL_FACTOR) for name, goal in STARTS.items()
    ]


def _instructions() -> list[tuple[str, float, float]]:
    try:
        found = instructions.counted(calls=10, timeout=60)
    except instructions.NotCounted as reason:
        print(f"instructions were not counted: {reason}")
        return []
    floor = found[instructions.FLOOR]
    return [(f"instructions of a {name}", found[name] / floor, goal * GOAL_FACTOR) for name, goal in CALLS.items()]


if __name__ == "__main__":
    os.environ.setdefault("POWERTOOLS_METRICS_DISABLED", "true")
    main()

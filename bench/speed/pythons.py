"""The same measurements with several interpreters, which take turns.

    python -m bench.speed.pythons PYTHON PYTHON…

Each needs what is in requirements/dev.txt. Prints a table: the medians of five rounds, and their ratios to the first
interpreter's of the same round.
"""

import json
import statistics
import sys

from bench.speed import init
from bench.speed.measuring import Measured, ratios
from bench.speed.processes import child, say, stub

ROUNDS = 5
CALLS = ("httpx", "routed call", "chat completion", "stored message", "chat completion, streamed")
HERE = "--here"


def measured_here() -> dict[str, float]:
    """Milliseconds of CPU by name: init with the first answer, and calls once everything is warm."""
    with stub() as port:
        answers = init.FirstAnswers(port)
        answers.seed()
        firsts = {folder: answers.of(folder) for folder in init.MAIN}
    with stub() as port:
        warm = child(sys.executable, "bench.speed.warm", str(port), "ok")["cpu"]
    starts = {f"{folder}, until its first answer": one.init + one.first for folder, one in firsts.items()}
    return starts | {name: statistics.median(warm[name]) for name in CALLS}


def table(found: dict[str, list[dict[str, float]]]) -> str:
    """Found: by interpreter, what each round measured."""
    first = next(iter(found))
    lines = [f"| CPU, ms | {' | '.join(found)} | ratio |", f"|---|{'---:|' * (len(found) + 1)}"]
    for name in found[first][0]:
        rounds = {python: [one[name] for one in values] for python, values in found.items()}
        medians = [f"{statistics.median(values):.3g}" for values in rounds.values()]
        lines.append(f"| {name} | {' | '.join(medians)} | {_spreads(ratios(rounds, first), first)} |")
    return "\n".join(lines)


def _spreads(found: dict[str, Measured], first: str) -> str:
    texts = [f"{one.median:.2f} ({one.low:.2f} to {one.high:.2f})" for name, one in found.items() if name != first]
    return ", ".join(texts)


def main(pythons: list[str]) -> None:
    found: dict[str, list[dict[str, float]]] = {python: [] for python in pythons}
    turns = [(number, python) for number in range(ROUNDS + 1) for python in pythons]
    for number, python in turns:
        say(f"round {number} of {python}")
        values = child(python, "bench.speed.pythons", HERE)
        if number:  # the round before the first writes bytecode
            found[python].append(values)
    print(table(found))


if __name__ == "__main__":
    if sys.argv[1:] == [HERE]:
        print(json.dumps(measured_here()))
    elif len(sys.argv) > 2:
        main(sys.argv[1:])
    else:
        raise SystemExit("usage: python -m bench.speed.pythons PYTHON PYTHON…")

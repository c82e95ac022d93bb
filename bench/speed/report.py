"""Writes docs/benchmarks.md, its charts, and a line of bench/history.jsonl, from one run's results."""

import json
import os
import platform
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.speed.charts import bars
from bench.speed.goals import BOTO3, GOALS
from bench.speed.init import FirstAnswer
from bench.speed.measuring import Measured, ratios
from tests.support.gateway import ROOT

PAGE = Path(__file__).with_name("page.md")
HISTORY = ROOT / "bench" / "history.jsonl"
OURS = ("routed call", "chat completion", "stored message")
CALLS_PROVIDERS = {
    "anthropic_messages",
    "chat_completions",
    "count_message_tokens",
    "create_response",
    "embeddings",
    "run_turn",
    "send_message",
    "text_completions",
}


@dataclass(frozen=True)
class Results:
    """What one run has measured: first answers by function, and milliseconds by name, round by round."""

    inits: Mapping[str, Sequence[FirstAnswer]]
    without_bytecode: Mapping[str, Sequence[FirstAnswer]]
    libraries: Mapping[str, Sequence[float]]
    warm: Mapping[str, Any]
    peers: Any
    layer: Mapping[str, float] | None

    def ratio(self, name: str, behaviour: str = "ok", floor: str = "httpx") -> Measured:
        """A call's CPU as a ratio to the floor's of the same round."""
        return ratios({name: self.warm[behaviour]["cpu"][name], floor: self.warm[behaviour]["cpu"][floor]}, floor)[name]

    def init(self, folder: str) -> float:
        """Milliseconds of CPU until the first answer, init included: the median."""
        return statistics.median(one.init + one.first for one in self.inits[folder])

    def floor(self, name: str) -> float:
        return statistics.median(self.libraries[name])

    def gap(self, behaviour: str) -> Measured:
        """Milliseconds from a failure to the fallback's request."""
        return Measured.of(self.warm[behaviour]["gaps"])

    def reached(self) -> dict[str, float | None]:
        """What was measured for each goal. None where it could not be."""
        boto3 = self.floor(BOTO3)
        others = [self.init(folder) / boto3 for folder in self.inits if folder not in CALLS_PROVIDERS]
        memory = self.warm["ok"]["memory"]
        return {
            "routed call": self.ratio("routed call").median,
            "stored message": self.ratio("stored message").median,
            "1,000 deltas, streamed": self.ratio("chat completion, streamed", floor="httpx, streamed").median,
            "init to the first answer, send_message": self.init("send_message") / boto3,
            "init to the first answer, functions that call no provider": statistics.median(others),
            "fallback's request after a 404": self.gap("404").median,
            "fallback's request after a 503, with its retry": self.gap("503").median,
            "memory after 1,000 messages": memory["1000"],
            "layer with bytecode": self.layer["whole"] if self.layer else None,
        }


def write(results: Results) -> None:
    """The page, the charts and the history."""
    images = ROOT / "docs" / "images"
    for name, svg in _charts(results).items():
        (images / f"bench-{name}.svg").write_text(svg)
    page = PAGE.read_text()
    for name, text in _tables(results).items():
        page = page.replace(f"{{{name}}}", text)
    (ROOT / "docs" / "benchmarks.md").write_text(page)
    line = {"at": time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime()), "machine": _machine(), **_rounded(results.reached())}
    with HISTORY.open("a") as file:
        file.write(json.dumps(line) + "\n")


def _rounded(values: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: None if value is None else round(value, 2) for name, value in values.items()}


def _tables(results: Results) -> dict[str, str]:
    return {
        "machine": _machine(),
        "versions": _versions(),
        "goals": _goals(results.reached()),
        "warm": _warm(results),
        "failures": _failures(results),
        "streaming": _streaming(results),
        "main": _main_inits(results),
        "libraries": _table(
            ("in a new process", "CPU, ms", "share"),
            (
                (f"`{name}`", f"{results.floor(name):.0f}", f"{results.floor(name) / results.floor(BOTO3):.2f}")
                for name in results.libraries
            ),
        ),
        "inits": _inits(results),
        "memory": _memory(results.warm["ok"]["memory"]),
        "layer": _layer(results.layer),
        "peers": _peers(results),
    }


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _spread(one: Measured, digits: int = 2) -> str:
    return f"{one.median:.{digits}f} ({one.low:.{digits}f} to {one.high:.{digits}f})"


def _goals(reached: Mapping[str, float | None]) -> str:
    rows = []
    for goal in GOALS:
        value = reached[goal.name]
        found = "not measured" if value is None else f"{value:.2f}"
        verdict = "" if value is None else "reached" if value <= goal.most else "not reached"
        rows.append((goal.name, goal.of, f"{goal.most:g}", found, verdict))
    return _table(("what", "of", "goal: at most", "measured", ""), rows)


def _warm(results: Results) -> str:
    cpu = results.warm["ok"]["cpu"]
    names = [name for name in cpu if "streamed" not in name]
    rows = ((name, _spread(Measured.of(cpu[name]), 3), _spread(results.ratio(name))) for name in names)
    return _table(("call", "CPU, ms", "ratio to httpx's loop"), rows)


def _failures(results: Results) -> str:
    rows = []
    for behaviour in ("404", "503", "hang"):
        name = f"after {behaviour}"
        found = Measured.of(results.warm[behaviour]["cpu"][name])
        gap = _spread(results.gap(behaviour), 1)
        rows.append((name, _spread(found, 3), _spread(results.ratio(name, behaviour)), gap))
    head = ("routed call that the fallback answers", "CPU, ms", "ratio to httpx's loop", "until it was asked, ms")
    return _table(head, rows)


def _streaming(results: Results) -> str:
    cpu = results.warm["ok"]["cpu"]
    floor = "httpx, streamed"
    names = [name for name in cpu if "streamed" in name]
    rows = ((name, _spread(Measured.of(cpu[name]), 1), _spread(results.ratio(name, floor=floor))) for name in names)
    table = _table(("1,000 deltas", "CPU, ms", "ratio to httpx's loop over them"), rows)
    added = Measured.of(results.warm["ok"]["first_byte"])
    return f"{table}\n\nThe first piece left {_spread(added, 1)} ms after the provider had sent its own."


def _main_inits(results: Results) -> str:
    rows = []
    for folder, found in results.without_bytecode.items():
        one = results.inits[folder]
        rows.append(
            (
                f"`{folder}`",
                f"{statistics.median(x.init for x in one):.0f}",
                f"{statistics.median(x.first for x in one):.0f}",
                f"{results.init(folder):.0f}",
                f"{results.init(folder) / results.floor(BOTO3):.2f}",
                f"{statistics.median(x.init + x.first for x in found):.0f}",
            )
        )
    head = ("function", "init, ms", "first request, ms", "both", f"ratio to {BOTO3}", "both without bytecode")
    return _table(head, rows)


def _inits(results: Results) -> str:
    rows = (
        (
            f"`{folder}`",
            f"{statistics.median(x.init for x in found):.0f}",
            f"{statistics.median(x.first for x in found):.0f}",
            f"{results.init(folder) / results.floor(BOTO3):.2f}",
            f"{statistics.median(x.megabytes for x in found):.0f}",
        )
        for folder, found in results.inits.items()
    )
    return _table(("function", "init, ms", "first request, ms", "ratio", "memory, MB"), rows)


def _memory(found: Mapping[str, float]) -> str:
    return "; ".join(f"{value:.0f} MB after {int(messages):,} messages" for messages, value in found.items())


def _layer(found: Mapping[str, float] | None) -> str:
    if found is None:
        return "The layer was not built on this machine."
    return f"The layer has {found['whole']:.0f} MB, of which {found['without bytecode']:.0f} MB are no bytecode."


def _peers(results: Results) -> str:
    if not results.peers:
        return "Other libraries were left out of this run."
    found = ratios(results.peers["cpu"], "httpx")
    mine = {name: results.ratio(name) for name in OURS}
    rows = [
        (name, results.peers["versions"].get(name, ""), _spread(one))
        for name, one in sorted((found | mine).items(), key=lambda pair: pair[1].median)
    ]
    failed = [f"{name} could not be run here ({why})." for name, why in results.peers["failed"].items()]
    return "\n\n".join([_table(("call", "version", "CPU, ratio to httpx's loop"), rows), *failed])


def _charts(results: Results) -> dict[str, str]:
    calls = {name: results.ratio(name).median for name in OURS}
    if results.peers:
        calls |= {name: one.median for name, one in ratios(results.peers["cpu"], "httpx").items()}
    boto3 = results.floor(BOTO3)
    starts = {folder: results.init(folder) / boto3 for folder in results.without_bytecode}
    libraries = {name: results.floor(name) / boto3 for name in results.libraries}
    return {
        "calls": bars("CPU of a call, as a ratio to httpx's bare loop", calls, OURS, ""),
        "init": bars(
            "CPU of init and the first answer, as a ratio to boto3's client", starts | libraries, [*starts], ""
        ),
    }


def _machine() -> str:
    processor = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )
    return f"{processor}, {os.cpu_count()} processors, {platform.system()}, Python {platform.python_version()}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def _versions() -> str:
    names = ("boto3", "urllib3", "httpx", "pydantic", "aws-lambda-powertools")
    return ", ".join(f"{name} {version(name)}" for name in names)

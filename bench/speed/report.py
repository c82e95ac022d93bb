"""Writes docs/benchmarks.md, its charts, and a line of bench/history.jsonl, from one run's results."""

import json
import os
import platform
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.speed.charts import bars
from bench.speed.goals import BOTO3
from bench.speed.measuring import ratios
from bench.speed.results import Results, both
from bench.speed.tables import OURS, tables
from tests.support.gateway import ROOT

PAGE = Path(__file__).with_name("page.md")
HISTORY = ROOT / "bench" / "history.jsonl"


def write(results: Results) -> None:
    """The page, the charts and the history."""
    images = ROOT / "docs" / "images"
    for name, svg in _charts(results).items():
        (images / f"bench-{name}.svg").write_text(svg)
    page = PAGE.read_text()
    for name, text in {"machine": _machine(), "versions": _versions(), **tables(results)}.items():
        page = page.replace(f"{{{name}}}", text)
    (ROOT / "docs" / "benchmarks.md").write_text(page)
    with HISTORY.open("a") as file:
        file.write(json.dumps(_line(results)) + "\n")


def _line(results: Results) -> dict[str, Any]:
    """A run's line of the history."""
    reached = {name: None if value is None else round(value, 2) for name, value in results.reached().items()}
    counts = results.instructions if isinstance(results.instructions, Mapping) else {}
    instructions = {f"instructions, {name}": count for name, count in counts.items()}
    at = time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime())
    return {"at": at, "machine": _machine(), **reached, **instructions}


def _charts(results: Results) -> dict[str, str]:
    calls = {name: results.ratio(name).median for name in OURS}
    for others in filter(None, (results.peers, results.servers)):
        calls |= {name: one.median for name, one in ratios(others["cpu"], "httpx").items()}
    boto3 = results.floor(BOTO3)
    starts = {folder: results.init(folder) / boto3 for folder in results.without_bytecode}
    starts |= {f"{folder}, keys stored": both(found) / boto3 for folder, found in results.deployed.items()}
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

"""The tables of docs/benchmarks.md, in Markdown, by their names in page.md."""

import statistics
from collections.abc import Iterable, Mapping, Sequence

from bench.speed.goals import BOTO3, GOALS
from bench.speed.init import FirstAnswer
from bench.speed.measuring import Measured, ratios
from bench.speed.results import Results, both

OURS = ("routed call", "chat completion", "stored message", "stored message, history read")


def tables(results: Results) -> dict[str, str]:
    return {
        "load": f"{results.load:.1f}",
        "goals": _goals(results.reached()),
        "warm": _warm(results),
        "instructions": _instructions(results),
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
        "memory": _table(
            ("messages", "memory, MB"), ((f"{int(n):,}", f"{megabytes:.1f}") for n, megabytes in results.memory.items())
        ),
        "layer": _layer(results.layer),
        "wheels": _wheels(results.wheels),
        "peers": _peers(results),
        "servers": _servers(results),
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


def _instructions(results: Results) -> str:
    if isinstance(results.instructions, str):
        return f"Instructions were not counted in this run: {results.instructions}."
    floor = results.instructions["httpx"]
    rows = ((name, f"{count:,}", f"{count / floor:.2f}") for name, count in results.instructions.items())
    return _table(("call", "instructions", "ratio to httpx's loop"), rows)


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
    boto3 = results.floor(BOTO3)
    rows = [
        (*_init_row(f"`{folder}`", results.inits[folder], boto3), f"{both(found):.0f}")
        for folder, found in results.without_bytecode.items()
    ]
    rows += [
        (*_init_row(f"`{folder}`, keys from the parameter store", found, boto3), "")
        for folder, found in results.deployed.items()
    ]
    head = ("function", "init, ms", "first request, ms", "both", f"ratio to {BOTO3}", "both without bytecode")
    return _table(head, rows)


def _init_row(name: str, found: Sequence[FirstAnswer], boto3: float) -> tuple[str, ...]:
    init, first = statistics.median(x.init for x in found), statistics.median(x.first for x in found)
    return name, f"{init:.0f}", f"{first:.0f}", f"{both(found):.0f}", f"{both(found) / boto3:.2f}"


def _inits(results: Results) -> str:
    rows = (
        (
            f"`{folder}`",
            "" if found[0].status is None else str(found[0].status),
            f"{statistics.median(x.init for x in found):.0f}",
            f"{statistics.median(x.first for x in found):.0f}",
            f"{results.init(folder) / results.floor(BOTO3):.2f}",
            f"{statistics.median(x.megabytes for x in found):.0f}",
        )
        for folder, found in results.inits.items()
    )
    return _table(("function", "answer", "init, ms", "first request, ms", "ratio", "memory, MB"), rows)


def _layer(found: Mapping[str, float] | None) -> str:
    if found is None:
        return "The layer was not built on this machine."
    return f"The layer has {found['whole']:.0f} MB, of which {found['without bytecode']:.0f} MB are no bytecode."


def _wheels(found: Mapping[str, float] | None) -> str:
    if found is None:
        return "The libraries of both could not be fetched in this run."
    rows = ((name, f"{size:.1f}") for name, size in found.items())
    return _table(("libraries of the layer for", "unpacked, MB"), rows)


def _peers(results: Results) -> str:
    if not results.peers:
        return "Other libraries were left out of this run."
    found = ratios(results.peers["cpu"], "httpx")
    mine = {name: results.ratio(name) for name in OURS}
    rows = [
        (name, results.peers["versions"].get(name, ""), _spread(one))
        for name, one in sorted((found | mine).items(), key=lambda pair: pair[1].median)
    ]
    table = _table(("call", "version", "CPU, ratio to httpx's loop"), rows)
    return "\n\n".join([table, *_not_run(results.peers["failed"])])


def _servers(results: Results) -> str:
    if not results.servers:
        return "Servers were left out of this run."
    found = ratios(results.servers["cpu"], "httpx")
    rows = [
        (
            name,
            server["version"],
            _spread(Measured.of(results.servers["cpu"][name]), 1),
            _spread(found[name]),
            f"{server['start']:.1f}",
            f"{server['megabytes']:.0f}",
        )
        for name, server in results.servers["servers"].items()
    ]
    head = ("server", "version", "CPU, ms", "ratio to httpx's loop", "CPU until the first answer, s", "memory, MB")
    return "\n\n".join([_table(head, rows), *_not_run(results.servers["failed"])])


def _not_run(failed: Mapping[str, str]) -> list[str]:
    return [f"{name} could not be run here ({why})." for name, why in failed.items()]

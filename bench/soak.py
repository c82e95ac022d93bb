"""Whether the local host stays flat: time per message and memory of its processes over 10,000 messages: `make soak`.

It starts a host of its own, on a free port, and sends every other message to one long session, the rest to five
sessions in turn. `echo:echo` answers, so that no model's time is measured. It fails if the last thousand messages took
more than 1.2 times as long as the first thousand (their medians), or if the processes have grown by more than 300 MB.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.e2e.hosting import Host, process_tree, start

SESSIONS = 5
"""Few enough for the history that is sent along to be complete (60 messages) early in the first thousand."""
BLOCK = 1000
MAX_SLOWDOWN = 1.2
MAX_GROWTH_MB = 300
QUESTION = "Which of the three suppliers should we ask first, and what should the letter say? Two sentences are enough."


HEADER = """\
| messages | long session, ms | other sessions, ms | all, ms | CPU, ms | memory, MB |
|---:|---:|---:|---:|---:|---:|"""


@dataclass(frozen=True)
class Load:
    """What the host and all of its descendants take."""

    megabytes: int
    cpu_seconds: float


@dataclass(frozen=True)
class Block:
    """A thousand messages. Times are medians in milliseconds."""

    messages: int
    """Since the start."""
    long_session: float
    other_sessions: float
    all_sessions: float
    cpu: float
    """Milliseconds of CPU time per message, on average, which other load on the machine does not change."""
    megabytes: int

    def row(self) -> str:
        """Of the table under `HEADER`."""
        times = (self.long_session, self.other_sessions, self.all_sessions, self.cpu)
        return f"| {self.messages:,} | {' | '.join(f'{time:.1f}' for time in times)} | {self.megabytes} |"


def load_of(host: Host) -> Load:
    tree = process_tree(host.process.pid)
    return Load(sum(one.kilobytes for one in tree) // 1024, sum(one.cpu_seconds for one in tree))


def measure(host: Host, messages: int) -> Iterator[Block]:
    """Send the messages one after the other."""
    agent = host.agent(model="echo:echo")
    long_session = host.session(agent)
    others = [host.session(agent) for _ in range(SESSIONS)]
    long_times: list[float] = []
    other_times: list[float] = []
    load = load_of(host)
    for number in range(messages):
        if number % 2 == 0:
            long_times.append(_send(host.client, long_session, number))
        else:
            other_times.append(_send(host.client, others[number // 2 % SESSIONS], number))
        if (number + 1) % BLOCK == 0:
            before, load = load, load_of(host)
            yield Block(
                messages=number + 1,
                long_session=statistics.median(long_times),
                other_sessions=statistics.median(other_times),
                all_sessions=statistics.median(long_times + other_times),
                cpu=(load.cpu_seconds - before.cpu_seconds) * 1000 / BLOCK,
                megabytes=load.megabytes,
            )
            long_times, other_times = [], []


def _send(client: httpx.Client, session: str, number: int) -> float:
    """Milliseconds that it took."""
    started = time.perf_counter()
    response = client.post(f"{session}/messages", json={"content": f"{QUESTION} ({number})"})
    elapsed = (time.perf_counter() - started) * 1000
    if response.status_code != 200:
        raise SystemExit(f"message {number}: {response.status_code} {response.text}")
    return elapsed


def faults(first: Block, last: Block, megabytes_before: int) -> Iterator[str]:
    """What was not flat."""
    for name in ("long_session", "other_sessions", "all_sessions"):
        slowdown = getattr(last, name) / getattr(first, name)
        if slowdown > MAX_SLOWDOWN:
            yield f"{name.replace('_', ' ')}: {slowdown:.2f} times as slow in the end; {MAX_SLOWDOWN} is allowed"
    growth = last.megabytes - megabytes_before
    if growth > MAX_GROWTH_MB:
        yield f"memory: grown by {growth} MB; {MAX_GROWTH_MB} are allowed"


def main() -> int:
    """The exit code."""
    messages = max(BLOCK, int(os.environ.get("MESSAGES") or 10_000))
    with tempfile.TemporaryDirectory() as folder:
        host = start(Path(folder), {})
        try:
            before = load_of(host).megabytes
            print(f"{HEADER}\n| 0 | | | | | {before} |", flush=True)
            blocks = []
            for block in measure(host, messages):
                blocks.append(block)
                print(block.row(), flush=True)
        finally:
            host.end()
    found = list(faults(blocks[0], blocks[-1], before))
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

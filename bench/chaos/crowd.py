"""`python -m bench.chaos.crowd`: how much slower healthy clients become beside many misbehaving ones.

Healthy clients, each with a session, send a message, think, and send the next one. Their times are measured first
alone, then beside connections that are idle, send a byte a second, or have asked for a stream and read nothing of it,
in one run. The clients that do not read ask once, before the second measurement, and the host is told to wait for them
until the run is over: all of them keep it waiting in a write at once, for the whole measurement. With `--stall` the
host closes their connections after so many seconds, and each asks anew once a minute. Then their turns are a part of
the load.

Nothing fails on purpose. Exits with 1 if the 99th percentile more than doubles. Linux only.
"""

import argparse
import asyncio
import os
import random
import resource
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.chaos.misbehaving import NOT_READING_SECONDS, MisbehavingClients
from bench.chaos.stack import Host, running
from tests.e2e.hosting import process_tree

MOST = 2.0
"""How many times as long the 99th percentile may be."""
WARM_UP_SECONDS = 10.0
ARRIVAL_SECONDS = NOT_READING_SECONDS + 10.0
"""After which all misbehaving clients are there, and what they asked for should be answered."""
LATE_STEPS, STEP_SECONDS = 12, 5.0
"""How long those are waited for that are not."""
FOREVER_SECONDS = 24 * 3600.0
AGENT = {"name": "crowd", "model": "openai:chaos"}


@dataclass(frozen=True)
class Measurement:
    """What the healthy clients have measured."""

    times: list[float]
    """Milliseconds of each message, sorted."""
    cpu: float
    """Milliseconds of processor time of the host and its table per message. Other load on the machine changes the times
    much and this little."""

    def share(self, share: float) -> float:
        """The time that so many of the messages do not exceed."""
        return self.times[int(len(self.times) * share)]

    def row(self, name: str) -> str:
        """Of the printed table."""
        median, most, longest = self.share(0.5), self.share(0.99), self.times[-1]
        return f"| {name} | {len(self.times)} | {median:.0f} | {most:.0f} | {longest:.0f} | {self.cpu:.1f} |"


class Crowd:
    """The healthy clients, and what they need."""

    def __init__(self, http: httpx.AsyncClient, host: Host, sessions: int, think_seconds: float) -> None:
        self._http = http
        self._host = host
        self._sessions = sessions
        self._think_seconds = think_seconds
        self._agent_id = ""

    async def begin(self) -> None:
        """Create the agent."""
        created = await self._http.post(f"{self._host.url}/agents", json=AGENT)
        self._agent_id = created.raise_for_status().json()["agentId"]

    async def new_session(self) -> str:
        """Its path."""
        sessions = f"/agents/{self._agent_id}/sessions"
        created = await self._http.post(f"{self._host.url}{sessions}", json={})
        return f"{sessions}/{created.raise_for_status().json()['sessionId']}"

    async def measure(self, seconds: float) -> Measurement:
        """All messages that the healthy clients send within so many seconds.

        Their sessions are new, so that no measurement has longer histories than another. Raises httpx.HTTPError if one
        of them fails.
        """
        paths = [await self.new_session() for _ in range(self._sessions)]
        end, times, before = time.monotonic() + seconds, list[float](), _cpu_seconds()
        await asyncio.gather(*(self._talk(path, end, times) for path in paths))
        return Measurement(sorted(times), (_cpu_seconds() - before) * 1000 / len(times))

    async def _talk(self, path: str, end: float, times: list[float]) -> None:
        await asyncio.sleep(random.uniform(0, self._think_seconds))
        while time.monotonic() < end:
            began = time.monotonic()
            headers = {"idempotency-key": str(uuid.uuid4())}
            answered = await self._http.post(
                f"{self._host.url}{path}/messages", json={"content": "Hello"}, headers=headers
            )
            answered.raise_for_status()
            times.append((time.monotonic() - began) * 1000)
            await asyncio.sleep(random.uniform(0.5, 1.5) * self._think_seconds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make crowd", description=__doc__)
    parser.add_argument("--healthy", type=int, default=50)
    parser.add_argument("--think", type=float, default=5.0, help="seconds between an answer and the next message")
    parser.add_argument("--idle", type=int, default=1000)
    parser.add_argument("--trickling", type=int, default=300)
    parser.add_argument("--not-reading", type=int, default=300)
    parser.add_argument("--stall", type=float, help="the host's CLIENT_STALL_SECONDS (default: longer than the run)")
    parser.add_argument("--seconds", type=float, default=90.0, help="of each of the two measurements")
    return parser.parse_args()


async def run(options: argparse.Namespace) -> int:
    """The exit code."""
    _allow_files(2 * (options.idle + options.trickling + options.not_reading) + 1000)
    os.environ["CLIENT_STALL_SECONDS"] = str(options.stall or FOREVER_SECONDS)  # the host inherits it
    with tempfile.TemporaryDirectory(prefix="agentos-crowd-") as folder:
        log = Path(folder, "host.log")
        async with running("disk", 0.0, 1, log, through_proxy=False) as stack, _client() as http:
            crowd = Crowd(http, stack.host, options.healthy, options.think)
            await crowd.begin()
            await crowd.measure(WARM_UP_SECONDS)
            alone = await crowd.measure(options.seconds)
            misbehaving = MisbehavingClients(
                stack.host.port, crowd.new_session, options.idle, options.trickling, options.not_reading,
                again_seconds=NOT_READING_SECONDS if options.stall else FOREVER_SECONDS,
            )  # fmt: skip
            misbehaving.start()
            await crowd.measure(ARRIVAL_SECONDS)
            for _ in range(LATE_STEPS):  # a busy machine answers the last of them later
                if options.stall or misbehaving.blocked() == options.not_reading:
                    break
                await crowd.measure(STEP_SECONDS)
            blocked = [misbehaving.blocked()]
            beside = await crowd.measure(options.seconds)
            blocked.append(misbehaving.blocked())
            await misbehaving.close()
    print(f"{options.healthy} healthy sessions; connections of the misbehaving clients: {dict(misbehaving.connected)}")
    print(f"clients that do not read and keep the host waiting, before and after: {blocked}\n")
    complete = bool(options.stall) or min(blocked) == options.not_reading
    return max(_report(alone, beside), int(not complete))


def _client() -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=200)
    return httpx.AsyncClient(timeout=120, limits=limits, trust_env=False)


def _allow_files(wanted: int) -> None:
    """The host inherits the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def _cpu_seconds() -> float:
    """The processor time of the host and its table, which are this process's children."""
    return sum(one.cpu_seconds for one in process_tree(os.getpid()) if one.pid != os.getpid())


def _report(alone: Measurement, beside: Measurement) -> int:
    """The exit code. Prints the table."""
    print("| | messages | median, ms | p99, ms | longest, ms | processor, ms |\n|---|---:|---:|---:|---:|---:|")
    print(alone.row("alone"))
    print(beside.row("beside the misbehaving clients"))
    ratio = beside.share(0.99) / alone.share(0.99)
    print(f"\nThe 99th percentile is {ratio:.2f} times as long.")
    return 0 if ratio <= MOST else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(run(_options())))

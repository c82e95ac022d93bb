"""`python -m bench.chaos`: runs the scenario and prints what was found. Exits with 1 if an invariant does not hold."""

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bench.chaos.audit import violations, violations_unread
from bench.chaos.findings import Findings
from bench.chaos.load import Client
from bench.chaos.misbehaving import MisbehavingClients
from bench.chaos.stack import Host, Stack, running

SESSIONS = 40
"""Clients at once, each with a session."""
MESSAGES_PER_SESSION = 50
"""After so many messages a client opens another session: long histories would only make the run longer."""
AGENT = {"name": "chaos", "model": "openai:chaos", "config": {"fallbackModel": "groq:chaos"}}


@dataclass
class Options:
    """What a run is made of."""

    store: str
    messages: int
    kills: int
    faults: float
    misbehaving: int
    seed: int
    minutes: float
    longest_lock: float
    log: Path


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--store", choices=("disk", "dynamodb-local"), default="disk")
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=30, help="kill -9 of the host, at random moments")
    parser.add_argument("--faults", type=float, default=0.05, help="share of faulty answers of table and providers")
    parser.add_argument(
        "--misbehaving", type=int, default=60, help="clients that are idle, send slowly or do not read, together"
    )
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--minutes", type=float, default=float("inf"), help="send nothing more after this time")
    parser.add_argument(
        "--longest-lock", type=float, default=15.0, help="seconds; a longer lock of a session fails the run"
    )
    parser.add_argument("--log", type=Path, default=Path("/tmp/agentos-chaos.log"), help="the host's output")
    return Options(**vars(parser.parse_args()))


@dataclass
class Run:
    """The clients of a run and what they saw."""

    stack: Stack
    options: Options
    http: httpx.AsyncClient
    dice: random.Random
    findings: Findings = field(default_factory=Findings)
    agent_id: str = ""
    clients: list[Client] = field(default_factory=list)
    not_reading: list[Client] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def host(self) -> Host:
        return self.stack.host

    async def load(self) -> None:
        """Send all messages, and kill the host meanwhile. Raises what ends any of the tasks."""
        self.agent_id = await self._agent()
        third = self.options.misbehaving // 3
        misbehaving = MisbehavingClients(self.host.port, self._not_reading_session, third, third, third)
        misbehaving.start()
        numbers = iter(range(self.options.messages))
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._kill())
                for _ in range(min(SESSIONS, self.options.messages)):
                    tasks.create_task(self._talk(numbers))
        finally:
            await misbehaving.close()

    async def _agent(self) -> str:
        for _ in range(100):
            response = await self.http.post(f"{self.host.url}/agents", json=AGENT)
            if response.status_code == 201:
                break
        return str(response.json()["agentId"])

    async def _open(self, clients: list[Client]) -> Client:
        """A client with a new session, which is audited in the end as one of `clients`."""
        client = Client(self.http, self.host.url, self.agent_id, self.findings, random.Random(self.dice.random()))
        await client.open()
        clients.append(client)
        return client

    async def _not_reading_session(self) -> str:
        return (await self._open(self.not_reading)).path.removeprefix(self.host.url)

    async def _talk(self, numbers: Iterator[int]) -> None:
        """Send messages as long as there are any."""
        end = self.began + self.options.minutes * 60
        client = await self._open(self.clients)
        for number in numbers:
            if time.monotonic() > end:
                return
            if client.asked == MESSAGES_PER_SESSION:
                client = await self._open(self.clients)
            await client.send(number)

    async def _kill(self) -> None:
        """Kill the host when so many messages have ended, and start it again."""
        last = max(2, int(self.options.messages * 0.95))
        for moment in sorted(self.dice.randrange(1, last) for _ in range(self.options.kills)):
            while self.findings.ended < moment:
                await asyncio.sleep(0.05)
                if time.monotonic() > self.began + self.options.minutes * 60:
                    return
            await asyncio.sleep(self.dice.random())
            await self.host.kill()
            self.findings.kills += 1
            await self.host.start()

    def audit(self) -> list[str]:
        """Every violation."""
        with httpx.Client(timeout=60, trust_env=False) as http:
            read = [sentence for client in self.clients for sentence in violations(client, http)]
            return read + [sentence for client in self.not_reading for sentence in violations_unread(client, http)]


async def run(options: Options) -> int:
    """The exit code."""
    options.log.unlink(missing_ok=True)
    dice = random.Random(options.seed)
    async with running(options.store, options.faults, options.seed, options.log) as stack:
        limits = httpx.Limits(max_connections=SESSIONS * 2 + options.misbehaving)
        async with httpx.AsyncClient(timeout=60, limits=limits, trust_env=False) as http:
            one = Run(stack, options, http, dice)
            await one.load()
        seconds = time.monotonic() - one.began
        stack.proxy.rate = 0.0
        found = await asyncio.to_thread(one.audit)
        print(_report(one, found, seconds))
    findings = one.findings
    complete = findings.kills == options.kills and findings.ended == options.messages
    cut_short = options.minutes != float("inf")
    held = not found and not findings.given_up and not findings.crashes
    return 0 if held and findings.longest_lock <= options.longest_lock and (complete or cut_short) else 1


def _report(one: Run, found: list[str], seconds: float) -> str:
    findings, stack = one.findings, one.stack
    latencies = sorted(findings.latencies) or [0.0]
    provider_faults = sum(provider.faults.total() for provider in stack.providers)
    rows = {
        "store": one.options.store,
        "messages acknowledged": findings.acknowledged,
        "kills of the host": findings.kills,
        "faulty answers of the table": f"{stack.proxy.faults.total()} of {stack.proxy.requests}",
        "faulty answers of providers": f"{provider_faults} of {sum(server.calls for server in stack.providers)}",
        "misbehaving clients": one.options.misbehaving,
        "sessions audited": f"{len(one.clients)}, and {len(one.not_reading)} of clients that do not read",
        "violations": len(found),
        "answers with status 500": findings.statuses[500],
        "other answers of a crash": findings.crashes.total() - findings.statuses[500],
        "messages given up": len(findings.given_up),
        "background turns that ended as failed": findings.failed_turns,
        "longest background turn, restarts included": f"{findings.longest_background_turn:.1f} s",
        "longest lock": f"{findings.longest_lock:.1f} s",
        "median and longest turn, restarts included": f"{latencies[len(latencies) // 2]:.2f} s, {latencies[-1]:.1f} s",
        "statuses": _counts(findings.statuses),
        "codes": _counts(findings.codes),
        "seed": one.options.seed,
        "time": f"{seconds:.0f} s, {findings.ended / seconds:.1f} messages/s",
    }
    table = [f"| {name} | {value} |" for name, value in rows.items()]
    wrong = [*found[:20], *findings.given_up[:20], *findings.crashes]
    return "\n".join(["| | |", "|---|---|", *table, *(f"VIOLATION {sentence}" for sentence in wrong)])


def _counts(counts: Counter[Any]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in sorted(counts.items())) or "none"


if __name__ == "__main__":
    sys.exit(asyncio.run(run(_options())))

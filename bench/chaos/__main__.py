"""`python -m bench.chaos`: runs the scenario and prints what was found. Exits with 1 if an invariant does not hold."""

import argparse
import asyncio
import random
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.chaos.audit import violations
from bench.chaos.load import Client, Findings
from bench.chaos.rude import RudeClients
from bench.chaos.stack import Host, Stack, running

LONGEST_LOCK_SECONDS = 15.0
SESSIONS = 40
"""Clients at once, each with a session."""
MESSAGES_PER_SESSION = 50
"""After about so many messages, each client opens another session: long histories would only make the run longer."""
AGENT = {"name": "chaos", "model": "openai:chaos", "config": {"fallbackModel": "groq:chaos"}}


@dataclass
class Options:
    """What a run is made of."""

    store: str
    messages: int
    kills: int
    faults: float
    rude: int
    seed: int
    minutes: float
    log: Path


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--store", choices=("disk", "dynamodb-local"), default="disk")
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=30, help="kill -9 of the host, at random moments")
    parser.add_argument("--faults", type=float, default=0.05, help="share of faulty answers of table and providers")
    parser.add_argument("--rude", type=int, default=60, help="idle, trickling and deaf clients together")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--minutes", type=float, default=float("inf"), help="send nothing more after this time")
    parser.add_argument("--log", type=Path, default=Path("/tmp/agentos-chaos.log"), help="the host's output")
    return Options(**vars(parser.parse_args()))


async def run(options: Options) -> int:
    """The exit code."""
    options.log.unlink(missing_ok=True)
    findings = Findings()
    dice = random.Random(options.seed)
    began = time.monotonic()
    async with running(options.store, options.faults, options.seed, options.log) as stack:
        limits = httpx.Limits(max_connections=SESSIONS * 2)
        async with httpx.AsyncClient(timeout=60, limits=limits, trust_env=False) as http:
            agent_id = await _agent(http, stack.host)
            (rude_client,) = await _clients(1, http, stack.host, agent_id, findings, dice)
            rude = RudeClients(
                stack.host.port, rude_client.path.partition(str(stack.host.port))[2] + "/messages",
                options.rude // 3, options.rude // 3, options.rude // 3,
            )  # fmt: skip
            rude.start()
            killer = asyncio.create_task(_kill(stack.host, options, findings, dice))
            rounds = max(1, options.messages // (SESSIONS * MESSAGES_PER_SESSION))
            share, end = options.messages // (SESSIONS * rounds), began + options.minutes * 60
            clients: list[Client] = []
            for _ in range(rounds):
                clients += await _clients(SESSIONS, http, stack.host, agent_id, findings, dice)
                await asyncio.gather(*(_conversation(client, share, end) for client in clients[-SESSIONS:]))
            killer.cancel()
            with suppress(asyncio.CancelledError):
                await killer
            await rude.close()
        stack.proxy.rate = 0.0
        found = await asyncio.to_thread(_audit, clients)
        print(_report(options, stack, findings, found, time.monotonic() - began))
    failed = found or findings.given_up or findings.statuses[500] or findings.longest_lock > LONGEST_LOCK_SECONDS
    return 1 if failed else 0


async def _agent(http: httpx.AsyncClient, host: Host) -> str:
    """The id of a new agent."""
    for _ in range(100):
        response = await http.post(f"{host.url}/agents", json=AGENT)
        if response.status_code == 201:
            break
    return str(response.json()["agentId"])


async def _clients(
    number: int, http: httpx.AsyncClient, host: Host, agent_id: str, findings: Findings, dice: random.Random
) -> list[Client]:
    """Clients with their sessions."""
    clients = [Client(http, host.url, agent_id, findings, random.Random(dice.random())) for _ in range(number)]
    await asyncio.gather(*(client.open() for client in clients))
    return clients


async def _conversation(client: Client, messages: int, end: float) -> None:
    for number in range(messages):
        if time.monotonic() > end:
            return
        await client.send(number)


async def _kill(host: Host, options: Options, findings: Findings, dice: random.Random) -> None:
    """Kill the host when so many messages are acknowledged, and start it again."""
    moments = sorted(dice.randrange(1, max(2, options.messages)) for _ in range(options.kills))
    for moment in moments:
        while findings.acknowledged < moment * 0.95:
            await asyncio.sleep(0.05)
        await asyncio.sleep(dice.random())
        await host.kill()
        await host.start()


def _audit(clients: list[Client]) -> list[str]:
    with httpx.Client(timeout=60, trust_env=False) as http:
        return [sentence for client in clients for sentence in violations(client, http)]


def _report(options: Options, stack: Stack, findings: Findings, found: list[str], seconds: float) -> str:
    latencies = sorted(findings.latencies)
    provider_faults = sum(provider.faults.total() for provider in stack.providers)
    rows = {
        "store": options.store,
        "messages acknowledged": findings.acknowledged,
        "kills of the host": stack.host.kills,
        "faulty answers of the table": f"{stack.proxy.faults.total()} of {stack.proxy.requests}",
        "faulty answers of providers": f"{provider_faults} of {sum(one.calls for one in stack.providers)}",
        "rude clients": options.rude,
        "violations": len(found),
        "answers with status 500": findings.statuses[500],
        "messages given up": len(findings.given_up),
        "background turns that ended as failed": findings.failed_turns,
        "longest background turn, restarts included": f"{findings.longest_background_turn:.1f} s",
        "longest lock": f"{findings.longest_lock:.1f} s",
        "median and longest turn, restarts included": f"{latencies[len(latencies) // 2]:.2f} s, {latencies[-1]:.1f} s",
        "statuses": ", ".join(f"{status}: {count}" for status, count in sorted(findings.statuses.items())),
        "seed": options.seed,
        "time": f"{seconds:.0f} s",
    }
    table = [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join(["| | |", "|---|---|", *table, *(f"VIOLATION {sentence}" for sentence in found[:20])])


if __name__ == "__main__":
    sys.exit(asyncio.run(run(_options())))

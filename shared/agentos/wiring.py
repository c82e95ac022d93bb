"""The composition root: builds what a function needs, once per environment, when it is first asked for.

Imports stand inside the builders, so that a function loads only what it uses: no function that does not
call providers imports httpx or an adapter, and none that does not read configuration imports YAML.
"""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from agentos.clock import Clock

if TYPE_CHECKING:
    from agentos.agents import Agents
    from agentos.catalog import Catalog
    from agentos.chat import Chat
    from agentos.config import Settings
    from agentos.long_turns import LongTurns, Worker
    from agentos.preparation import Preparation
    from agentos.providers.http import Http
    from agentos.routing.execute import Executor
    from agentos.routing.health import Health
    from agentos.routing.latency import Latencies
    from agentos.sessions import Sessions
    from agentos.simulation import Simulator
    from agentos.store.agents import AgentStore
    from agentos.store.circuits import Circuits
    from agentos.store.dynamodb import Table
    from agentos.store.long_turns import LongTurnStore
    from agentos.store.queue import Queue
    from agentos.store.removal import Removal
    from agentos.store.sessions import SessionStore
    from agentos.store.turns import TurnStore
    from agentos.turns import Explanations, Turns


@cache
def clock() -> Clock:
    return Clock()


@cache
def settings() -> "Settings":
    from agentos.config import load_settings
    from agentos.observe import protect

    loaded = load_settings(os.environ)
    protect(*loaded.secrets())
    return loaded


@cache
def dynamodb() -> Any:
    from agentos.store.dynamodb import connect

    return connect(os.environ.get("AWS_ENDPOINT_URL_DYNAMODB") or None)


@cache
def table() -> "Table":
    from agentos.store.dynamodb import Table

    return Table(dynamodb(), os.environ["TABLE_NAME"])


@cache
def agent_store() -> "AgentStore":
    from agentos.store.agents import AgentStore

    return AgentStore(table(), clock())


@cache
def session_store() -> "SessionStore":
    from agentos.store.sessions import SessionStore

    return SessionStore(table(), clock())


@cache
def removal() -> "Removal":
    from agentos.store.removal import Removal

    return Removal(table(), clock())


@cache
def agents() -> "Agents":
    from agentos.agents import Agents

    return Agents(agent_store(), settings(), clock())


@cache
def sessions() -> "Sessions":
    from agentos.sessions import Sessions
    from agentos.store.forks import ForkStore

    return Sessions(agent_store(), session_store(), ForkStore(table(), clock()), clock())


@cache
def catalog() -> "Catalog":
    from agentos.catalog import Catalog

    return Catalog(settings(), health().not_closed)


@cache
def circuits() -> "Circuits":
    from agentos.store.circuits import Circuits

    return Circuits(dynamodb(), os.environ["TABLE_NAME"])


@cache
def health() -> "Health":
    from agentos.routing.health import Health

    return Health(circuits(), settings(), clock())


@cache
def latencies() -> "Latencies":
    from agentos.routing.latency import Latencies
    from agentos.store.latencies import LatencyStore

    return Latencies(LatencyStore(table(), clock()), clock())


@cache
def turn_store() -> "TurnStore":
    from agentos.store.turns import TurnStore

    return TurnStore(table(), clock())


@cache
def preparation() -> "Preparation":
    from agentos.preparation import Preparation
    from agentos.routing.plan import Standing

    standing = Standing(cooling=health().cooling, latency=latencies().of)
    return Preparation(turn_store(), standing, settings(), clock())


@cache
def explanations() -> "Explanations":
    from agentos.turns import Explanations

    return Explanations(agent_store(), session_store(), preparation())


@cache
def http() -> "Http":
    from agentos.providers.http import Http

    return Http(settings().limits.reply_bytes)


def _executor(longest: float | None) -> "Executor":
    """`longest`: seconds that a target has, None for what its provider is given."""
    from agentos.providers.ask import Asker
    from agentos.routing.call import Caller
    from agentos.routing.execute import Executor

    asker = Asker(settings(), http())
    caller = Caller(asker.ask, health(), latencies(), clock())
    has = asker.longest if longest is None else lambda _: longest
    return Executor(caller, health(), has, settings().limits, clock())


@cache
def executor() -> "Executor":
    return _executor(None)


@cache
def simulator() -> "Simulator":
    from agentos.simulation import Simulator

    return Simulator(settings())


@cache
def turns() -> "Turns":
    from agentos.turns import Turns

    return Turns(agent_store(), turn_store(), preparation(), executor(), settings(), clock())


@cache
def chat() -> "Chat":
    from agentos.chat import Chat

    return Chat(agent_store(), preparation(), executor(), settings(), clock())


@cache
def queue() -> "Queue | None":
    """None where there is none: under sam local the variable holds no URL but the queue's name in the template."""
    from agentos.store.queue import Queue, connect

    url = os.environ.get("TURN_QUEUE_URL", "")
    return Queue(connect(os.environ.get("AWS_ENDPOINT_URL_SQS") or None), url) if url.startswith("http") else None


@cache
def long_turn_store() -> "LongTurnStore":
    from agentos.store.long_turns import LongTurnStore

    return LongTurnStore(table(), clock())


@cache
def long_turns() -> "LongTurns":
    from agentos.long_turns import LongTurns

    return LongTurns(session_store(), long_turn_store(), turn_store(), queue(), clock())


@cache
def worker() -> "Worker":
    from agentos.long_turns import Worker
    from agentos.turns import Turns

    patient = _executor(settings().limits.long_turn_seconds)
    turns = Turns(agent_store(), turn_store(), preparation(), patient, settings(), clock(), long=True)
    return Worker(long_turn_store(), turn_store(), turns, queue())

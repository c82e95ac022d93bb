"""A turn's reserve of its budgets is kept while it lives and settled once, however late. Explained routes show it."""

import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from agentos import wiring
from agentos.store.transport.messages import Request
from tests.functions.conftest import Chat, Gate, Providers
from tests.functions.test_budgets import COST, MODEL, ask, put, read, skips
from tests.functions.test_leases import LEASE_SECONDS, Renewals
from tests.support.clock import ShiftedClock
from tests.support.conflicts import throttle
from tests.support.crashes import Died
from tests.support.gateway import Client, Context, handler
from tests.support.queues import TurnQueue
from tests.support.transport import after as after_request
from tests.support.transport import before as before_request
from tests.support.wiring import rewire

FOR_ONE = 0.0036
"""USD: room for one answer of 4,096 tokens, and not for two."""

QUESTION = {"role": "user", "content": "Hello"}


def test_a_reserve_is_kept_while_its_turn_lives(
    api: Client, providers: Providers, clock: ShiftedClock, pool: ThreadPoolExecutor
) -> None:
    put(api, usd=FOR_ONE)
    gate, renewals = Gate(providers.openai), Renewals(wiring.dynamodb())
    turn: Future[Any] = pool.submit(ask, api)
    try:
        assert gate.reached.wait(60)
        for _ in range(3):
            clock.shift += LEASE_SECONDS - 1
            renewals.wait()
            assert read(api)["reservedUsd"] > 0
            assert ask(api).json["error"]["code"] == "budget_exceeded"
    finally:
        gate.release.set()
    assert turn.result().status == 200
    assert (read(api)["spentUsd"], read(api)["reservedUsd"]) == (COST, 0)


class Frozen:
    """A turn in a thread of its own. It renews nothing, and dies once it has written its usage."""

    def __init__(self, client: Any, thread: threading.Thread) -> None:
        self._thread = thread
        before_request(client, self._send)
        after_request(client, self._written, "PutItem")
        self._writes_usage = self._dead = False

    def _send(self, request: Request) -> None:
        thread = threading.current_thread()
        if thread.name == "heartbeat" or (self._dead and thread is self._thread):
            raise Died
        self._writes_usage = self._writes_usage or b"#USAGE#" in request.body

    def _written(self, *_: object) -> None:
        self._dead = self._writes_usage


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # the heartbeat dies, too
def test_a_turn_that_dies_after_its_reserve_has_lapsed_is_settled_by_the_stream(
    api: Client, providers: Providers, clock: ShiftedClock, pool: ThreadPoolExecutor, client: Any, table_name: str
) -> None:
    put(api, usd=1)
    ask(api)  # circuits and budgets are known from here on
    before = read(api)["spentUsd"]
    slow = Gate(providers.openai, "whole")
    threads: list[threading.Thread] = []

    def run() -> Any:
        threads.append(threading.current_thread())
        return ask(api)

    turn: Future[Any] = pool.submit(run)
    assert slow.reached.wait(60)
    Frozen(wiring.dynamodb(), *threads)
    clock.shift += LEASE_SECONDS + 1
    assert (read(api)["reservedUsd"], read(api)["spentUsd"]) == (0, before)
    slow.release.set()
    with pytest.raises(Died):
        turn.result()
    assert read(api)["spentUsd"] == before

    for _ in range(2):  # Lambda may hand over a batch again
        assert handler("count_usage")(stream(client, table_name), Context()) == {"batchItemFailures": []}
        assert read(api)["spentUsd"] == pytest.approx(before + COST)
        assert read(api)["reservedUsd"] == 0


def stream(client: Any, table_name: str) -> Any:
    """Every usage record, as the table's stream hands them over."""
    items = client.call("Scan", TableName=table_name, ConsistentRead=True)["Items"]
    records = [item for item in items if "#USAGE#2" in item["pk"]["S"]]
    images = [
        {"eventName": "INSERT", "dynamodb": {"NewImage": item, "SequenceNumber": str(number)}}
        for number, item in enumerate(records)
    ]
    return json.loads(json.dumps({"Records": images}))


def test_a_background_turn_is_held_to_its_budget_and_counted(
    api: Client, providers: Providers, queue: TurnQueue, client: Any, table_name: str
) -> None:
    put(api, usd=FOR_ONE)
    agent_id = api.agent(model=MODEL)
    path = {"agentId": agent_id, "sessionId": api.session(agent_id, userId="ann")}
    for expected in ("completed", "completed"):
        accepted = api("send_message", QUESTION, headers={"Prefer": "respond-async"}, **path).json
        assert handler("run_turn")(queue.event(), Context(seconds=900)) == {"batchItemFailures": []}
        assert api("get_turn", turnId=accepted["turnId"], **path).json["state"] == expected
    assert (read(api)["spentUsd"], read(api)["reservedUsd"]) == (pytest.approx(2 * COST), 0)
    assert handler("count_usage")(stream(client, table_name), Context()) == {"batchItemFailures": []}
    (row,) = api("get_usage", query={"groupBy": "user"}).json["data"]
    assert (row["user"], row["turns"], row["costUsd"]) == ("ann", 2, pytest.approx(2 * COST))

    put(api, usd=0.000009)
    accepted = api("send_message", QUESTION, headers={"Prefer": "respond-async"}, **path).json
    handler("run_turn")(queue.event(), Context(seconds=900))
    turn = api("get_turn", turnId=accepted["turnId"], **path).json
    assert (turn["state"], turn["error"]["code"]) == ("failed", "budget_exceeded")


# Explained routes


def route(api: Client, agent_id: str, **fields: Any) -> Any:
    answered = api("explain_route", {"content": "Hello", **fields}, agentId=agent_id)
    assert answered.status == 200, answered.text
    return answered.json


def models(plan: Any) -> list[str]:
    return [target["model"] for target in plan["targets"]]


def test_a_route_names_the_targets_for_which_no_budget_has_room(api: Client, providers: Providers) -> None:
    agent_id = api.agent(model="gemini:flash-1.5", config={"fallbackModel": MODEL, "maxTokens": 1000})
    assert models(route(api, agent_id))[0] == "gemini:flash-1.5"
    put(api, usd=0.001)  # Gemini may cost 0.0025, OpenAI 0.0006
    plan = route(api, agent_id)
    assert models(plan)[0] == MODEL
    assert "over_budget" in skips(plan)
    rewire()  # a process reads budgets once a minute
    assert Chat(api, agent_id, api.session(agent_id)).say().json["route"]["served"] == MODEL
    put(api, usd=0)
    assert models(route(api, agent_id)) == []


def test_a_route_counts_what_calls_under_way_have_reserved(
    api: Client, providers: Providers, clock: ShiftedClock, pool: ThreadPoolExecutor
) -> None:
    agent_id = api.agent(model=MODEL)
    put(api, usd=FOR_ONE)
    gate = Gate(providers.openai)
    turn: Future[Any] = pool.submit(ask, api)
    assert gate.reached.wait(60)
    assert MODEL not in models(route(api, agent_id))
    assert MODEL in models(route(api, agent_id, parameters={"maxTokens": 5}))
    gate.release.set()
    turn.result()
    assert MODEL in models(route(api, agent_id))


def test_a_route_begins_the_period_of_a_budget_that_nobody_has_used_since(
    api: Client, providers: Providers, clock: ShiftedClock, client: Any, table_name: str
) -> None:
    agent_id = api.agent(model=MODEL)
    put(api, usd=0.000006)
    assert ask(api, max_tokens=5).status == 200
    assert MODEL not in models(route(api, agent_id, parameters={"maxTokens": 5}))
    clock.shift += 24 * 3600
    before = client.call("Scan", TableName=table_name, ConsistentRead=True)["Items"]
    assert MODEL in models(route(api, agent_id, parameters={"maxTokens": 5}))
    assert client.call("Scan", TableName=table_name, ConsistentRead=True)["Items"] == before


def test_a_route_names_models_without_a_price(api: Client, providers: Providers) -> None:
    agent_id = api.agent(model="openai:of-an-unknown-price")
    put(api, usd=1)
    assert "unpriced" in skips(route(api, agent_id))
    put(api, usd=1, allowUnpriced=True)
    assert models(route(api, agent_id))[0] == "openai:of-an-unknown-price"


def test_a_route_knows_what_its_session_has_spent(api: Client, providers: Providers) -> None:
    agent_id = api.agent(model=MODEL, config={"budgetUsd": 0.000006, "maxTokens": 5})
    session_id = api.session(agent_id)
    assert MODEL in models(route(api, agent_id, sessionId=session_id))
    assert api.say(agent_id, session_id).status == 200
    plan = route(api, agent_id, sessionId=session_id)
    assert (MODEL in models(plan), "over_budget" in skips(plan)) == (False, True)
    assert MODEL in models(route(api, agent_id))


def test_a_route_is_refused_while_budgets_cannot_be_read(api: Client, providers: Providers) -> None:
    agent_id = api.agent(model=MODEL)
    put(api, usd=1)
    throttle(wiring.dynamodb(), "GetItem", 1000)
    refused = api("explain_route", {"content": "Hello"}, agentId=agent_id)
    assert (refused.status, refused.json["code"]) == (429, "throttled")

"""Whatever turns do and whatever dies, `GET /usage` is the sum over all calls that were answered for.

Random turns in sessions and at a door are answered, fall back, fail, break off or die at one of their requests. Batches
of the stream come in any order and several times, and their function dies, too. A plain model adds up what clients were
told, and what a turn that died had written.
"""

import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentos import wiring
from agentos.kernel.clock import timestamp
from tests.functions.conftest import Providers, gemini_answer
from tests.support.crashes import Death, Died, Moment
from tests.support.gateway import Client, Context, StreamingContext, handler
from tests.support.properties import examples
from tests.support.sse import events
from tests.support.upstream import CUT, Reply, answer, refusal, streamed_reply
from tests.support.wiring import rewire

OPENAI, GEMINI = "openai:gpt-4o-mini", "gemini:flash-1.5"
TOKENS = ("promptTokens", "completionTokens", "cachedTokens", "cacheWriteTokens", "reasoningTokens")
TURNS = ("turns", "attempts", "fallbacks", "failed", "unpriced", "estimated")
COUNTS = (*TOKENS, *TURNS, "failedAttempts", "timedAttempts", "latencyMs")

QUIET = settings(examples(8), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


def withheld() -> Reply:
    reply = answer("no", prompt_tokens=31)
    reply.body["choices"][0]["finish_reason"] = "content_filter"
    return reply


def uncounted() -> Reply:
    reply = answer("Hello.")
    del reply.body["usage"]
    return reply


ANSWERS: dict[str, Callable[[], Reply]] = {
    "good": lambda: answer("Hello.", prompt_tokens=17),
    "uncounted": uncounted,
    "withheld": withheld,
    "rejected": lambda: refusal(422),
}


@dataclass(frozen=True)
class Turn:
    """A message, or a completion at the door. Gemini answers what OpenAI does not, if it is `up`."""

    first: str
    up: bool
    user: str | None
    at_door: bool


@dataclass(frozen=True)
class Broken:
    """A streamed message whose answer breaks off."""

    user: str | None


@dataclass(frozen=True)
class Dying:
    """A turn whose process dies at its `at`th request to the table."""

    at: int
    moment: Moment
    at_door: bool


@dataclass(frozen=True)
class Batch:
    """A batch of the stream: which records are in it. Its function dies at its `at`th request, if it has so many."""

    picks: tuple[int, ...]
    at: int
    moment: Moment


USERS = st.sampled_from([None, "ann", "ben"])
MOMENTS = st.sampled_from(Moment)
STEPS = st.lists(
    st.one_of(
        st.builds(Turn, st.sampled_from(sorted(ANSWERS)), st.booleans(), USERS, st.booleans()),
        st.builds(Broken, USERS),
        st.builds(Dying, st.integers(1, 4), MOMENTS, st.booleans()),
        st.builds(Batch, st.lists(st.integers(0, 99), min_size=1, max_size=8).map(tuple), st.integers(1, 4), MOMENTS),
    ),
    min_size=3,
    max_size=10,
)


class Model:
    """The numbers by model, provider, agent and user, added up one by one."""

    def __init__(self) -> None:
        self.rows: dict[tuple[Any, ...], Counter[str]] = {}
        self.costs: dict[tuple[Any, ...], Decimal] = {}
        self.untold: set[str] = set()
        """The numbers that nobody can add up: how long the calls of a turn took that died, its client was not told."""

    def add(self, agent: str | None, user: str | None, attempts: list[Any], *, failed: bool, fallback: bool) -> None:
        for attempt in attempts:
            row = self._row(attempt, agent, user)
            row["attempts"] += 1
            answered = attempt["outcome"] == "ok"
            row["failedAttempts"] += not answered
            row["timedAttempts"] += answered
            row["latencyMs"] += attempt["latencyMs"] if answered else 0
            usage = attempt["usage"]
            if usage is None:
                continue
            for name in TOKENS:
                row[name] += usage[name] or 0
            row["unpriced"] += usage["costUsd"] is None
            row["estimated"] += usage["estimated"]
            self.costs[attempt["model"], attempt["provider"], agent, user] += Decimal(str(usage["costUsd"] or 0))
        if attempts:
            row["turns"] += 1
            row["failed"] += failed
            row["fallbacks"] += fallback

    def _row(self, attempt: Any, agent: str | None, user: str | None) -> Counter[str]:
        place = attempt["model"], attempt["provider"], agent, user
        self.costs.setdefault(place, Decimal(0))
        return self.rows.setdefault(place, Counter())

    def table(self) -> dict[tuple[Any, ...], dict[str, Any]]:
        return {
            place: {name: row[name] for name in COUNTS} | {"costUsd": float(self.costs[place])}
            for place, row in self.rows.items()
        }

    def told(self, rows: dict[tuple[Any, ...], dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
        """The rows without those numbers."""
        return {place: {name: row[name] for name in row if name not in self.untold} for place, row in rows.items()}


class World:
    """One tenant's turns, the stream of its records, and the model."""

    def __init__(self, tenant: str, providers: Providers, client: Any, table_name: str) -> None:
        self.api = Client(tenant)
        self.providers = providers
        self.model = Model()
        self._client, self._table_name, self._tenant = client, table_name, tenant
        config = {"fallbackModel": GEMINI, "fallbackOn": ["content_filter"]}
        self.agent_id = self.api.agent(model=OPENAI, config=config)

    def stream(self) -> list[dict[str, Any]]:
        """The records that were inserted, as the stream has them."""
        items = self._client.call("Scan", TableName=self._table_name, ConsistentRead=True)["Items"]
        records = [item for item in items if item["pk"]["S"].startswith(f"TENANT#{self._tenant}#USAGE#2")]
        return [{name: value for name, value in item.items() if name != "counted"} for item in records]

    def run(self, step: Any) -> None:
        match step:
            case Turn():
                self._turn(step)
            case Broken():
                self._broken(step)
            case Dying():
                self._dying(step)
            case Batch():
                self._batch(step)

    def _script(self, first: str, *, up: bool = True) -> None:
        self.providers.openai.script = [ANSWERS[first]()]
        reply = gemini_answer("Hello from Gemini.") if up else Reply({"error": {"code": 400, "message": "no"}}, 400)
        self.providers.gemini.default = reply

    def _ask(self, user: str | None, at_door: bool) -> Any:
        if at_door:
            named = {"user": user} if user else {}
            body = {"model": f"agent:{self.agent_id}", "messages": [{"role": "user", "content": "Hi"}], **named}
            return self.api("chat_completions", body, context=StreamingContext())
        return self.api.say(self.agent_id, self.api.session(self.agent_id, userId=user))

    def _turn(self, turn: Turn) -> None:
        self._script(turn.first, up=turn.up)
        reply = self._ask(turn.user, turn.at_door)
        document = reply.json
        if reply.status == 200:
            route = document["agentos"]["route"] if turn.at_door else document["route"]
            attempts, fallback = route["attempts"], route["fallbackUsed"]
        else:
            details = document["agentos"]["details"] if turn.at_door else document["details"]
            attempts, fallback = details["attempts"], False
        self.model.add(self.agent_id, turn.user, attempts, failed=reply.status != 200, fallback=fallback)

    def _broken(self, broken: Broken) -> None:
        self.providers.openai.script = [streamed_reply("Hello, ", CUT)]
        path = {"agentId": self.agent_id, "sessionId": self.api.session(self.agent_id, userId=broken.user)}
        context = StreamingContext()
        sent = self.api("send_message", {"content": "Hi"}, query={"stream": "true"}, context=context, **path)
        attempts = events(sent.text)[-1].data["details"]["attempts"]
        self.model.add(self.agent_id, broken.user, attempts, failed=True, fallback=False)

    def _dying(self, dying: Dying) -> None:
        """What a good turn of this kind is told is what it had written, if it came so far."""
        self._script("good")
        told = self._ask(None, dying.at_door).json
        attempts = (told["agentos"] if dying.at_door else told)["route"]["attempts"]
        self.model.add(self.agent_id, None, attempts, failed=False, fallback=False)

        self._script("good")
        session_id = self.api.session(self.agent_id)
        rewire()
        death = Death(wiring.dynamodb(), dying.at, dying.moment)
        with suppress(Died):
            if dying.at_door:
                self._ask(None, at_door=True)
            else:
                self.api.say(self.agent_id, session_id)
        rewire()
        write = "PutItem" if dying.at_door else "TransactWriteItems"
        before_it = dying.moment == Moment.BEFORE and death.requests[dying.at - 1 :] == [write]
        if write in death.requests and not before_it:
            self.model.add(self.agent_id, None, attempts, failed=False, fallback=False)
            self.model.untold = {"latencyMs"}
        self.providers.openai.script = []

    def _batch(self, batch: Batch) -> None:
        if stream := self.stream():
            rewire()
            Death(wiring.dynamodb(), batch.at, batch.moment)
            with suppress(Died):
                self._deliver([stream[pick % len(stream)] for pick in batch.picks])
            rewire()

    def _deliver(self, items: list[dict[str, Any]]) -> Any:
        records = [
            {"eventName": "INSERT", "dynamodb": {"NewImage": item, "SequenceNumber": str(number)}}
            for number, item in enumerate(items)
        ]
        return handler("count_usage")(json.loads(json.dumps({"Records": records})), Context())

    def deliver_all(self) -> None:
        """Lambda tries again until all is counted, and hands some over once more."""
        stream = self.stream()
        for items in (stream[::-1], stream[: len(stream) // 2]):
            assert self._deliver(items) == {"batchItemFailures": []}

    def read(self, groups: tuple[str, ...], **query: str) -> dict[tuple[Any, ...], dict[str, Any]]:
        answered = self.api("get_usage", query={"groupBy": ",".join(groups), **query})
        assert answered.status == 200, answered.text
        rows = answered.json["data"]
        return {tuple(row.pop(name) for name in groups): row for row in rows}


@pytest.fixture(autouse=True)
def always_asked(api: Client, configure: Callable[[str], None]) -> None:
    """No target cools down, so that each turn's script is used by that turn."""
    configure("health: {failures: 1000000}")


@QUIET
@given(steps=STEPS)
def test_usage_is_the_sum_over_all_calls(
    steps: list[Any], providers: Providers, client: Any, table_name: str, tenants: Callable[[], str]
) -> None:
    began = time.time()
    world = World(tenants(), providers, client, table_name)
    for step in steps:
        world.run(step)
    world.deliver_all()

    groups = ("model", "provider", "agent", "user")
    told = world.model.told
    expected = told(world.model.table())
    assert told(world.read(groups)) == expected
    # The same from the records themselves, as the time ends within a day.
    from_records = world.read(groups, **{"from": timestamp(began)[:10], "to": timestamp(time.time() + 1)})
    assert told(from_records) == expected
    by_model = world.read(("model",))
    for name in ("turns", "attempts", "promptTokens", "unpriced"):
        assert sum(row[name] for row in by_model.values()) == sum(row[name] for row in expected.values())


@pytest.fixture
def tenants() -> Callable[[], str]:
    """A tenant of its own for each example, in one table."""
    made: list[str] = []

    def new() -> str:
        made.append(f"t{len(made)}")
        return made[-1]

    return new

"""`POST /usage/what-if`: what recorded turns would have cost at another model."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from agentos import wiring
from agentos.domain.usage_records import CountedUsage, RecordedAttempt, UsageRecord
from agentos.kernel.clock import Clock, Deadline, epoch
from agentos.kernel.ids import new_id
from agentos.services.recosting import Recosting, RecostQuery

Configure = Callable[[str], None]
DAY = 24 * 3600
FIRST = epoch("2026-11-20T00:00:00.000Z")
MODELS = """
models:
  "openai:plain": {price: {input: 1, output: 10}}
  "openai:caching": {price: {input: 4, cachedInput: 1, cacheWrite: 5, output: 20}}
  "openai:dated": {price: [{until: "2026-11-21", input: 1, output: 1}, {from: "2026-11-22", input: 3, output: 3}]}
  "openai:stepped": {price: {input: 1, output: 1, over: {1000: {input: 2, output: 2}}}}
"""


@pytest.fixture(autouse=True)
def prices(api: Any, configure: Configure) -> None:
    configure(MODELS)


def count(prompt: int | None = 1000, completion: int | None = 100, cost: str | None = "0.5", **more: Any) -> Any:
    return CountedUsage(
        prompt_tokens=prompt, completion_tokens=completion, cost_usd=None if cost is None else Decimal(cost), **more
    )


def attempt(usage: Any, outcome: str = "ok") -> RecordedAttempt:
    return RecordedAttempt(model="openai:any", provider="openai", outcome=outcome, usage=usage)


def record(*attempts: RecordedAttempt, at: float = FIRST, **fields: Any) -> UsageRecord:
    """A record that is in the table."""
    given = {"tenant": "default", "door": "messages", "outcome": "completed", **fields}
    made = UsageRecord(turn_id=new_id("turn", at), attempts=attempts, **given)
    wiring.usage_store().put(made, Deadline.after(10, Clock()))
    return made


def recost(api: Any, model: str = "openai:plain", **fields: Any) -> Any:
    body = {"model": model, "from": "2026-11-19", "to": "2026-11-29", **fields}
    answer = api("recost_usage", body)
    assert answer.status == 200, answer.text
    return answer.json


def test_each_day_has_both_costs_of_the_same_turns(api: Any) -> None:
    record(attempt(count()))
    record(attempt(count(2000, 0, "0.25")), at=FIRST + DAY - 0.001)
    record(attempt(count(1, 1, "0.000001")), at=FIRST + DAY)
    record(attempt(count()), at=FIRST - 5 * DAY)
    found = recost(api)
    assert found["data"] == [
        {
            "day": "2026-11-20",
            "turns": 2,
            "compared": 2,
            "costUsd": 0.75,
            "whatIfCostUsd": 0.004,
            "leftOut": {},
        },
        {
            "day": "2026-11-21",
            "turns": 1,
            "compared": 1,
            "costUsd": 0.000001,
            "whatIfCostUsd": 0.000011,
            "leftOut": {},
        },
    ]
    assert found["total"] == {
        "turns": 3,
        "compared": 3,
        "costUsd": 0.750001,
        "whatIfCostUsd": 0.004011,
        "leftOut": {},
    }
    assert (found["model"], found["hasMore"], found["nextCursor"]) == ("openai:plain", False, None)


def test_a_turn_costs_all_its_calls_and_would_have_cost_one(api: Any) -> None:
    record(attempt(count(500, 50, "0.1"), "content_filter"), attempt(None, "server"), attempt(count()))
    (day,) = recost(api)["data"]
    assert (day["costUsd"], day["whatIfCostUsd"]) == (0.6, 0.002)


def test_turns_whose_costs_are_not_known_are_left_out_with_the_reason(api: Any) -> None:
    record(attempt(count()))
    record(attempt(None, "server"), outcome="upstream_failed")
    record(attempt(count(None, 5)))
    record(attempt(count(5, None)))
    record(attempt(count(cost=None)))
    record(attempt(count(cost=None), "content_filter"), attempt(count()))
    record(attempt(count()), door="embeddings")
    record(attempt(count()), door="what_if")
    (day,) = recost(api)["data"]
    assert (day["turns"], day["compared"], day["costUsd"], day["whatIfCostUsd"]) == (8, 1, 0.5, 0.002)
    assert day["leftOut"] == {
        "no_answer": 1,
        "unknown_tokens": 2,
        "unknown_cost": 2,
        "other_kind": 1,
        "trial": 1,
    }


def test_sums_of_no_turn_are_null(api: Any) -> None:
    record(attempt(count()))
    (day,) = recost(api, "openai:nobody-knows")["data"]
    assert (day["costUsd"], day["whatIfCostUsd"], day["leftOut"]) == (None, None, {"unknown_price": 1})
    assert recost(api, **{"from": "2026-11-23"})["total"] == {
        "turns": 0,
        "compared": 0,
        "costUsd": None,
        "whatIfCostUsd": None,
        "leftOut": {},
    }


def test_prices_are_those_of_the_time_of_each_turn(api: Any) -> None:
    for days in range(3):
        record(attempt(count(1000, 0)), at=FIRST + days * DAY)
    costs = [(day["whatIfCostUsd"], day["leftOut"]) for day in recost(api, "openai:dated")["data"]]
    assert costs == [(0.001, {}), (None, {"unknown_price": 1}), (0.003, {})]


def test_steps_and_cached_tokens_count(api: Any) -> None:
    record(attempt(count(1000, 0, cached_tokens=300, cache_write_tokens=200)))
    record(attempt(count(1001, 0)), at=FIRST + DAY)
    assert [day["whatIfCostUsd"] for day in recost(api, "openai:stepped")["data"]] == [0.001, 0.002002]
    (first, _) = recost(api, "openai:caching")["data"]
    assert first["whatIfCostUsd"] == (500 * 4 + 300 * 1 + 200 * 5) / 1e6


def test_one_agent_and_one_tenant(api: Any) -> None:
    record(attempt(count()), agent_id="agent_a")
    record(attempt(count()), agent_id="agent_b")
    record(attempt(count()), tenant="acme")
    assert recost(api)["total"]["turns"] == 2
    assert recost(api, agentId="agent_a")["total"]["turns"] == 1
    assert recost(api, agentId="agent_c")["data"] == []


def test_pages_have_every_record_once(api: Any) -> None:
    made = {record(attempt(count()), at=FIRST + number * DAY / 4 + number).turn_id for number in range(14)}
    limited = Recosting(wiring.usage_store(), wiring.settings(), wiring.clock(), max_read=3)
    start, end = int((FIRST + 1) * 1000), int((FIRST + 4 * DAY) * 1000)
    expected = recost(api, **{"from": "2026-11-20T00:00:01Z", "to": "2026-11-24"})["total"]
    after, turns, cost, pages = None, 0, Decimal(), 0
    while True:
        page = limited.page("default", RecostQuery(start, end, "openai:plain", None, after))
        turns, pages = turns + page.total.turns, pages + 1
        cost += page.total.what_if_cost_usd or 0
        assert page.has_more == (page.next_cursor is not None)
        if not page.has_more:
            break
        assert page.total.turns == 3
        after = page.next_cursor
    assert (turns, float(cost)) == (expected["turns"], expected["whatIfCostUsd"])
    assert 0 < turns < len(made)
    assert pages == -(-turns // 3)
    later = limited.page("default", RecostQuery(start - 2 * DAY * 1000, start, "openai:plain", None, after))
    assert (later.total.turns, later.has_more) == (0, False)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"model": "nobody:x"}, "model"),
        ({"model": "plain"}, "model"),
        ({"from": "soon"}, "from"),
        ({"to": "2026-13-01"}, "to"),
        ({"from": "2026-11-30"}, "from"),
        ({"from": "2026-10-01"}, "from"),
        ({"after": "x"}, "after"),
        ({"agentId": ""}, "agentId"),
        ({"rule": {}}, "rule"),
    ],
)
def test_a_mistake_is_named(api: Any, fields: Any, field: str) -> None:
    answer = api("recost_usage", {"model": "openai:plain", "from": "2026-11-19", "to": "2026-11-29", **fields})
    assert (answer.status, answer.json["details"]["errors"][0]["field"]) == (400, field)


def test_the_last_thirty_days_are_taken_by_default(api: Any) -> None:
    now = wiring.clock().time()
    record(attempt(count()), at=now - 60)
    record(attempt(count()), at=now - 40 * DAY)
    answer = api("recost_usage", {"model": "openai:plain"})
    assert answer.json["total"]["turns"] == 1

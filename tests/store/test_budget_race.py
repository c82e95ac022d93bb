"""A race of 1,000 callers for a budget that fits a tenth of them."""

import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

from agentos.domain.budgets import NOTHING, Amount, Cost, NewBudget
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.ids import new_id
from agentos.store.budgets import Budget, BudgetStore
from agentos.store.dynamodb import Table
from agentos.store.lane_items import Ledger, total
from agentos.store.lane_taking import Hold, Shortage, Wish
from agentos.store.lanes import LaneStore
from agentos.store.transport.connect import connect
from tests.support.properties import QUICK_SHARE

CALLERS = 1000 // QUICK_SHARE
FIT, AT_ONCE, PROCESSES = CALLERS // 10, 32, 4
RESERVE = Amount(Decimal("0.01"), 100)
MINUTES = 60 * 1000 * 10


class Race:
    """Callers of several processes, each with a client of its own. Each reserves, costs something, and settles."""

    def __init__(self, endpoint: str, table_name: str, lanes: int) -> None:
        self.clock = Clock()
        stores = [Table(connect(endpoint), table_name) for _ in range(PROCESSES)]
        self.lanes = [LaneStore(table, lambda *_: None, self.clock) for table in stores]
        terms = NewBudget(period="total", usd=float(RESERVE.usd * FIT))
        self.ledger = Ledger("acme", new_id("ledger"), lanes, "total")
        budget = Budget("acme", "tenant/acme", terms, self.ledger, self.clock.time(), NOTHING, NOTHING)
        BudgetStore(stores[0], self.lanes[0], self.clock).create(budget, None, self.deadline())

    def deadline(self) -> Deadline:
        return Deadline.after(120, self.clock)

    def call(self, number: int, share: Decimal) -> tuple[bool, Decimal]:
        """Whether the caller was admitted, and what it cost: a share of its reserve."""
        store = self.lanes[number % PROCESSES]
        wish = Wish(self.ledger, new_id("turn"), int(self.clock.time() * 1000) + MINUTES, RESERVE)
        got = store.take(wish, self.deadline())
        if isinstance(got, Shortage):
            assert not total([lane.room for lane in got.lanes]).usd >= RESERVE.usd
            return False, Decimal()
        cost = (RESERVE.usd * share).quantize(Decimal("0.00001"))
        store.settle(got, Cost(cost, 100), self.deadline())
        return True, cost


def test_a_thousand_callers_and_a_budget_for_a_hundred(client: Any, dynamodb_endpoint: str, table_name: str) -> None:
    """Each costs a part of its reserve, so that a part of the cap is free again as others end."""
    lanes = 4
    race, shares = Race(dynamodb_endpoint, table_name, lanes), random.Random(1)
    parts = [Decimal(shares.randint(50, 100)) / 100 for _ in range(CALLERS)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(race.call, range(CALLERS), parts))
    cap = RESERVE.usd * FIT
    spent, refused = sum((cost for _, cost in results), Decimal()), sum(not admitted for admitted, _ in results)
    print(f"lanes {lanes}, cap {cap}, spent {spent}, refused {refused} of {CALLERS}")  # noqa: T201 - what the race shows

    found = race.lanes[0].look(race.ledger, race.deadline())
    assert total([lane.spent for lane in found]).usd == spent <= cap
    assert total([lane.held for lane in found]) == NOTHING
    assert total([lane.room for lane in found]).usd == cap - spent < RESERVE.usd  # no caller was refused too early
    assert refused + sum(admitted for admitted, _ in results) == CALLERS


def test_a_thousand_callers_who_hold_what_they_reserved(client: Any, dynamodb_endpoint: str, table_name: str) -> None:
    """Nobody ends: exactly as many are admitted as fit."""
    lanes = 1
    race = Race(dynamodb_endpoint, table_name, lanes)

    def hold(number: int) -> bool:
        wish = Wish(race.ledger, new_id("turn"), int(race.clock.time() * 1000) + MINUTES, RESERVE)
        return isinstance(race.lanes[number % PROCESSES].take(wish, race.deadline()), Hold)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        admitted = sum(pool.map(hold, range(CALLERS)))
    print(f"lanes {lanes}, cap {RESERVE.usd * FIT}, admitted {admitted}, refused {CALLERS - admitted}")  # noqa: T201 - what the race shows
    assert admitted == FIT

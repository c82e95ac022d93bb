"""A race of 1,000 callers, or fewer on moto, for a budget that fits a tenth of them."""

import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from agentos.domain.budgets import NOTHING, Amount, Cost, NewBudget
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.ids import new_id
from agentos.store.budgets import Budget, BudgetStore
from agentos.store.dynamodb import Table
from agentos.store.lane_items import Ledger, total
from agentos.store.lane_taking import Hold, Shortage, Wish
from agentos.store.lanes import LaneStore
from agentos.store.transport.connect import connect
from tests.support.backends import DYNAMODBS
from tests.support.properties import QUICK_SHARE

CALLERS = {"moto": 200, "dynamodb_local": 1000} if "dynamodb_local" in DYNAMODBS else {"moto": 1000 // QUICK_SHARE}
"""By store. moto answers one request at a time, so that its callers hardly race, and takes ten times as long."""
AT_ONCE, PROCESSES = 32, 4
RESERVE = Amount(Decimal("0.01"), 100)
MINUTES = 60 * 1000 * 10


class Race:
    """Callers of several processes, each with a client of its own. Each reserves, costs something, and settles."""

    def __init__(self, endpoint: str, table_name: str, callers: int, lanes: int) -> None:
        self.fit = callers // 10
        self.cap = RESERVE.usd * self.fit
        self.clock = Clock()
        stores = [Table(connect(endpoint), table_name) for _ in range(PROCESSES)]
        self.lanes = [LaneStore(table, lambda *_: None, self.clock) for table in stores]
        terms = NewBudget(period="total", usd=float(self.cap))
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


@pytest.fixture
def callers(request: pytest.FixtureRequest) -> int:
    return CALLERS[request.node.callspec.params["dynamodb_endpoint"]]


def test_a_thousand_callers_and_a_budget_for_a_hundred(dynamodb_endpoint: str, table_name: str, callers: int) -> None:
    """Each costs a part of its reserve, so that a part of the cap is free again as others end."""
    lanes = 4
    race, shares = Race(dynamodb_endpoint, table_name, callers, lanes), random.Random(1)
    parts = [Decimal(shares.randint(50, 100)) / 100 for _ in range(callers)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(race.call, range(callers), parts))
    spent, refused = sum((cost for _, cost in results), Decimal()), sum(not admitted for admitted, _ in results)
    print(f"lanes {lanes}, cap {race.cap}, spent {spent}, refused {refused} of {callers}")  # noqa: T201 - what the race shows

    found = race.lanes[0].look(race.ledger, race.deadline())
    assert total([lane.spent for lane in found]).usd == spent <= race.cap
    assert total([lane.held for lane in found]) == NOTHING
    assert total([lane.room for lane in found]).usd == race.cap - spent < RESERVE.usd  # no caller was refused too early
    assert refused + sum(admitted for admitted, _ in results) == callers


def test_a_thousand_callers_who_hold_what_they_reserved(dynamodb_endpoint: str, table_name: str, callers: int) -> None:
    """Nobody ends: exactly as many are admitted as fit."""
    lanes = 1
    race = Race(dynamodb_endpoint, table_name, callers, lanes)

    def hold(number: int) -> bool:
        wish = Wish(race.ledger, new_id("turn"), int(race.clock.time() * 1000) + MINUTES, RESERVE)
        return isinstance(race.lanes[number % PROCESSES].take(wish, race.deadline()), Hold)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        admitted = sum(pool.map(hold, range(callers)))
    print(f"lanes {lanes}, cap {race.cap}, admitted {admitted}, refused {callers - admitted}")  # noqa: T201 - what the race shows
    assert admitted == race.fit

"""Reserves in a budget's lanes, one case at a time. `test_budget_machine.py` mixes them."""

from decimal import Decimal
from typing import Any

import pytest

from agentos.domain.budgets import NO_COST, NOTHING, Amount, Cost, NewBudget
from agentos.kernel.ids import new_id
from agentos.store.budgets import Budget, BudgetStore
from agentos.store.faults import ConditionFailed
from agentos.store.lane_items import Ledger
from agentos.store.lane_taking import Hold, LedgerGone, ReserveLapsed, Shortage, Wish
from agentos.store.lanes import LaneStore

TENANT, SCOPE = "acme", "tenant/acme"
LEASE = 15


def usd(value: str | int, tokens: int = 0) -> Amount:
    return Amount(Decimal(value), tokens)


class Lanes:
    """A budget in the store, and what its turns do."""

    def __init__(self, store: Any) -> None:
        self.store, self.clock = store, store.clock
        self.records: dict[str, Cost] = {}
        self.lanes = LaneStore(store.table, lambda tenant, turn_id: self.records.get(turn_id), store.clock)
        self.budgets = BudgetStore(store.table, self.lanes, store.clock)

    def put(self, lanes: int = 1, spent: Amount = NOTHING, replaced: Budget | None = None, **terms: Any) -> Budget:
        given = NewBudget(**{"period": "day", **terms})
        ledger = Ledger(TENANT, new_id("turn"), lanes, given.period)
        self.budget = Budget(TENANT, SCOPE, given, ledger, self.clock.time(), spent, spent)
        self.budgets.create(self.budget, replaced, self.store.deadline())
        return self.budget

    def take(self, amount: Amount, held: Hold | None = None, turn_id: str | None = None) -> Hold | Shortage:
        now = int(self.clock.time() * 1000)
        turn_id = held.turn_id if held else turn_id or new_id("turn")
        wish = Wish(self.budget.ledger, turn_id, now + LEASE * 1000, amount)
        return self.lanes.take(wish, self.store.deadline(), held)

    def taken(self, amount: Amount, held: Hold | None = None) -> Hold:
        hold = self.take(amount, held)
        assert isinstance(hold, Hold)
        return hold

    def settle(self, hold: Hold, cost: Cost) -> None:
        self.lanes.settle(hold, cost, self.store.deadline())

    def sums(self) -> tuple[Amount, Amount, Amount]:
        """Room, spent and held."""
        found = self.lanes.in_one_period(self.budget.ledger, self.store.deadline())
        sums = [NOTHING, NOTHING, NOTHING]
        for lane in found:
            sums = [one.plus(two) for one, two in zip(sums, (lane.room, lane.spent, lane.held), strict=True)]
            assert lane.held == sum_of(list(lane.reserves.values()))
        return sums[0], sums[1], sums[2]


def sum_of(entries: list[Any]) -> Amount:
    total = NOTHING
    for entry in entries:
        total = total.plus(entry.amount)
    return total


@pytest.fixture
def lanes(store: Any) -> Lanes:
    return Lanes(store)


def test_a_reserve_gives_way_to_the_cost(lanes: Lanes) -> None:
    lanes.put(usd=10, tokens=1000)
    hold = lanes.taken(usd(4, 300))
    assert lanes.sums() == (usd(6, 700), NOTHING, usd(4, 300))
    lanes.settle(hold, Cost(Decimal("1.5"), 100))
    assert lanes.sums() == (usd("8.5", 900), usd("1.5", 100), NOTHING)
    lanes.settle(hold, Cost(Decimal("1.5"), 100))
    assert lanes.sums() == (usd("8.5", 900), usd("1.5", 100), NOTHING)


def test_what_a_provider_did_not_count_costs_the_reserve(lanes: Lanes) -> None:
    lanes.put(usd=10)
    lanes.settle(lanes.taken(usd(4, 300)), Cost(None, None))
    assert lanes.sums()[1] == usd(4, 300)


@pytest.mark.parametrize(("limits", "amount"), [({"usd": 10}, usd(11)), ({"tokens": 10}, usd(0, 11))])
def test_a_reserve_that_does_not_fit_is_refused(lanes: Lanes, limits: dict[str, Any], amount: Amount) -> None:
    lanes.put(**limits)
    shortage = lanes.take(amount)
    assert isinstance(shortage, Shortage)
    assert lanes.sums()[2] == NOTHING


def test_what_costs_nothing_is_never_refused(lanes: Lanes) -> None:
    lanes.put(usd=1)
    lanes.settle(lanes.taken(usd(1)), Cost(Decimal(2), 0))
    assert isinstance(lanes.take(usd(0, 5)), Hold)
    assert isinstance(lanes.take(usd("0.01")), Shortage)


@pytest.mark.parametrize("count", [1, 3])
def test_the_reserve_moves_on_with_a_fallback(lanes: Lanes, count: int) -> None:
    lanes.put(count, usd=9)
    hold = lanes.taken(usd(2))
    more = lanes.taken(usd(8), hold)
    assert lanes.sums() == (usd(1), NOTHING, usd(8))
    assert isinstance(lanes.take(usd(10), more), Shortage)
    less = lanes.taken(usd(1), more)
    assert lanes.sums() == (usd(8), NOTHING, usd(1))
    lanes.settle(less, NO_COST)
    assert lanes.sums() == (usd(9), NOTHING, NOTHING)


def test_no_lane_refuses_while_another_has_room(lanes: Lanes) -> None:
    lanes.put(8, usd=8)
    holds = [lanes.taken(usd(1)) for _ in range(8)]
    assert isinstance(lanes.take(usd("0.1")), Shortage)
    for hold in holds:
        lanes.settle(hold, Cost(Decimal("0.5"), 0))
    assert isinstance(lanes.take(usd("4.1")), Shortage)
    assert lanes.taken(usd(4)).lane == 0  # the room of eight lanes


def test_a_period_ends(lanes: Lanes) -> None:
    """What is spent is spent no more, reserves are carried over, and a turn's cost counts where its reserve did."""
    lanes.put(2, usd=10)
    lanes.settle(lanes.taken(usd(5)), Cost(Decimal(4), 0))
    across = lanes.taken(usd(3))
    lanes.clock.advance(24 * 3600)
    across = lanes.lanes.renew(across, int(lanes.clock.time() * 1000) + 1000)
    assert lanes.sums() == (usd(7), NOTHING, usd(3))
    lanes.settle(across, Cost(Decimal(3), 0))
    assert lanes.sums() == (usd(10), NOTHING, NOTHING)


def test_a_slow_clock_takes_the_newer_period(lanes: Lanes) -> None:
    lanes.put(usd=10)
    lanes.clock.advance(24 * 3600)
    ahead = lanes.taken(usd(3))
    lanes.clock.advance(-24 * 3600)
    behind = lanes.taken(usd(3))
    assert behind.entry.period == ahead.entry.period
    lanes.settle(behind, Cost(Decimal(3), 0))
    assert lanes.sums() == (usd(4), usd(3), usd(3))


def test_a_dead_turns_reserve_is_given_back_once_its_room_is_needed(lanes: Lanes) -> None:
    lanes.put(3, usd=9)
    lanes.taken(usd(9))
    assert isinstance(lanes.take(usd(1)), Shortage)
    lanes.clock.advance(LEASE)
    assert isinstance(lanes.take(usd(9)), Hold)


def test_a_turn_that_died_after_its_record_has_cost_what_the_record_says(lanes: Lanes) -> None:
    lanes.put(usd=9)
    dead = lanes.taken(usd(9))
    lanes.records[dead.turn_id] = Cost(Decimal(4), 7)
    lanes.clock.advance(LEASE)
    assert isinstance(lanes.take(usd(6)), Shortage)
    assert lanes.sums() == (usd(5, -7), usd(4, 7), NOTHING)


@pytest.mark.parametrize("days", [0, 1])
def test_a_turn_that_was_alive_after_all_counts_once(lanes: Lanes, days: int) -> None:
    lanes.put(usd=9)
    zombie = lanes.taken(usd(9))
    lanes.clock.advance(LEASE)
    lanes.lanes.look(lanes.budget.ledger, lanes.store.deadline())
    assert lanes.sums() == (usd(9), NOTHING, NOTHING)
    with pytest.raises(ConditionFailed):
        lanes.lanes.renew(zombie, zombie.entry.until + 1)
    with pytest.raises(ReserveLapsed):
        lanes.take(usd(1), zombie)
    lanes.clock.advance(days * 24 * 3600)
    lanes.sums()  # the new day has begun
    for _ in range(2):
        lanes.settle(zombie, Cost(Decimal(4), 0))
        spent = NOTHING if days else usd(4)
        assert lanes.sums() == (usd(9).minus(spent), spent, NOTHING)


def test_a_budget_that_was_replaced_takes_no_reserve(lanes: Lanes) -> None:
    old = lanes.put(usd=9)
    hold = lanes.taken(usd(3))
    new = lanes.put(replaced=old, period="month", usd=9)
    lanes.budget = old
    with pytest.raises(LedgerGone):
        lanes.take(usd(1))
    lanes.settle(hold, Cost(Decimal(2), 0))
    lanes.budget = new
    assert lanes.sums() == (usd(9), NOTHING, NOTHING)
    assert lanes.budgets.find(TENANT, SCOPE) == new


def test_other_limits_keep_what_was_spent(lanes: Lanes) -> None:
    lanes.put(2, usd=10)
    lanes.settle(lanes.taken(usd(4)), Cost(Decimal(4), 0))
    held = lanes.taken(usd(3))
    lanes.budget = lanes.budgets.change(lanes.budget, NewBudget(period="day", usd=8), lanes.store.deadline())
    assert lanes.sums() == (usd(1), usd(4), usd(3))
    assert isinstance(lanes.take(usd(2)), Shortage)
    lanes.budget = lanes.budgets.change(lanes.budget, NewBudget(period="day", tokens=10**8), lanes.store.deadline())
    assert lanes.budget.ledger.lanes == 8
    assert isinstance(lanes.take(usd(2)), Hold)
    lanes.settle(held, NO_COST)
    assert lanes.sums()[1] == usd(4)
    assert lanes.budgets.find(TENANT, SCOPE) == lanes.budget


def test_a_lane_in_debt_is_paid_for_when_the_limit_falls(lanes: Lanes) -> None:
    """Else another lane would have room that the budget has not."""
    lanes.put(4, usd=40)
    for hold in [lanes.taken(usd(10)) for _ in range(2)]:
        lanes.settle(hold, Cost(Decimal(10), 0))
    lanes.budget = lanes.budgets.change(lanes.budget, NewBudget(period="day", usd=20), lanes.store.deadline())
    assert isinstance(lanes.take(usd(1)), Shortage)
    lanes.budget = lanes.budgets.change(lanes.budget, NewBudget(period="day", usd=21), lanes.store.deadline())
    assert isinstance(lanes.take(usd(1)), Hold)


def test_what_was_spent_earlier_counts(lanes: Lanes) -> None:
    lanes.put(4, usd(7), usd=10)
    assert lanes.sums() == (usd(3), usd(7), NOTHING)
    start, deadline = lanes.budget.ledger.start(lanes.clock.time()), lanes.store.deadline()
    for earlier in (usd(1), usd(2), usd(2)):
        lanes.lanes.set_earlier(lanes.budget.ledger, start, earlier, deadline)
        assert lanes.sums()[1] == usd(7).plus(earlier)
    assert isinstance(lanes.take(usd(2)), Shortage)
    assert isinstance(lanes.take(usd(1)), Hold)


def test_a_warning_is_given_once_a_period(lanes: Lanes) -> None:
    lanes.put(usd=10)
    assert lanes.lanes.warn_once(lanes.budget.ledger, 5, "turn_a")
    assert not lanes.lanes.warn_once(lanes.budget.ledger, 5, "turn_b")
    assert lanes.lanes.warn_once(lanes.budget.ledger, 6, "turn_b")


def test_a_removed_budget_is_gone(lanes: Lanes) -> None:
    budget = lanes.put(usd=10)
    lanes.budgets.remove(budget, lanes.store.deadline())
    assert lanes.budgets.find(TENANT, SCOPE) is None
    with pytest.raises(LedgerGone):
        lanes.take(usd(1))
    with pytest.raises(ConditionFailed):
        lanes.budgets.remove(budget, lanes.store.deadline())

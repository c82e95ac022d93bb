"""Budgets in the table: what they limit, and the lanes that their room is in.

A budget that is put again for the same kind of period keeps its lanes and what was spent. One for another kind of
period, or one that was deleted before, begins with new lanes (a new ledger).
"""

from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from agentos.domain.budgets import Amount, NewBudget, lanes_for, shares
from agentos.kernel import json_text
from agentos.kernel.clock import Clock, Deadline
from agentos.store import keys
from agentos.store.dynamodb import Action, Table
from agentos.store.faults import ConditionFailed, throttled
from agentos.store.items import Item, number, text
from agentos.store.lane_items import Lane, Ledger, new_lane, reshare
from agentos.store.lane_taking import action
from agentos.store.lanes import LaneStore, level_rooms
from agentos.store.reading import item_reader, stored_value

RETIRED_SECONDS = 7 * 24 * 3600
"""How long the lanes of a budget that is no more are kept, for turns that still run."""


class Budget(NamedTuple):
    """A budget. `scope` is `tenant/<tenant>` or `key/<keyId>`.

    `since`: when its ledger began, in epoch seconds. `counted`: what the turns of its first period had cost by then,
    and `before` the part of those that had ended for certain. `settled`: all turns without a reserve are counted.
    """

    tenant: str
    scope: str
    terms: NewBudget
    ledger: Ledger
    since: float
    before: Amount
    counted: Amount
    settled: bool = False
    version: int = 1

    @property
    def limited(self) -> tuple[bool, bool]:
        """Whether USD are limited, and whether tokens are."""
        return self.terms.usd is not None, self.terms.tokens is not None


class BudgetStore:
    """Find, put and remove budgets."""

    def __init__(self, table: Table, lanes: LaneStore, clock: Clock) -> None:
        self._table = table
        self._lanes = lanes
        self._clock = clock

    def find(self, tenant: str, scope: str) -> Budget | None:
        """The scope's budget, with one consistent read. None where there is none."""
        item = self._table.get(keys.budget(tenant, scope))
        return None if item is None else _budget(tenant, scope, item)

    def create(self, budget: Budget, replaced: Budget | None, deadline: Deadline) -> None:
        """A budget with lanes of its own, in the place of `replaced`.

        Raises ConditionFailed where another budget was put meanwhile; Throttled, Unavailable.
        """
        ledger, start = budget.ledger, budget.ledger.start(budget.since)
        split, spent = shares(budget.terms.limit, ledger.lanes), shares(budget.counted, ledger.lanes)
        rooms = [share.minus(part) for share, part in zip(split, spent, strict=True)]
        rooms = level_rooms(rooms, budget.limited)
        lanes = [
            self._table.new(new_lane(ledger, index, start, split[index], budget.limited, rooms[index], part))
            for index, part in enumerate(spent)
        ]
        retired = self._retire(replaced) if replaced else []
        self._table.transact([self._definition(budget, replaced), *lanes, *retired], deadline)

    def change(self, budget: Budget, terms: NewBudget, deadline: Deadline) -> Budget:
        """The budget with other limits for the same kind of period. What was spent and what is reserved is kept.

        Raises ConditionFailed where another budget was put meanwhile; LedgerGone, Throttled, Unavailable.
        """
        lanes = max(budget.ledger.lanes, lanes_for(terms.limit))
        ledger = budget.ledger._replace(lanes=lanes)
        after = budget._replace(terms=terms, ledger=ledger, version=budget.version + 1)
        while True:
            before = self._lanes.in_one_period(budget.ledger, deadline)
            actions = [self._definition(after, budget), *self._reshared(after, before)]
            try:
                self._table.transact(actions, deadline)
                return after
            except ConditionFailed as error:
                if error.item is None or "body" in error.item:  # the budget was removed or put meanwhile
                    raise
            if not deadline.remaining():
                raise throttled()

    def _reshared(self, after: Budget, lanes: list[Lane]) -> list[Action]:
        """The lanes with their new shares; debts are paid by lanes that have room."""
        ledger, split = after.ledger, shares(after.terms.limit, after.ledger.lanes)
        more = [split[lane.number].minus(lane.share) for lane in lanes]
        rooms = [lane.room.plus(one) for lane, one in zip(lanes, more, strict=True)] + split[len(lanes) :]
        rooms = level_rooms(rooms, after.limited)
        changed = [
            action(
                self._table, ledger, lane.number, reshare(lane, rooms[lane.number], split[lane.number], after.limited)
            )
            for lane in lanes
        ]
        added = [
            self._table.new(
                new_lane(ledger, index, lanes[0].period, split[index], after.limited, rooms[index], Amount())
            )
            for index in range(len(lanes), ledger.lanes)
        ]
        return [*changed, *added]

    def remove(self, budget: Budget, deadline: Deadline) -> None:
        """No budget any more. Raises ConditionFailed where another one was put meanwhile; Throttled, Unavailable."""
        key = keys.budget(budget.tenant, budget.scope)
        removed = self._table.remove(key, "version = :version AND ledgerId = :ledger", _identity(budget))
        self._table.transact([removed, *self._retire(budget)], deadline)

    def settle(self, budget: Budget) -> None:
        """All that was spent without a reserve is counted. Raises Conflict, Throttled, Unavailable."""
        key, condition = keys.budget(budget.tenant, budget.scope), "ledgerId = :ledger"
        try:
            self._table.update(key, "SET settled = :one", condition, {":one": number(1), **_ledger(budget)})
        except ConditionFailed:
            return

    def _definition(self, budget: Budget, replaced: Budget | None) -> Action:
        ledger = budget.ledger
        before, counted = _stored(budget.before), _stored(budget.counted)
        item = {
            **keys.budget(budget.tenant, budget.scope),
            "body": text(
                {"terms": budget.terms.to_json(), "since": budget.since, "before": before, "counted": counted}
            ),
            "ledgerId": {"S": ledger.ledger_id},
            "lanes": number(ledger.lanes),
            "version": number(budget.version),
            **({"settled": number(1)} if budget.settled else {}),
        }
        if replaced is None:
            return self._table.new(item)
        return self._table.replace(item, "version = :version AND ledgerId = :ledger", _identity(replaced))

    def _retire(self, budget: Budget) -> list[Action]:
        values = {":one": number(1), ":until": number(int(self._clock.time()) + RETIRED_SECONDS)}
        retire = partial(
            self._table.change,
            expression="SET retired = :one, expiresAt = :until",
            condition="attribute_exists(pk)",
            values=values,
        )
        return [retire(budget.ledger.key(index)) for index in range(budget.ledger.lanes)]


def _ledger(budget: Budget) -> Item:
    return {":ledger": {"S": budget.ledger.ledger_id}}


def _identity(budget: Budget) -> Item:
    return {":version": number(budget.version), **_ledger(budget)}


def _stored(amount: Amount) -> dict[str, Any]:
    return {"usd": f"{amount.usd:f}", "tokens": amount.tokens}


def _amount(stored: dict[str, Any]) -> Amount:
    return Amount(Decimal(stored["usd"]), int(stored["tokens"]))


@item_reader
def _budget(tenant: str, scope: str, item: Item) -> Budget:
    """Raises Unavailable where the item cannot be read."""
    body = json_text.load(item["body"]["S"])
    terms = stored_value(NewBudget, body["terms"])
    return Budget(
        tenant=tenant,
        scope=scope,
        terms=terms,
        ledger=Ledger(tenant, item["ledgerId"]["S"], int(item["lanes"]["N"]), terms.period),
        since=float(body["since"]),
        before=_amount(body["before"]),
        counted=_amount(body["counted"]),
        settled="settled" in item,
        version=int(item["version"]["N"]),
    )

"""The reserves of turns in a budget's lanes: take, renew, settle, give back what has lapsed.

A reserve is known by its turn's id, so that every write may be tried again: it is taken once, and it gives way to the
turn's cost once. What a turn does is one conditional update of one item, never a transaction.

A reserve that has lapsed is given back by whoever needs the room. A turn that has died after its usage record was
written is settled with the cost in the record. Without a record, the reserve becomes room again, and in the same
transaction a mark is written. If the turn was alive after all, it finds the mark when it settles, and its cost counts
then, once.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

from agentos.domain.budgets import Amount, Cost, levelled
from agentos.kernel.clock import Clock, Deadline
from agentos.store import keys
from agentos.store.dynamodb import Table
from agentos.store.faults import ConditionFailed, retry_until_deadline
from agentos.store.items import Item, number
from agentos.store.lane_items import (
    Entry,
    Lane,
    Ledger,
    Room,
    give_back,
    lane_of,
    move,
    renew,
    settle,
    spend,
    spend_earlier,
    total,
)
from agentos.store.lane_taking import Hold, Shortage, Taking, Wish, action, roll, snapshot, update
from agentos.store.reading import item_reader

CostFinder = Callable[[str, str], Cost | None]
"""What a turn has cost by its usage record; None where there is none. Tenant and turn id."""

MARK_SECONDS = 7 * 24 * 3600
"""How long the mark of a lapsed reserve stays. A table's stream keeps what happened for a day."""


class LaneStore:
    """Reserves in lanes."""

    def __init__(self, table: Table, cost_of: CostFinder, clock: Clock) -> None:
        self._table = table
        self._cost_of = cost_of
        self._clock = clock

    def take(self, wish: Wish, deadline: Deadline, held: Hold | None = None) -> Hold | Shortage:
        """The reserve; in the place of `held`, if the turn has one. After a Shortage it still has that.

        Raises LedgerGone, ReserveLapsed, Throttled, Unavailable.
        """
        return Taking(self._table, wish, held, self._reclaim, self._clock).run(deadline)

    def renew(self, hold: Hold, until: int) -> Hold:
        """The same reserve until then (epoch milliseconds). Raises ConditionFailed where the turn has it no more, and
        Conflict."""
        after = hold.entry._replace(until=until)
        try:
            update(self._table, hold.ledger, hold.lane, renew(hold.turn_id, hold.entry, after))
        except ConditionFailed as error:
            if error.item is None or _entry_of(error.item, hold.turn_id) != after:
                raise
        return hold._replace(entry=after)

    def settle(self, hold: Hold, cost: Cost, deadline: Deadline) -> Lane | None:
        """The reserve gives way to the cost, once, however often it is done. Returns the lane, where it was changed.

        What of the cost is unknown counts as the reserve. Raises Throttled, Unavailable.
        """
        return retry_until_deadline(lambda: self._settle(hold, cost), deadline)

    def _settle(self, hold: Hold, cost: Cost) -> Lane | None:
        entry: Entry | None = hold.entry
        same_period = True
        while entry:
            change = settle(hold.turn_id, entry, cost.known(entry.amount), same_period=same_period)
            try:
                return update(self._table, hold.ledger, hold.lane, change)
            except ConditionFailed as error:
                if error.item is None:
                    return None
                lane = lane_of(error.item, hold.lane)
            entry = lane.reserves.get(hold.turn_id)
            same_period = entry is not None and entry.period >= lane.period
        return self.settle_late(hold, cost)

    def settle_late(self, hold: Hold, cost: Cost) -> Lane | None:
        """Of a turn whose reserve was given back as lapsed, and that has cost something after all: count that, once.

        Any other turn costs one read. Raises Conflict, Throttled, Unavailable.
        """
        mark = keys.lapsed(hold.ledger.key(hold.lane), hold.turn_id)
        stored = self._table.get(mark)
        if stored is None or "settled" in stored:
            return None
        entry = _marked(stored)
        done = self._table.change(
            mark, "SET settled = :one", "attribute_exists(pk) AND attribute_not_exists(settled)", {":one": number(1)}
        )
        actions = [done]
        lane = self._lane(hold.ledger, hold.lane)
        if lane and lane.period == entry.period:
            change = spend(entry.period, cost.known(entry.amount))
            actions.append(action(self._table, hold.ledger, hold.lane, change))
        try:
            self._table.transact(actions, Deadline.after(0, self._clock))
        except ConditionFailed:  # it was settled, or the lane has begun a new period
            return self.settle_late(hold, cost)
        return self._lane(hold.ledger, hold.lane)

    def _lane(self, ledger: Ledger, index: int) -> Lane | None:
        item = self._table.get(ledger.key(index))
        return lane_of(item, index) if item else None

    def reclaim(self, ledger: Ledger, lane: Lane, most: int) -> None:
        """Give back up to so many reserves of the lane that have lapsed. Raises Conflict, Throttled, Unavailable."""
        for turn_id in lane.lapsed(self._clock.time())[:most]:
            self._reclaim(ledger, lane.number, turn_id, lane.reserves[turn_id])

    def _reclaim(self, ledger: Ledger, index: int, turn_id: str, entry: Entry) -> None:
        cost = self._cost_of(ledger.tenant, turn_id)
        if cost is not None:
            self._settle(Hold(ledger, index, turn_id, entry), cost)
            return
        mark = {
            **keys.lapsed(ledger.key(index), turn_id),
            "entry": {"S": entry.text},
            "expiresAt": number(int(self._clock.time()) + MARK_SECONDS),
        }
        actions = [action(self._table, ledger, index, give_back(turn_id, entry)), self._table.new(mark)]
        try:
            self._table.transact(actions, Deadline.after(0, self._clock))
        except ConditionFailed:  # the turn has settled, or somebody else has given it back
            return
        cost = self._cost_of(ledger.tenant, turn_id)
        if cost is not None:  # its record was written meanwhile, and the turn may have died since
            self.settle_late(Hold(ledger, index, turn_id, entry), cost)

    def look(self, ledger: Ledger, deadline: Deadline) -> list[Lane]:
        """All lanes at one moment, in the same period, after what has lapsed was given back.

        Raises LedgerGone, Throttled, Unavailable.
        """
        for lane in retry_until_deadline(lambda: snapshot(self._table, ledger), deadline):
            for turn_id in lane.lapsed(self._clock.time()):
                retry_until_deadline(
                    partial(self._reclaim, ledger, lane.number, turn_id, lane.reserves[turn_id]), deadline
                )
        return self.in_one_period(ledger, deadline)

    def room(self, ledger: Ledger, deadline: Deadline) -> Room:
        """What is left now. Nothing is written. Raises LedgerGone, Throttled, Unavailable."""
        lanes = retry_until_deadline(lambda: snapshot(self._table, ledger), deadline)
        now = self._clock.time()
        start = max(ledger.start(now), *(lane.period for lane in lanes))
        return Room(total([lane.left(start, now) for lane in lanes]), lanes[0].limited)

    def in_one_period(self, ledger: Ledger, deadline: Deadline) -> list[Lane]:
        """All lanes at one moment, in the present period. Raises LedgerGone, Throttled, Unavailable."""
        while True:
            lanes = retry_until_deadline(lambda: snapshot(self._table, ledger), deadline)
            start = max(ledger.start(self._clock.time()), *(lane.period for lane in lanes))
            old = [lane for lane in lanes if lane.period < start]
            if not old:
                return lanes
            for lane in old:
                retry_until_deadline(partial(roll, self._table, ledger, lane.number, start), deadline)

    def set_earlier(self, ledger: Ledger, period: int, amount: Amount, deadline: Deadline) -> None:
        """What turns without a reserve have cost in that period. It replaces what was set before.

        Raises LedgerGone, Throttled, Unavailable.
        """
        lane = self.in_one_period(ledger, deadline)[0]
        if lane.period != period or lane.earlier == amount:
            return
        try:
            retry_until_deadline(
                lambda: update(self._table, ledger, 0, spend_earlier(period, lane.earlier, amount)), deadline
            )
        except ConditionFailed:  # another environment has set it; this is done again soon
            return
        self.level(ledger, deadline)

    def level(self, ledger: Ledger, deadline: Deadline) -> None:
        """Lanes that have room pay the debts of others, so that no turn spends what the budget does not have.

        Raises LedgerGone, Throttled, Unavailable.
        """
        lanes = self.in_one_period(ledger, deadline)
        rooms = level_rooms([lane.room for lane in lanes], lanes[0].limited)
        moves = [
            action(self._table, ledger, lane.number, move(lane.period, room.minus(lane.room), lane.limited))
            for lane, room in zip(lanes, rooms, strict=True)
            if room != lane.room
        ]
        if not moves:
            return
        try:
            self._table.transact(moves, deadline)
        except ConditionFailed:  # turns have changed the lanes meanwhile
            if deadline.remaining():
                self.level(ledger, deadline)

    def warn_once(self, ledger: Ledger, period: int, turn_id: str) -> bool:
        """Whether this is the first call of the period. Raises Conflict, Throttled, Unavailable."""
        values = {":period": number(period), ":turn": {"S": turn_id}}
        try:
            self._table.update(
                ledger.key(0),
                "SET warned = :period, warnedBy = :turn",
                "attribute_exists(pk) AND (attribute_not_exists(warned) OR warned < :period)",
                values,
                mark={"warnedBy": values[":turn"], "warned": values[":period"]},
            )
        except ConditionFailed:
            return False
        return True


def level_rooms(rooms: list[Amount], limited: tuple[bool, bool]) -> list[Amount]:
    """The same sums, with debts paid by lanes that have room, of what is limited."""
    usd, tokens = [room.usd for room in rooms], [Decimal(room.tokens) for room in rooms]
    usd = levelled(usd) if limited[0] else usd
    tokens = levelled(tokens) if limited[1] else tokens
    return [Amount(one, int(other)) for one, other in zip(usd, tokens, strict=True)]


@item_reader
def _entry_of(item: Item, turn_id: str) -> Entry | None:
    entry = item["reserves"]["M"].get(turn_id)
    return Entry.of(entry["S"]) if entry else None


@item_reader
def _marked(mark: Item) -> Entry:
    return Entry.of(mark["entry"]["S"])

"""Takes a reserve, or proves that there is no room for it.

Nearly every reserve is one conditional update of one lane, chosen by the turn's id. A lane that lacks room refuses
nobody. The refusal is decided by all lanes as they were at one moment: room that is spread over several lanes is moved
into one, and reserves that have lapsed are given back first. So a turn is refused only if at that moment the limit,
less what was spent and what is reserved, had no room for it.
"""

import zlib
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from agentos.domain.budgets import NOTHING, Amount
from agentos.kernel.clock import Clock, Deadline
from agentos.store.dynamodb import Table
from agentos.store.faults import ConditionFailed, retry_until_deadline, throttled
from agentos.store.lane_items import Change, Entry, Lane, Ledger, begin_period, fits, lane_of, move, reserve, total


class LedgerGone(Exception):
    """The budget was deleted, or replaced by one with lanes of its own."""


class ReserveLapsed(Exception):
    """The turn's reserve was given back, because it was not renewed in time."""


class Hold(NamedTuple):
    """A reserve that is out. `lane`: the number of the lane that it is in."""

    ledger: Ledger
    lane: int
    turn_id: str
    entry: Entry

    @property
    def text(self) -> str:
        """Where the reserve is, for the turn's usage record."""
        return f"{self.ledger.ledger_id} {self.lane} {self.entry.text}"

    @classmethod
    def of(cls, tenant: str, turn_id: str, text: str) -> "Hold":
        """As much of the reserve as is needed to settle it. Raises ValueError."""
        ledger_id, index, entry = text.split(" ", 2)
        return cls(Ledger(tenant, ledger_id, int(index) + 1, "total"), int(index), turn_id, Entry.of(entry))


class Shortage(NamedTuple):
    """There is no room. `lanes`: all of the budget's, as they were when that was found out."""

    lanes: tuple[Lane, ...]


class Wish(NamedTuple):
    """A reserve to be taken, until a moment in epoch milliseconds."""

    ledger: Ledger
    turn_id: str
    until: int
    amount: Amount


class Taking:
    """One search for room. `give_back` ends a turn's reserve in a lane that has lapsed."""

    def __init__(
        self,
        table: Table,
        wish: Wish,
        held: Hold | None,
        give_back: Callable[[Ledger, int, str, Entry], None],
        clock: Clock,
    ) -> None:
        self._table = table
        self._wish = wish
        self._ledger = wish.ledger
        self._before = held.entry if held else None
        self._moves = held is not None
        self._index = held.lane if held else own_lane(wish.turn_id, wish.ledger.lanes)
        self._start = wish.ledger.start(clock.time())
        self._give_back = give_back
        self._reclaimed: set[str] = set()
        self._clock = clock

    def run(self, deadline: Deadline) -> Hold | Shortage:
        """The reserve. Raises LedgerGone, ReserveLapsed, Throttled, Unavailable."""
        while True:
            taken = retry_until_deadline(self._try, deadline)
            if isinstance(taken, Hold):
                return taken
            found = retry_until_deadline(partial(self._find_room, taken), deadline)
            if found:
                return found
            if not deadline.remaining():
                raise throttled()

    def _entry(self) -> Entry:
        return Entry(self._wish.until, self._start, self._wish.amount)

    def _hold(self) -> Hold:
        return Hold(self._ledger, self._index, self._wish.turn_id, self._entry())

    def _try(self) -> Hold | Lane:
        """One update of one lane; the lane where it was not done."""
        change = reserve(self._wish.turn_id, self._before, self._entry())
        try:
            update(self._table, self._ledger, self._index, change)
        except ConditionFailed as error:
            if error.item is None:
                raise LedgerGone from None
            return self._done(lane_of(error.item, self._index))
        return self._hold()

    def _done(self, lane: Lane) -> Hold | Lane:
        """The hold if an earlier try of this reserve was done and only its answer was lost."""
        stored = lane.reserves.get(self._wish.turn_id)
        if stored == self._entry():
            return self._hold()
        if lane.retired:
            raise LedgerGone
        if stored is None and self._moves:
            raise ReserveLapsed
        self._before = stored
        return lane

    def _find_room(self, lane: Lane) -> Hold | Shortage | None:
        """After the lane has not taken the reserve. None: it is to be tried again."""
        if lane.period != self._start:
            self._to_period([lane])
            return None
        lanes = self._snapshot(lane)
        own = next((one for one in lanes if self._wish.turn_id in one.reserves), None)
        if own and not self._moves:  # an earlier try was done, and its answer was lost
            self._index, self._before = own.number, own.reserves[self._wish.turn_id]
        if any(one.period != self._start for one in lanes):
            self._to_period(lanes)
            return None
        if self._reclaim(lanes):
            return None
        more = self._wish.amount.minus(self._before.amount if self._before else NOTHING)
        if not self._before:
            self._index = next((one.number for one in lanes if one.fits(more)), 0)
        if lanes[self._index].fits(more):
            return None
        if not fits(more, total([one.room for one in lanes]), lanes[0].limited):
            return Shortage(tuple(lanes))
        return self._gather(lanes)

    def _to_period(self, lanes: list[Lane]) -> None:
        """All lanes are in the same period afterwards: in the newest that a lane or our clock knows."""
        self._start = max(self._start, *(lane.period for lane in lanes))
        for lane in lanes:
            if lane.period < self._start:
                roll(self._table, self._ledger, lane.number, self._start)

    def _snapshot(self, lane: Lane) -> list[Lane]:
        """All lanes as they were at one moment."""
        return [lane] if self._ledger.lanes == 1 else snapshot(self._table, self._ledger)

    def _reclaim(self, lanes: list[Lane]) -> bool:
        """Give back the reserves that have lapsed, except our own. Whether there were any."""
        lapsed = [(lane, turn_id) for lane in lanes for turn_id in lane.lapsed(self._clock.time())]
        known = {self._wish.turn_id, *self._reclaimed}
        others = [(lane, turn_id) for lane, turn_id in lapsed if turn_id not in known]
        for lane, turn_id in others:
            self._give_back(self._ledger, lane.number, turn_id, lane.reserves[turn_id])
            self._reclaimed.add(turn_id)
        return bool(others)

    def _gather(self, lanes: list[Lane]) -> Hold | None:
        """Move the room of all lanes into one, and take the reserve there, in one transaction."""
        others = [lane for lane in lanes if lane.number != self._index and any(_bounded(lane))]
        moved = total([_bounded(lane) for lane in others])
        taken = reserve(self._wish.turn_id, self._before, self._entry(), moved)
        leave = [(lane.number, move(self._start, NOTHING.minus(_bounded(lane)), lane.limited)) for lane in others]
        actions = [action(self._table, self._ledger, index, change) for index, change in [(self._index, taken), *leave]]
        try:
            self._table.transact(actions, Deadline.after(0, self._clock))
        except ConditionFailed:  # other turns were faster
            return None
        return self._hold()


def _bounded(lane: Lane) -> Amount:
    """The lane's room, of what is limited."""
    usd, tokens = lane.limited
    return Amount(lane.room.usd if usd else NOTHING.usd, lane.room.tokens if tokens else 0)


def own_lane(turn_id: str, lanes: int) -> int:
    """The lane that a turn asks first."""
    return zlib.crc32(turn_id.encode()) % lanes


def snapshot(table: Table, ledger: Ledger) -> list[Lane]:
    """All lanes as they were at one moment. Raises LedgerGone, Conflict."""
    keys = [ledger.key(index) for index in range(ledger.lanes)]
    items = table.get_together(keys) if ledger.lanes > 1 else [table.get(keys[0])]
    lanes = [lane_of(item, index) for index, item in enumerate(items) if item]
    if len(lanes) < ledger.lanes or any(lane.retired for lane in lanes):
        raise LedgerGone
    return lanes


def roll(table: Table, ledger: Ledger, index: int, start: int) -> None:
    """Begin a period in a lane, unless it has begun. Raises Conflict."""
    try:
        update(table, ledger, index, begin_period(start))
    except ConditionFailed:
        return


def update(table: Table, ledger: Ledger, index: int, change: Change) -> Lane:
    """The lane after the change. Raises ConditionFailed, Conflict."""
    item = table.update(ledger.key(index), change.expression, change.condition, change.values)
    return lane_of(item, index)


def action(table: Table, ledger: Ledger, index: int, change: Change) -> dict[str, object]:
    """The change as a part of a transaction."""
    return table.change(ledger.key(index), change.expression, change.condition, change.values)

"""A budget keeps its two promises after any operations in any order, against a plain model.

The model is a list of turns: what each reserved, until when, and what it has cost. Room is what the limit leaves after
costs and reserves that have not lapsed. A turn is admitted if and only if there is room, except that what a call cost
above its own reserve may be missing. Processes die at any request, answers are lost, clocks differ, periods end.
"""

import contextlib
import itertools
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from agentos.domain.budgets import NO_COST, NOTHING, Amount, Cost, NewBudget, period_start
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.ids import id_of, new_id
from agentos.store.budgets import Budget, BudgetStore
from agentos.store.dynamodb import Table
from agentos.store.faults import ConditionFailed
from agentos.store.lane_items import Ledger
from agentos.store.lane_taking import Hold, ReserveLapsed, Shortage, Wish
from agentos.store.lanes import LaneStore
from agentos.store.transport.connect import connect
from tests.support.backends import DYNAMODBS
from tests.support.clock import START
from tests.support.conflicts import conflict
from tests.support.crashes import Death, Died, Moment, lose_answer
from tests.support.properties import examples

EXAMPLES = {"moto": 3, "dynamodb_local": 16} if "dynamodb_local" in DYNAMODBS else {"moto": 15}
"""Most run where they take a tenth of the processor's time."""
LEASE, DAY = 15, 24 * 3600

amounts = st.builds(Amount, st.sampled_from([Decimal(n) / 4 for n in range(13)]), st.integers(0, 30))
skews = st.sampled_from([0, 0, 0, -7, 7, 3600 * 13])
"""Seconds by which an environment's clock is off. The last one is in the next day."""


class Time(Clock):
    """The time of day of one environment. Waiting takes no time."""

    def __init__(self) -> None:
        self.now_, self.skew, self.latest = START, 0.0, START

    def time(self) -> float:
        self.latest = max(self.latest, self.now_ + self.skew)
        return self.now_ + self.skew

    def sleep(self, seconds: float) -> None: ...


@dataclass
class Turn:
    """`hold`: its reserve, as it knows it. `cost`: counted, as soon as its usage record is written.

    `maybe`: reserves that may have been taken by a process that died. `settled`: its reserve is gone for certain.
    """

    hold: Hold | None
    maybe: tuple[Amount, int] | None = None
    cost: Cost | None = None
    settled: bool = False
    lapsed: bool = False

    def counted(self, period: int) -> Amount:
        """What it has cost in a period, as soon as that counts."""
        if self.hold is None or self.cost is None or self.hold.entry.period != period:
            return NOTHING
        return self.cost.known(self.hold.entry.amount)

    @property
    def overrun(self) -> Amount:
        """What it cost above its reserve; all of it where the reserve was given back before."""
        if self.hold is None or self.cost is None:
            return NOTHING
        reserve, cost = self.hold.entry.amount, self.cost.known(self.hold.entry.amount)
        over = cost if self.lapsed else cost.minus(reserve)
        return Amount(max(over.usd, Decimal()), max(over.tokens, 0))


class Machine(RuleBasedStateMachine):
    """One budget and its turns."""

    def __init__(self, client: Any, endpoint: str, table_name: str) -> None:
        super().__init__()
        self.client, self.endpoint, self.table_name = client, endpoint, table_name
        self.clock = Time()
        self.turns: list[Turn] = []
        self.records: dict[str, Cost] = {}
        self.good = self.stores(client)
        self.limit = Amount(Decimal(10), 100)
        self.newest = 0
        self.tenant, self.count = new_id("tenant"), itertools.count()

    def stores(self, client: Any) -> tuple[LaneStore, BudgetStore]:
        table = Table(client, self.table_name)
        lanes = LaneStore(table, lambda tenant, turn_id: self.records.get(turn_id), self.clock)
        return lanes, BudgetStore(table, lanes, self.clock)

    def deadline(self, seconds: float = 60) -> Deadline:
        return Deadline.after(seconds, self.clock)

    def new_turn(self) -> str:
        """An id that is the same in each run, since a turn's lane follows from it."""
        return id_of("turn", str(next(self.count)))

    # The model

    def reserved(self, period: int) -> Amount:
        """Of turns that have a reserve which has not lapsed by the present clock."""
        now = self.clock.time() * 1000
        held = [t.hold.entry for t in self.turns if t.hold and not t.settled and not t.lapsed]
        return total([entry.amount for entry in held if entry.until > now and entry.period <= period])

    def spent(self, period: int) -> Amount:
        """What counts in the period: of turns that have settled, or that are dead and have a record."""
        now, sums = self.clock.time() * 1000, NOTHING
        for turn in self.turns:
            if turn.settled or (turn.hold and turn.hold.entry.until <= now):
                sums = sums.plus(turn.counted(period))
        return sums

    def uncertain(self) -> Amount:
        """What turns may hold whose process died while they reserved."""
        now = self.clock.time() * 1000
        return total([turn.maybe[0] for turn in self.turns if turn.maybe and turn.maybe[1] > now])

    def room(self, period: int) -> Amount:
        return self.limit.minus(self.spent(period)).minus(self.reserved(period))

    def check(self, got: Hold | Shortage, more: Amount, before: dict[int, Amount], maybe: Amount) -> None:
        """`before`: the room of each period before the reserve was asked for."""
        if isinstance(got, Shortage):
            period = got.lanes[0].period
            assert not within(more, before[period].minus(maybe)), "refused although there is room"
        else:
            period = got.entry.period
            over = total([t.overrun for t in self.turns if t.hold and t.hold.entry.period == period])
            assert within(more, before[period].plus(over)), "admitted although there is no room"
            self.newest = max(self.newest, period)

    def rooms(self) -> dict[int, Amount]:
        today = period_start("day", self.clock.time())
        return {period: self.room(period) for period in {today, self.newest, *(today + n * DAY for n in (-1, 0, 1, 2))}}

    # What happens

    @precondition(lambda self: not hasattr(self, "budget"))
    @rule(lanes=st.sampled_from([1, 2, 3]))
    def begin(self, lanes: int) -> None:
        terms = NewBudget(period="day", usd=10, tokens=100)
        self.budget = Budget(
            self.tenant, "tenant", terms, Ledger(self.tenant, "one", lanes, "day"), START, NOTHING, NOTHING
        )
        self.good[1].create(self.budget, None, self.deadline())
        self.newest = period_start("day", START)

    def wish(self, turn_id: str, amount: Amount) -> Wish:
        return Wish(self.budget.ledger, turn_id, int(self.clock.time() * 1000) + LEASE * 1000, amount)

    @precondition(lambda self: hasattr(self, "budget"))
    @rule(amount=amounts, skew=skews)
    def reserve(self, amount: Amount, skew: int) -> None:
        self.clock.skew = skew
        before, maybe = self.rooms(), self.uncertain()
        got = self.good[0].take(self.wish(self.new_turn(), amount), self.deadline())
        self.check(got, amount, before, maybe)
        if isinstance(got, Hold):
            self.turns.append(Turn(got))

    def living(self) -> list[Turn]:
        return [turn for turn in self.turns if turn.hold and not turn.settled and turn.cost is None]

    @precondition(lambda self: self.living())
    @rule(data=st.data(), amount=amounts, skew=skews)
    def fall_back(self, data: Any, amount: Amount, skew: int) -> None:
        turn = data.draw(st.sampled_from(self.living()))
        self.clock.skew = skew
        own = turn.hold.entry
        alive = own.until > self.clock.time() * 1000
        before, maybe = self.rooms(), self.uncertain()
        try:
            got = self.good[0].take(self.wish(turn.hold.turn_id, amount), self.deadline(), turn.hold)
        except ReserveLapsed:
            assert not alive or turn.lapsed or skew < 7
            turn.lapsed = True
            return
        if alive:  # a reserve that has lapsed counts no more in the model, but its turn may still have it
            self.check(got, amount.minus(own.amount), before, maybe)
        if isinstance(got, Hold):
            turn.hold = got

    @precondition(lambda self: self.living())
    @rule(data=st.data(), cost=st.one_of(amounts.map(lambda amount: Cost(*amount)), st.just(NO_COST), st.just(Cost())))
    def end(self, data: Any, cost: Cost) -> None:
        """A turn's record is written and its reserve settled, once or twice."""
        turn = data.draw(st.sampled_from(self.living()))
        self.note_lapse(turn)
        self.records[turn.hold.turn_id] = turn.cost = cost
        for _ in range(data.draw(st.integers(1, 2))):
            self.good[0].settle(turn.hold, cost, self.deadline())
        turn.settled = True

    def note_lapse(self, turn: Turn) -> None:
        """Ask the table whether the turn's reserve was given back: then all of its cost is above its reserve."""
        lanes = self.good[0].in_one_period(self.budget.ledger, self.deadline())
        turn.lapsed = turn.lapsed or all(turn.hold.turn_id not in lane.reserves for lane in lanes)

    @precondition(lambda self: self.living())
    @rule(data=st.data(), recorded=st.booleans())
    def die(self, data: Any, recorded: bool) -> None:
        """A turn's process dies, before its record is written or after that. It is never settled by itself."""
        turn = data.draw(st.sampled_from(self.living()))
        self.note_lapse(turn)
        if recorded and not turn.lapsed:
            self.records[turn.hold.turn_id] = turn.cost = Cost(Decimal("0.5"), 3)

    @precondition(lambda self: self.living())
    @rule(data=st.data())
    def renew(self, data: Any) -> None:
        turn = data.draw(st.sampled_from(self.living()))
        try:
            turn.hold = self.good[0].renew(turn.hold, int(self.clock.time() * 1000) + LEASE * 1000)
        except ConditionFailed:
            turn.lapsed = True

    @precondition(lambda self: hasattr(self, "budget"))
    @rule(seconds=st.sampled_from([1, LEASE + 8, 6 * 3600, DAY]))
    def wait(self, seconds: int) -> None:
        self.clock.now_ += seconds

    @precondition(lambda self: hasattr(self, "budget"))
    @rule(usd=st.sampled_from([4.0, 10.0, 12.5]), tokens=st.sampled_from([40, 100, None]), more=st.booleans())
    def put_again(self, usd: float, tokens: int | None, more: bool) -> None:
        terms = NewBudget(period="day", usd=usd, tokens=tokens)
        budget = self.budget._replace(ledger=self.budget.ledger._replace(lanes=self.budget.ledger.lanes))
        self.budget = self.good[1].change(budget, terms, self.deadline())
        self.limit = Amount(Decimal(str(usd)), 10**9 if tokens is None else tokens)
        self.newest = max(self.newest, period_start("day", self.clock.time()))

    @precondition(lambda self: hasattr(self, "budget"))
    @rule(amount=amounts, at=st.integers(1, 4), moment=st.sampled_from(Moment), skew=skews)
    def crash_while_reserving(self, amount: Amount, at: int, moment: Moment, skew: int) -> None:
        self.clock.skew = skew
        client = connect(self.endpoint)
        Death(client, at, moment)
        wish = self.wish(self.new_turn(), amount)
        with contextlib.suppress(Died):
            self.stores(client)[0].take(wish, self.deadline())
        self.turns.append(Turn(None, (amount, wish.until)))
        self.newest = max(self.newest, period_start("day", self.clock.time()))

    @precondition(lambda self: self.living())
    @rule(data=st.data(), at=st.integers(1, 4), moment=st.sampled_from(Moment))
    def crash_while_settling(self, data: Any, at: int, moment: Moment) -> None:
        """After the record was written. Whoever settles it later, the cost counts once."""
        turn = data.draw(st.sampled_from(self.living()))
        self.note_lapse(turn)
        cost = Cost(Decimal("1.25"), 7)
        self.records[turn.hold.turn_id] = turn.cost = cost
        client = connect(self.endpoint)
        Death(client, at, moment)
        with contextlib.suppress(Died):
            self.stores(client)[0].settle(turn.hold, cost, self.deadline())
        if turn.lapsed:  # only the turn's own record tells of it, and the table's stream settles by that
            self.good[0].settle(turn.hold, cost, self.deadline())
            turn.settled = True

    @precondition(lambda self: hasattr(self, "budget"))
    @rule(at=st.integers(1, 6), moment=st.sampled_from(Moment))
    def crash_while_reclaiming(self, at: int, moment: Moment) -> None:
        client = connect(self.endpoint)
        Death(client, at, moment)
        with contextlib.suppress(Died):
            self.stores(client)[0].look(self.budget.ledger, self.deadline())

    @precondition(lambda self: hasattr(self, "budget"))
    @rule(
        trouble=st.sampled_from([lose_answer, conflict]),
        operation=st.sampled_from(["UpdateItem", "TransactWriteItems"]),
        amount=amounts,
    )
    def reserve_in_trouble(self, trouble: Any, operation: str, amount: Amount) -> None:
        """The table loses or refuses an answer, and the reserve is taken or refused as if it had not."""
        self.clock.skew = 0
        client = connect(self.endpoint)
        trouble(client, operation)
        before, maybe = self.rooms(), self.uncertain()
        got = self.stores(client)[0].take(self.wish(self.new_turn(), amount), self.deadline())
        self.check(got, amount, before, maybe)
        if isinstance(got, Hold):
            self.turns.append(Turn(got))

    # What holds at all times

    @invariant()
    def adds_up(self) -> None:
        """Room is never made or lost, and what is spent is what the turns of the period have cost."""
        if not hasattr(self, "budget"):
            return
        self.clock.skew = 0
        lanes = self.good[0].look(self.budget.ledger, self.deadline())
        self.newest = max(self.newest, lanes[0].period)
        room, spent, held = (total([getattr(lane, name) for lane in lanes]) for name in ("room", "spent", "held"))
        assert held == total([entry.amount for lane in lanes for entry in lane.reserves.values()])
        assert total([lane.share for lane in lanes]).minus(spent).minus(held) == room
        self.learn({turn_id for lane in lanes for turn_id in lane.reserves})
        assert spent == total([turn.counted(lanes[0].period) for turn in self.turns if turn.settled])

    def learn(self, out: set[str]) -> None:
        """Which reserves are out no more: of turns with a record they are settled, and others have lapsed, though only
        by the clock of some environment."""
        for turn in self.turns:
            if turn.hold and not turn.settled and turn.hold.turn_id not in out:
                turn.settled = turn.cost is not None
                turn.lapsed = turn.cost is None
                assert turn.settled or turn.hold.entry.until <= self.clock.latest * 1000


def total(amounts: list[Amount]) -> Amount:
    return Amount(sum((one.usd for one in amounts), Decimal()), sum(one.tokens for one in amounts))


def within(more: Amount, room: Amount) -> bool:
    return all(one <= 0 or one <= other for one, other in zip(more.both, room.both, strict=True))


@pytest.mark.hypothesis
def test_a_budget_keeps_its_promises(
    client: Any, dynamodb_endpoint: str, table_name: str, request: pytest.FixtureRequest
) -> None:
    number = EXAMPLES[request.node.callspec.params["dynamodb_endpoint"]]
    run_state_machine_as_test(
        lambda: Machine(client, dynamodb_endpoint, table_name),
        settings=settings(examples(number), stateful_step_count=25, phases=(Phase.generate,)),
    )

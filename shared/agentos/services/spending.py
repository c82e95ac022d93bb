"""Holds turns to their budgets: reserves before each call what it may cost, and settles when the turn has ended.

A turn is held to the budget of its tenant, that of its key, and `config.budgetUsd` of its session. A session answers
one turn at a time and knows what it has cost, so that nothing is reserved for it.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from agentos.domain import AgentConfig, Attempt, Prompt, SessionUsage, Skipped, Target
from agentos.domain.budgets import NO_COST, NOTHING, Amount, BudgetState, Cost, cost_of
from agentos.domain.measures import measure
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import ApiError, Unavailable, Unpriced
from agentos.kernel.heartbeat import Heartbeat
from agentos.kernel.logs import logger
from agentos.routing.admission import ADMIT_ALL, Admission
from agentos.services.budget_states import exceeded, passed_warning, session_state, state_of
from agentos.services.call_costs import bounded, fits_session, most_of, over_budget, unpriced
from agentos.services.known_budgets import KnownBudgets
from agentos.services.usage_recorder import TurnUsage
from agentos.settings.schema import Limits
from agentos.store.budgets import Budget
from agentos.store.faults import ConditionFailed
from agentos.store.lane_items import Lane
from agentos.store.lane_taking import Hold, LedgerGone, ReserveLapsed, Wish
from agentos.store.lanes import LaneStore

RENEW_AFTER = 2 / 3
"""The part of a reserve's time after which it is renewed, as of a lease."""

TAKE_SECONDS = 5.0
"""How long a reserve is tried while the table is busy."""

SETTLE_SECONDS = 1.0
"""The same for settling. What is not settled is settled once somebody needs the room."""


class Spending:
    """Holds turns to their budgets."""

    def __init__(
        self,
        known: KnownBudgets,
        lanes: LaneStore,
        catch_up: Callable[[Budget, Deadline], None],
        limits: Limits,
        clock: Clock,
    ) -> None:
        """`catch_up` counts what turns without a reserve have cost (`services/earlier_spending.py`)."""
        self._known = known
        self._lanes = lanes
        self._catch_up = catch_up
        self._limits = limits
        self._clock = clock

    @contextmanager
    def turn(
        self, usage: TurnUsage, config: AgentConfig, spent: SessionUsage, deadline: Deadline
    ) -> Iterator[Admission]:
        """What admits the calls of the turn in this block. `spent`: what its session has cost before.

        Raises Throttled, Unavailable.
        """
        budgets = self._known.of(usage.caller)
        if not budgets and config.budget_usd is None:
            yield ADMIT_ALL
            return
        session = None if config.budget_usd is None else session_state(usage.session_id, config.budget_usd, spent)
        turn = BudgetedTurn(self._known, self._lanes, self._limits, self._clock, usage, budgets, session, deadline)
        try:
            yield turn
        finally:
            turn.end()
            for budget in budgets:
                self._count_others(budget, deadline)

    def _count_others(self, budget: Budget, deadline: Deadline) -> None:
        """After a budget was put, once a minute. Raises nothing."""
        if not self._known.is_behind(budget):
            return
        try:
            self._catch_up(budget, deadline.ignoring_client().at_most(TAKE_SECONDS))
        except (LedgerGone, ApiError) as error:
            logger.warning("earlier turns could not be counted", extra={"reason": type(error).__name__})


class BudgetedTurn:
    """The admission of one turn, and its reserves by the budgets' scopes."""

    def __init__(
        self,
        known: KnownBudgets,
        lanes: LaneStore,
        limits: Limits,
        clock: Clock,
        usage: TurnUsage,
        budgets: list[Budget],
        session: BudgetState | None,
        deadline: Deadline,
    ) -> None:
        self.notes: tuple[str, ...] = ()
        self._session = session
        self._known = known
        self._lanes = lanes
        self._limits = limits
        self._clock = clock
        self._usage = usage
        self._budgets = {budget.scope: budget for budget in budgets}
        self._deadline = deadline
        self._holds: dict[str, Hold] = {}
        self._refused: dict[str, BudgetState] = {}
        self._unpriced = False
        self._lock = threading.Lock()
        self._heartbeat: Heartbeat | None = None

    def bounded(self, prompt: Prompt) -> Prompt:
        """The prompt with `maxTokens`, without which nobody knows what a call may cost."""
        sent = bounded(prompt, self._limits)
        if sent is not prompt:
            most = sent.parameters.max_tokens
            self.notes = (f"maxTokens: {most} was sent, because a budget applies and none was set",)
        return sent

    def admit(self, target: Target, prompt: Prompt, attempts: Sequence[Attempt]) -> Skipped | None:
        """Reserve what the call may cost in every budget. Raises Throttled, Unavailable."""
        most, price_known = most_of(target, prompt, self._limits, self._clock.time())
        so_far = cost_of(attempt.usage for attempt in attempts)
        if skipped := unpriced(target, self._budgets.values(), self._session, price_known=price_known):
            self._unpriced = True
            return skipped
        if self._session and not fits_session(self._session, so_far.known(most), most):
            return self._over(target, self._session)
        fresh = [scope for scope in self._budgets if scope not in self._holds]
        with self._lock:
            for scope in list(self._budgets):
                refused = self._reserve(scope, so_far, most)
                if refused:
                    self._give_back(fresh)
                    return self._over(target, refused)
            self._usage.reserves = tuple(hold.text for hold in self._holds.values())
        if self._holds and not self._heartbeat:
            self._heartbeat = Heartbeat(self._renew, self._limits.lease_seconds * RENEW_AFTER, self._clock)
        return None

    def refusal(self) -> ApiError | None:
        if self._refused:
            return exceeded(list(self._refused.values()), self._clock.time())
        if self._unpriced:
            message = "A budget in USD applies, and the price of no model that is left is known; see details.skipped."
            return Unpriced(message)
        return None

    def end(self) -> None:
        """The reserves give way to what the turn has cost. Raises nothing: its answer does not depend on it."""
        if self._heartbeat:
            self._heartbeat.stop()
        spent = cost_of(attempt.usage for attempt in self._usage.attempts)
        with self._lock:
            for scope, hold in self._holds.items():
                try:
                    self._settle(self._budgets.get(scope), hold, spent)
                except Exception as error:
                    logger.warning("a reserve could not be settled", extra={"reason": type(error).__name__})

    def _over(self, target: Target, state: BudgetState) -> Skipped:
        self._refused[state.scope] = state
        return over_budget(target, state.scope)

    def _reserve(self, scope: str, so_far: Cost, most: Amount) -> BudgetState | None:
        """The budget as it is where it has no room; None where the reserve was taken, or the budget is no more."""
        again = True
        while budget := self._budgets.get(scope):
            held = self._holds.get(scope)
            amount = so_far.known(held.entry.amount if held else NOTHING).plus(most)
            wish = Wish(budget.ledger, self._usage.turn_id, self._until(), amount)
            try:
                got = self._lanes.take(wish, self._deadline.at_most(TAKE_SECONDS), held)
            except LedgerGone:
                self._replace(scope)
                continue
            except ReserveLapsed:
                message = "The turn's reserve of its budget has lapsed; try again."
                raise Unavailable(message, headers={"retry-after": "1"}) from None
            if isinstance(got, Hold):
                self._holds[scope] = got
                return None
            if again and (now := self._known.read(budget.tenant, scope)) and now.version != budget.version:
                self._budgets[scope], again = now, False  # it was put again, and may have more lanes
                continue
            return state_of(budget, got.lanes)
        return None

    def _replace(self, scope: str) -> None:
        """The budget was deleted or replaced. A reserve in its lanes binds nobody any more."""
        old = self._budgets.pop(scope)
        self._holds.pop(scope, None)
        now = self._known.read(old.tenant, scope)
        if now and now.ledger.ledger_id != old.ledger.ledger_id:
            self._budgets[scope] = now

    def _give_back(self, scopes: list[str]) -> None:
        """The call is not made, so that others may have what was reserved for it."""
        for scope in scopes:
            if hold := self._holds.pop(scope, None):
                self._lanes.settle(hold, NO_COST, self._deadline.at_most(TAKE_SECONDS))

    def _until(self) -> int:
        return int((self._clock.time() + self._limits.lease_seconds) * 1000)

    def _renew(self) -> float | None:
        """Keep the reserves while the turn lives."""
        with self._lock:
            for scope, hold in list(self._holds.items()):
                try:
                    self._holds[scope] = self._lanes.renew(hold, self._until())
                except ConditionFailed:  # it has lapsed; its cost counts all the same
                    continue
                except Exception as error:
                    logger.warning("a reserve could not be renewed", extra={"reason": type(error).__name__})
                    return 1.0
        return self._limits.lease_seconds * RENEW_AFTER

    def _settle(self, budget: Budget | None, hold: Hold, spent: Cost) -> None:
        deadline = self._deadline.ignoring_client().at_most(SETTLE_SECONDS)
        lane = self._lanes.settle(hold, spent, deadline)
        if lane is None or budget is None:
            return
        self._lanes.reclaim(hold.ledger, lane, most=1)
        self._warn(budget, lane, deadline)

    def _warn(self, budget: Budget, lane: Lane, deadline: Deadline) -> None:
        """Log once a period that the share `warnAt` was spent. Where it was, some lane has spent that of its own."""
        if not passed_warning(budget, [lane]) or self._known.was_warned(budget, lane.period):
            return
        lanes = self._lanes.in_one_period(budget.ledger, deadline)
        if passed_warning(budget, lanes) and lanes[0].period == lane.period:
            if lanes[0].warned != lane.period and self._lanes.warn_once(
                budget.ledger, lane.period, self._usage.turn_id
            ):
                logger.warning("a budget's warnAt was passed", extra={"budget": state_of(budget, lanes).to_json()})
                measure({"BudgetWarnings": 1}, {})
            self._known.warned(budget, lane.period)

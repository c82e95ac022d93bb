"""Which targets of a plan the budgets would refuse now. Nothing is reserved and nothing is written."""

from agentos.domain import Plan, Prompt, Session, SessionUsage, Skipped, Target
from agentos.domain.agents import AgentConfig
from agentos.domain.budgets import NOTHING, BudgetState
from agentos.domain.callers import Caller
from agentos.kernel.clock import Clock, Deadline
from agentos.services.budget_states import session_state
from agentos.services.call_costs import bounded, fits_session, most_of, over_budget, unpriced
from agentos.services.known_budgets import KnownBudgets
from agentos.settings.schema import Limits
from agentos.store.budgets import Budget
from agentos.store.lane_items import Room
from agentos.store.lane_taking import LedgerGone
from agentos.store.lanes import LaneStore


class BudgetPreview:
    """Applies budgets to plans as a turn would, without calls."""

    def __init__(self, known: KnownBudgets, lanes: LaneStore, limits: Limits, clock: Clock) -> None:
        self._known = known
        self._lanes = lanes
        self._limits = limits
        self._clock = clock

    def applied(
        self,
        plan: Plan,
        prompt: Prompt,
        config: AgentConfig,
        caller: Caller,
        session: Session | None,
        deadline: Deadline,
    ) -> Plan:
        """The plan without the targets that would be refused, which are in `skipped`. Raises Throttled, Unavailable."""
        budgets = self._known.now(caller)
        own = _own_budget(config, session)
        if not budgets and own is None:
            return plan
        rooms = {budget.scope: room for budget in budgets if (room := self._room(budget, deadline))}
        sent = bounded(prompt, self._limits)
        fates = [(target, self._refused(target, sent, budgets, rooms, own)) for target in plan.targets]
        return plan.model_copy(
            update={
                "targets": tuple(target for target, refused in fates if refused is None),
                "skipped": (*plan.skipped, *(refused for _, refused in fates if refused)),
            }
        )

    def _room(self, budget: Budget, deadline: Deadline) -> Room | None:
        """None where the budget was deleted meanwhile."""
        try:
            return self._lanes.room(budget.ledger, deadline)
        except LedgerGone:
            return None

    def _refused(
        self, target: Target, prompt: Prompt, budgets: list[Budget], rooms: dict[str, Room], own: BudgetState | None
    ) -> Skipped | None:
        most, price_known = most_of(target, prompt, self._limits, self._clock.time())
        if skipped := unpriced(target, budgets, own, price_known=price_known):
            return skipped
        if own and not fits_session(own, NOTHING, most):
            return over_budget(target, own.scope)
        full = next((scope for scope, room in rooms.items() if not room.fits(most)), None)
        return over_budget(target, full) if full else None


def _own_budget(config: AgentConfig, session: Session | None) -> BudgetState | None:
    if config.budget_usd is None:
        return None
    spent = session.usage if session else SessionUsage()
    return session_state(session.session_id if session else None, config.budget_usd, spent)

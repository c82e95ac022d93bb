"""Budgets of tenants and keys: put, read, delete."""

from typing import NamedTuple

from agentos.domain.api_keys import is_key_id
from agentos.domain.budgets import BudgetState, NewBudget, lanes_for
from agentos.domain.callers import Caller, tenant_name
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import InvalidRequest, NotFound
from agentos.kernel.ids import new_id
from agentos.services.budget_states import state_of
from agentos.services.earlier_spending import EarlierSpending
from agentos.services.known_budgets import key_scope, tenant_scope
from agentos.store.api_keys import ApiKeyStore
from agentos.store.budgets import Budget, BudgetStore
from agentos.store.faults import ConditionFailed, throttled
from agentos.store.lane_items import Ledger
from agentos.store.lane_taking import LedgerGone
from agentos.store.lanes import LaneStore


class Scope(NamedTuple):
    """What a budget is of: a tenant, or one of its keys. `name`: as clients write it."""

    tenant: str
    name: str


class Budgets:
    """What `/budgets/…` does."""

    def __init__(
        self, store: BudgetStore, lanes: LaneStore, keys: ApiKeyStore, earlier: EarlierSpending, clock: Clock
    ) -> None:
        self._store = store
        self._lanes = lanes
        self._keys = keys
        self._earlier = earlier
        self._clock = clock

    def of_tenant(self, name: str) -> Scope:
        """Raises InvalidRequest where no tenant can have that name."""
        try:
            return Scope(tenant_name(name), tenant_scope(name))
        except ValueError as error:
            raise InvalidRequest.of("tenant", str(error)) from error

    def of_key(self, key_id: str) -> Scope:
        """Raises NotFound where there is no such key."""
        stored = self._keys.find(key_id) if is_key_id(key_id) else None
        if stored is None:
            raise _no_key(key_id)
        return Scope(stored.api_key.tenant, key_scope(key_id))

    def put(self, scope: Scope, terms: NewBudget, deadline: Deadline) -> BudgetState:
        """The budget, new or with other limits. Raises Throttled, Unavailable."""
        while True:
            there = self._store.find(scope.tenant, scope.name)
            try:
                if there and there.terms.period == terms.period:
                    budget = self._store.change(there, terms, deadline)
                else:
                    budget = self._create(scope, terms, there, deadline)
                return state_of(budget, self._lanes.look(budget.ledger, deadline))
            except (ConditionFailed, LedgerGone):  # another request has put or deleted it meanwhile
                if not deadline.remaining():
                    raise throttled() from None

    def _create(self, scope: Scope, terms: NewBudget, replaced: Budget | None, deadline: Deadline) -> Budget:
        now = self._clock.time()
        ledger = Ledger(scope.tenant, new_id("ledger"), lanes_for(terms.limit), terms.period)
        before, counted = self._earlier.until(scope.tenant, scope.name, ledger.start(now), now)
        budget = Budget(scope.tenant, scope.name, terms, ledger, now, before, counted)
        self._store.create(budget, replaced, deadline)
        return budget

    def get(self, scope: Scope, caller: Caller, deadline: Deadline) -> BudgetState:
        """The budget as it stands. Callers see those of their tenant, and admins all.

        Raises NotFound, Throttled, Unavailable.
        """
        if scope.tenant != caller.tenant and not caller.may("admin"):
            raise _no_budget(scope)
        while budget := self._store.find(scope.tenant, scope.name):
            try:
                if not budget.settled:
                    self._earlier.catch_up(budget, deadline)
                return state_of(budget, self._lanes.look(budget.ledger, deadline))
            except LedgerGone:
                if not deadline.remaining():
                    raise throttled() from None
        raise _no_budget(scope)

    def delete(self, scope: Scope, deadline: Deadline) -> None:
        """No budget any more, within a minute everywhere. Raises NotFound, Throttled, Unavailable."""
        while budget := self._store.find(scope.tenant, scope.name):
            try:
                return self._store.remove(budget, deadline)
            except ConditionFailed:
                if not deadline.remaining():
                    raise throttled() from None
        raise _no_budget(scope)


def _no_budget(scope: Scope) -> NotFound:
    return NotFound("There is no such budget.", {"scope": scope.name})


def _no_key(key_id: str) -> NotFound:
    return NotFound("There is no such key.", {"keyId": key_id[:80]})

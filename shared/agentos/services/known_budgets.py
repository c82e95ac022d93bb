"""The budgets of callers as this process knows them: read at most once a minute for each tenant and key."""

from agentos.domain.api_keys import is_key_id
from agentos.domain.callers import Caller
from agentos.kernel.clock import Clock
from agentos.kernel.recent import Recent
from agentos.store.budgets import Budget, BudgetStore

KNOWN_SECONDS = 60.0
"""For how long holds what was read, also that there is no budget: so long may a new one go without notice."""

MAX_KNOWN = 1000
"""How many scopes a process remembers."""


class KnownBudgets:
    """Finds the budgets that apply to a caller."""

    def __init__(self, store: BudgetStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: Recent[tuple[str, str], tuple[Budget | None, float]] = Recent(MAX_KNOWN)
        self._warned: Recent[str, int] = Recent(MAX_KNOWN)
        self._behind: set[str] = set()

    def of(self, caller: Caller) -> list[Budget]:
        """The tenant's budget and the key's, as far as there are any. Raises Throttled, Unavailable."""
        return [budget for scope in _scopes(caller) if (budget := self._find(caller.tenant, scope))]

    def now(self, caller: Caller) -> list[Budget]:
        """The same, as the table has them now. Raises Throttled, Unavailable."""
        return [budget for scope in _scopes(caller) if (budget := self.read(caller.tenant, scope))]

    def _find(self, tenant: str, scope: str) -> Budget | None:
        known = self._known.get((tenant, scope))
        if known and self._clock.monotonic() < known[1]:
            return known[0]
        return self.read(tenant, scope)

    def read(self, tenant: str, scope: str) -> Budget | None:
        """The scope's budget as the table has it now. Raises Throttled, Unavailable."""
        until = self._clock.monotonic() + KNOWN_SECONDS
        budget = self._store.find(tenant, scope)
        if budget and not budget.settled:
            self._behind.add(budget.ledger.ledger_id)
        self._known.put((tenant, scope), (budget, until))
        return budget

    def is_behind(self, budget: Budget) -> bool:
        """Whether turns without a reserve are still to be counted. True once for each time that it was read so."""
        try:
            self._behind.remove(budget.ledger.ledger_id)
        except KeyError:
            return False
        return True

    def warned(self, budget: Budget, period: int) -> None:
        """Remember that `warnAt` was logged in that period."""
        self._warned.put(budget.ledger.ledger_id, period)

    def was_warned(self, budget: Budget, period: int) -> bool:
        """Whether it is known that `warnAt` was logged in that period."""
        return self._warned.get(budget.ledger.ledger_id) == period


def _scopes(caller: Caller) -> list[str]:
    keys = [key_scope(caller.key_id)] if caller.key_id is not None and is_key_id(caller.key_id) else []
    return [tenant_scope(caller.tenant), *keys]


def tenant_scope(tenant: str) -> str:
    """How a tenant's budget is named."""
    return f"tenant/{tenant}"


def key_scope(key_id: str) -> str:
    """How a key's budget is named."""
    return f"key/{key_id}"

"""Budgets as they stand: what clients are shown of them, and the error where one has no room."""

import math
from collections.abc import Sequence
from decimal import Decimal

from agentos.domain import SessionUsage
from agentos.domain.budgets import Amount, BudgetState, period_end
from agentos.kernel.clock import epoch, timestamp
from agentos.kernel.errors import BudgetExceeded
from agentos.store.budgets import Budget
from agentos.store.lane_items import Lane, total


def state_of(budget: Budget, lanes: Sequence[Lane]) -> BudgetState:
    """The budget with what is spent and reserved in all its lanes."""
    terms, period = budget.terms, lanes[0].period
    spent, held = total([lane.spent for lane in lanes]), total([lane.held for lane in lanes])
    ends = period_end(terms.period, period)
    return BudgetState(
        scope=budget.scope,
        period=terms.period,
        limit_usd=terms.usd,
        limit_tokens=terms.tokens,
        spent_usd=float(spent.usd),
        spent_tokens=spent.tokens,
        reserved_usd=float(held.usd),
        reserved_tokens=held.tokens,
        warn_at=terms.warn_at,
        allow_unpriced=terms.allow_unpriced,
        resets_at=None if ends is None else timestamp(ends),
    )


def session_state(session_id: str | None, limit: float, spent: SessionUsage) -> BudgetState:
    """`config.budgetUsd` of a session. At a door each request is a session of its own."""
    return BudgetState(
        scope=f"session/{session_id}" if session_id else "request",
        period="total",
        limit_usd=limit,
        limit_tokens=None,
        spent_usd=spent.cost_usd,
        spent_tokens=spent.total_tokens,
        reserved_usd=0.0,
        reserved_tokens=0,
        warn_at=None,
        allow_unpriced=False,
        resets_at=None,
    )


def exceeded(states: Sequence[BudgetState], now: float) -> BudgetExceeded:
    """The error about the budget that resets last. Without `Retry-After` where it never does."""
    last = max(states, key=lambda state: math.inf if state.resets_at is None else epoch(state.resets_at))
    headers = {}
    if last.resets_at is not None:
        headers["retry-after"] = str(max(1, math.ceil(epoch(last.resets_at) - now)))
    return BudgetExceeded(f"The budget {last.scope} has no room for this call.", last.to_json(), headers)


def passed_warning(budget: Budget, lanes: Sequence[Lane]) -> bool:
    """Whether so much of these lanes' shares is spent as `warnAt` says."""
    if budget.terms.warn_at is None:
        return False
    at, shares, spent = Decimal(str(budget.terms.warn_at)), *_sums(lanes)
    return (budget.limited[0] and spent.usd >= shares.usd * at) or (
        budget.limited[1] and spent.tokens >= shares.tokens * at
    )


def _sums(lanes: Sequence[Lane]) -> tuple[Amount, Amount]:
    return total([lane.share for lane in lanes]), total([lane.spent for lane in lanes])

"""What a call may cost at most, and what must be known of it so that budgets can be held to it."""

from collections.abc import Iterable
from decimal import Decimal

from agentos.domain import Prompt, SkipCode, Skipped, Target, TokenCount
from agentos.domain.budgets import Amount, BudgetState, rounded
from agentos.domain.prices import cost, moment
from agentos.domain.token_estimates import estimate_prompt
from agentos.settings.schema import Limits
from agentos.store.budgets import Budget


def bounded(prompt: Prompt, limits: Limits) -> Prompt:
    """The prompt with `maxTokens`, without which nobody knows what a call may cost."""
    if prompt.parameters.max_tokens is not None:
        return prompt
    parameters = prompt.parameters.model_copy(update={"max_tokens": limits.budgeted_max_tokens})
    return prompt.model_copy(update={"parameters": parameters})


def most_of(target: Target, prompt: Prompt, limits: Limits, now: float) -> tuple[Amount, bool]:
    """What the call may cost at most, and whether its price is known. `now`: seconds since the epoch."""
    asked = estimate_prompt(prompt)
    answered = prompt.parameters.max_tokens or limits.budgeted_max_tokens
    if target.facts.max_output_tokens is not None:
        answered = min(answered, target.facts.max_output_tokens)
    counts = TokenCount(prompt=asked, completion=answered)
    # Tokens that are written to a cache cost more than others; without a rate for them nothing is written.
    written = counts.model_copy(update={"cache_write": asked, "cache_write_1h": asked if _hourly(prompt) else 0})
    costs = [cost(target.facts.price, one, moment(now)) for one in (counts, written)]
    most = max((usd for usd in costs if usd is not None), default=Decimal())
    return Amount(rounded(most), asked + answered), costs[0] is not None


def _hourly(prompt: Prompt) -> bool:
    """Whether a client asks for a cache entry that lasts an hour, which costs most."""
    marks = (prompt.tools_cache, prompt.instructions_cache, *(message.cache for message in prompt.messages))
    return "1h" in marks


def unpriced(
    target: Target, budgets: Iterable[Budget], session: BudgetState | None, *, price_known: bool
) -> Skipped | None:
    """The target as skipped where something is not known that a budget in USD needs."""
    if session and session.spent_usd is None:
        why = "it is not known what the session has cost, so config.budgetUsd cannot be held"
        return Skipped.because(target.model, SkipCode.UNPRICED, why)
    strict = (one.scope for one in budgets if one.terms.usd is not None and not one.terms.allow_unpriced)
    scope = session.scope if session else next(strict, None)
    if price_known or scope is None:
        return None
    return Skipped.because(target.model, SkipCode.UNPRICED, f"no price is known to hold it to the budget {scope}")


def over_budget(target: Target, scope: str) -> Skipped:
    """The target as skipped for want of room."""
    return Skipped.because(target.model, SkipCode.OVER_BUDGET, f"the budget {scope} has no room for its call")


def fits_session(session: BudgetState, spent: Amount, most: Amount) -> bool:
    """Whether the session's own budget has room, after the turn's earlier calls have `spent` so much."""
    return Decimal(str(session.spent_usd)) + spent.usd + most.usd <= Decimal(str(session.limit_usd))

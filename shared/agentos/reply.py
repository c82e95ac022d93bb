"""The reply that a client gets, out of a plan and what became of it."""

from agentos.domain import Completion, Plan, Price, Reply, Route, Usage
from agentos.ids import new_id
from agentos.routing.execute import Outcome
from agentos.routing.plan import FALLBACKS


def make_reply(plan: Plan, outcome: Outcome, latency_ms: int, created_at: str) -> Reply:
    target, completion = outcome.target, outcome.completion
    return Reply(
        message_id=new_id("msg"),
        content=completion.text,
        finish_reason=completion.finish_reason,
        model=target.model,
        provider=target.provider,
        usage=Usage(
            prompt_tokens=completion.tokens.prompt,
            completion_tokens=completion.tokens.completion,
            total_tokens=completion.tokens.prompt + completion.tokens.completion,
            cached_tokens=completion.tokens.cached,
            cost_usd=cost(completion, target.facts.price),
            latency_ms=latency_ms,
        ),
        route=Route(
            requested=plan.requested,
            served=target.model,
            rule=plan.rule,
            experiment=plan.experiment,
            fallback_used=target.model != plan.preferred or target.reason in FALLBACKS,
            attempts=outcome.attempts,
            skipped=outcome.skipped,
        ),
        created_at=created_at,
    )


def cost(completion: Completion, price: Price | None) -> float | None:
    """USD, cached prompt tokens at their own price; None where the price is not known."""
    if price is None:
        return None
    tokens = completion.tokens
    cached_price = price.input if price.cached_input is None else price.cached_input
    cached = min(tokens.cached, tokens.prompt)
    millionths = (tokens.prompt - cached) * price.input + cached * cached_price + tokens.completion * price.output
    return round(millionths / 1_000_000, 10)

"""The reply that a client gets, out of a plan and what became of it."""

from collections.abc import Collection
from typing import Literal

from agentos.domain import Completion, Plan, Price, Reply, Route, Usage
from agentos.routing.execute import Outcome, broken_off_error
from agentos.routing.plan import FALLBACKS


def make_reply(plan: Plan, outcome: Outcome, message_id: str, latency_ms: int, created_at: str) -> Reply:
    target, completion = outcome.target, outcome.completion
    return Reply(
        message_id=message_id,
        content=completion.text,
        tool_calls=completion.tool_calls,
        finish_reason=completion.finish_reason,
        state=_state(outcome),
        model=target.model,
        provider=target.provider,
        usage=Usage(
            prompt_tokens=completion.tokens.prompt,
            completion_tokens=completion.tokens.completion,
            total_tokens=completion.tokens.prompt + completion.tokens.completion,
            cached_tokens=completion.tokens.cached,
            cost_usd=None if outcome.broken else cost(completion, target.facts.price),
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


def _state(outcome: Outcome) -> Literal["completed", "requires_action", "incomplete"]:
    if outcome.broken:
        return "incomplete"
    return "requires_action" if outcome.completion.tool_calls else "completed"


def require_complete(reply: Reply) -> Reply:
    """The reply, if it is. Raises what broke it off."""
    if reply.state == "incomplete":
        raise broken_off_error(reply.route.attempts, reply.route.skipped)
    return reply


def awaiting_results(asking: Reply, open_calls: Collection[str], latency_ms: int) -> Reply:
    """The answer to some of the results that `asking` waits for: the same message with the calls that are left.

    No provider was asked, so it used nothing.
    """
    return asking.model_copy(
        update={
            "tool_calls": tuple(call for call in asking.tool_calls if call.id in open_calls),
            "usage": Usage(
                prompt_tokens=0,
                completion_tokens=0,
                total_tokens=0,
                cached_tokens=0,
                cost_usd=0.0,
                latency_ms=latency_ms,
            ),
            "route": asking.route.model_copy(update={"attempts": (), "skipped": ()}),
        }
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

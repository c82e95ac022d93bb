"""The reply that a client gets, made from a plan and its outcome."""

from collections.abc import Collection
from typing import Literal

from agentos.domain import Plan, Reply, Route, TokenCount, Usage
from agentos.domain.prices import moment
from agentos.domain.usage import attempt_usage, total_cost
from agentos.kernel.clock import Clock
from agentos.routing.execute import Outcome
from agentos.routing.run_errors import broken_off_error


def make_reply(
    plan: Plan, outcome: Outcome, message_id: str, began: float, clock: Clock, *, reasoning: bool = False
) -> Reply:
    """The reply to a turn that began at `began` (monotonic). `reasoning`: the client sees the model's thoughts."""
    target, completion = outcome.target, outcome.completion
    return Reply(
        message_id=message_id,
        content=completion.text + completion.refusal,
        tool_calls=completion.tool_calls,
        finish_reason=completion.finish_reason,
        state=_state(outcome),
        model=target.model,
        provider=target.provider,
        usage=_usage(outcome, began, clock),
        route=Route(
            requested=plan.requested,
            served=target.model,
            rule=plan.rule,
            experiment=plan.experiment,
            fallback_used=target.model != plan.preferred or target.fallback,
            attempts=outcome.attempts,
            skipped=outcome.skipped,
            cache=plan.cache if plan.cache and plan.cache.model == target.model else None,
        ),
        created_at=clock.now(),
        stop_sequence=completion.stop_sequence,
        reasoning=completion.reasoning if reasoning else "",
    )


def _usage(outcome: Outcome, began: float, clock: Clock) -> Usage:
    """The tokens of the call that answered, and the cost of all calls."""
    served = outcome.attempts[-1].usage or attempt_usage(TokenCount(), (), moment(clock.time()))
    counted = [attempt.usage for attempt in outcome.attempts[:-1] if attempt.usage]
    first = outcome.first_text_at
    return Usage(
        **{
            **served.model_dump(),
            "cost_usd": total_cost((*counted, served)),
            "latency_ms": _milliseconds(began, clock.monotonic()),
            "first_token_ms": None if first is None else _milliseconds(began, first),
        }
    )


def _milliseconds(began: float, ended: float) -> int:
    return round((ended - began) * 1000)


def _state(outcome: Outcome) -> Literal["completed", "requires_action", "incomplete"]:
    if outcome.broken:
        return "incomplete"
    return "requires_action" if outcome.completion.tool_calls else "completed"


def require_complete(reply: Reply) -> Reply:
    """The reply, if it is complete. Raises the error that broke it off."""
    if reply.state == "incomplete":
        raise broken_off_error(reply.route.attempts, reply.route.skipped)
    return reply


def awaiting_results(asking: Reply, open_calls: Collection[str], latency_ms: int) -> Reply:
    """The answer to some of the results that `asking` waits for: the same message with the calls that are left.

    No provider was asked, so nothing was used.
    """
    return asking.model_copy(
        update={
            "tool_calls": tuple(call for call in asking.tool_calls if call.id in open_calls),
            "usage": Usage(
                prompt_tokens=0,
                completion_tokens=0,
                total_tokens=0,
                cached_tokens=0,
                cache_write_tokens=0,
                reasoning_tokens=0,
                cost_usd=0.0,
                latency_ms=latency_ms,
            ),
            "route": asking.route.model_copy(update={"attempts": (), "skipped": ()}),
        }
    )

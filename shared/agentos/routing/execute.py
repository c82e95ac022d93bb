"""Asking the targets of a plan in turn, until one answers: the only loop that retries or falls back.

One deadline bounds everything. What follows from a failure stands in `policy.py`; nothing here looks at
statuses or texts.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from agentos.clock import Clock, Deadline
from agentos.config import Limits
from agentos.domain import Attempt, Completion, Plan, Prompt, Skipped, Target
from agentos.errors import (
    ApiError,
    ContentFiltered,
    ContextLengthExceeded,
    DeadlineExceeded,
    ErrorClass,
    NoProviderAvailable,
    ProviderRejected,
    UpstreamError,
    UpstreamFailed,
)
from agentos.routing.policy import BACKOFF_SECONDS, POLICIES, Retry
from agentos.routing.retry_after import wait_seconds

MIN_ATTEMPT_SECONDS = 0.5
"""With less time than this hardly a provider answers, so no call is begun."""

Ask = Callable[[Target, Prompt, float], Completion]
"""One upstream call, to end within so many seconds. Raises UpstreamError."""


@dataclass(frozen=True)
class Outcome:
    """The answer, who gave it, and what went before."""

    completion: Completion
    target: Target
    attempts: tuple[Attempt, ...]
    skipped: tuple[Skipped, ...]


class Executor:
    """Runs plans. `longest` tells the seconds after which a target has had its chance."""

    def __init__(self, ask: Ask, longest: Callable[[Target], float], limits: Limits, clock: Clock) -> None:
        self._ask = ask
        self._longest = longest
        self._limits = limits
        self._clock = clock

    def run(self, plan: Plan, prompt: Prompt, deadline: Deadline, also_on: Collection[str] = ()) -> Outcome:
        """The first answer; `also_on` names further error classes that fall back.

        Raises NoProviderAvailable, UpstreamFailed, DeadlineExceeded, ContentFiltered, ProviderRejected and
        ContextLengthExceeded, all with `details.attempts` and `details.skipped`.
        """
        left = list(plan.targets)
        skipped = list(plan.skipped)
        attempts: list[Attempt] = []
        failure: UpstreamError | None = None
        while left and len(attempts) < self._limits.attempts:
            if deadline.remaining() < MIN_ATTEMPT_SECONDS:
                raise _failed(DeadlineExceeded, attempts, skipped)
            target = left.pop(0)
            try:
                completion = self._try(target, prompt, deadline, bool(left), attempts)
                return Outcome(completion, target, tuple(attempts), tuple(skipped))
            except UpstreamError as error:
                failure = error
            if not POLICIES[failure.error_class].falls_back and failure.error_class not in also_on:
                break
            if failure.error_class is ErrorClass.CONTEXT_LENGTH:
                left = _with_larger_windows(target, left, skipped)
        raise _failed(_told(failure), attempts, skipped) from failure

    def _try(
        self, target: Target, prompt: Prompt, deadline: Deadline, more: bool, attempts: list[Attempt]
    ) -> Completion:
        """One target's chance: a call, and a second where the policy has one. Raises the last UpstreamError."""
        try:
            return self._call(target, prompt, self._time_for(target, deadline, more), attempts)
        except UpstreamError as error:
            pause = self._pause(error, self._time_for(target, deadline, more), more)
            if pause is None or len(attempts) >= self._limits.attempts:
                raise
        self._clock.sleep(pause)
        return self._call(target, prompt, self._time_for(target, deadline, more), attempts)

    def _call(self, target: Target, prompt: Prompt, seconds: float, attempts: list[Attempt]) -> Completion:
        began = self._clock.monotonic()
        outcome, status = "ok", None
        try:
            completion = self._ask(target, prompt, seconds)
            status = 200
            return completion
        except UpstreamError as error:
            outcome, status = error.error_class.value, error.status
            raise
        finally:
            attempts.append(
                Attempt(
                    model=target.model,
                    provider=target.provider,
                    upstream_model=target.upstream_model,
                    outcome=outcome,
                    status=status,
                    latency_ms=round((self._clock.monotonic() - began) * 1000),
                )
            )

    def _time_for(self, target: Target, deadline: Deadline, more: bool) -> float:
        """Seconds for a call: what the deadline leaves for it and, where there is one, for a fallback."""
        left = deadline.remaining()
        if more:
            left -= min(left / 2, self._limits.fallback_reserve_seconds)
        return min(left, self._longest(target))

    def _pause(self, error: UpstreamError, seconds: float, more: bool) -> float | None:
        """Seconds to wait before the same target's second call; None where it gets none."""
        match POLICIES[error.error_class].retry:
            case Retry.AFTER_HINT:
                pause = wait_seconds(error.headers, self._clock.time())
            case Retry.AFTER_BACKOFF:
                pause = self._clock.jitter(BACKOFF_SECONDS)
            case Retry.IF_LAST if not more:
                pause = 0.0
            case _:
                pause = None
        fits = pause is not None and pause + MIN_ATTEMPT_SECONDS <= seconds
        return pause if fits else None


def _with_larger_windows(target: Target, left: list[Target], skipped: list[Skipped]) -> list[Target]:
    """Those that may hold what was too long for `target`; a window that is not known may."""
    known = target.facts.context_window
    kept: list[Target] = []
    for other in left:
        window = other.facts.context_window
        if known is None or window is None or window > known:
            kept.append(other)
        else:
            skipped.append(Skipped(model=other.model, reason=f"context_length: its window of {window} is no larger"))
    return kept


_MESSAGES: dict[type[ApiError], str] = {
    NoProviderAvailable: "No provider could be tried; details.skipped tells why.",
    UpstreamFailed: "Every provider that could be tried failed; details.attempts tells how.",
    DeadlineExceeded: "The time for this message ran out before every provider had been tried.",
    ContentFiltered: "The provider withheld an answer for reasons of safety.",
    ProviderRejected: "The provider found fault with the request itself.",
    ContextLengthExceeded: "The conversation is longer than the context window of every model left to try.",
}


def _told(failure: UpstreamError | None) -> type[ApiError]:
    """What the client is told after the last failure; None where nothing was tried."""
    match failure and failure.error_class:
        case None:
            return NoProviderAvailable
        case ErrorClass.CONTENT_FILTER:
            return ContentFiltered
        case ErrorClass.REJECTED:
            return ProviderRejected
        case ErrorClass.CONTEXT_LENGTH:
            return ContextLengthExceeded
        case _:
            return UpstreamFailed


def _failed(kind: type[ApiError], attempts: list[Attempt], skipped: list[Skipped]) -> ApiError:
    details = {
        "attempts": [attempt.to_json() for attempt in attempts],
        "skipped": [skip.to_json() for skip in skipped],
    }
    return kind(_MESSAGES[kind], details, {"x-agentos-attempts": str(len(attempts))})

"""Asking the targets of a plan in turn, until one answers: the only loop that retries or falls back.

One deadline bounds everything. What follows from a failure stands in `policy.py`; nothing here looks at
statuses or texts. Once somebody has heard the first words of an answer, nobody else is asked: what breaks then stays
broken.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from agentos.domain import Attempt, Completion, Plan, Prompt, SkipCode, Skipped, Target, TokenCount
from agentos.kernel.clock import Clock, Deadline, Timeouts
from agentos.kernel.errors import (
    ApiError,
    ContentFiltered,
    ContextLengthExceeded,
    DeadlineExceeded,
    ErrorClass,
    NoProviderAvailable,
    ProviderRejected,
    Unsupported,
    UpstreamError,
    UpstreamFailed,
)
from agentos.routing.call import OK, AttemptListener, AttemptRunner, HealthGuard, PlanRun, Simulation
from agentos.routing.health import CoolingDown
from agentos.routing.policy import BACKOFF_SECONDS, POLICIES, Retry
from agentos.routing.retry_after import wait_seconds
from agentos.settings.schema import Limits

MIN_ATTEMPT_SECONDS = 0.5
"""With less time than this hardly a provider answers, so no call is begun."""

BROKEN_OFF = "error"
"""The finish reason of an answer that broke off after it had begun."""


@dataclass(frozen=True)
class Outcome:
    """The answer, who gave it, and what went before.

    `deltas`: the pieces in which it was heard. Of an answer that broke off after that, `completion` is what was heard.
    """

    completion: Completion
    target: Target
    attempts: tuple[Attempt, ...]
    skipped: tuple[Skipped, ...]
    deltas: tuple[str, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether it broke off."""
        return self.attempts[-1].outcome != OK


class Executor:
    """Runs plans. `timeout_of` tells the seconds after which a target has had its chance."""

    def __init__(
        self,
        caller: AttemptRunner,
        health: HealthGuard,
        timeout_of: Callable[[Target], float],
        limits: Limits,
        clock: Clock,
    ) -> None:
        self._caller = caller
        self._health = health
        self._timeout_of = timeout_of
        self._limits = limits
        self._clock = clock

    def run(
        self,
        plan: Plan,
        prompt: Prompt,
        deadline: Deadline,
        also_on: Collection[str] = (),
        simulated: Simulation | None = None,
        listener: AttemptListener | None = None,
    ) -> Outcome:
        """The first answer, told to `listener` as it comes; `also_on` names further error classes that fall back.

        Raises NoProviderAvailable, Unsupported, ContextLengthExceeded, UpstreamFailed, DeadlineExceeded,
        ContentFiltered and ProviderRejected, all with `details.attempts` and `details.skipped`.
        """
        run = PlanRun(list(plan.skipped), simulated or {}, listener)
        left = list(plan.targets)
        failure: UpstreamError | None = None
        while left and len(run.attempts) < self._limits.attempts:
            if deadline.remaining() < MIN_ATTEMPT_SECONDS:
                raise _failed(DeadlineExceeded, run)
            target = left.pop(0)
            try:
                completion = self._try(target, prompt, deadline, bool(left), run)
                return _outcome(completion, target, run)
            except CoolingDown:
                run.skip(target, SkipCode.COOLING_DOWN, "failing lately, and being tried by another caller")
                if not left and not run.attempts:  # a target in doubt beats certain failure
                    left.append(plan.targets[0].model_copy(update={"despite_health": True}))
                    run.unskip(left[0])
                continue
            except UpstreamError as error:
                failure = error
            self._respect_retry_after(target, failure)
            if run.deltas:
                return _broken(target, run)
            if not POLICIES[failure.error_class].falls_back and failure.error_class not in also_on:
                break
            if failure.error_class is ErrorClass.CONTEXT_LENGTH:
                left = _with_larger_windows(target, left, run)
        raise _failed(_after(failure) if failure else _untried(run.skipped), run) from failure

    def _try(self, target: Target, prompt: Prompt, deadline: Deadline, more: bool, run: PlanRun) -> Completion:
        """One target's chance: a call, and a second where the policy has one. Raises the last UpstreamError."""
        call = self._caller.call
        try:
            return call(target, prompt, self._timeouts(target, deadline, more), run)
        except UpstreamError as error:
            pause = None if run.deltas else self._retry_pause(error, self._time_budget(deadline, more), more)
            if pause is None or len(run.attempts) >= self._limits.attempts:
                raise
            first = error
        self._clock.sleep(pause)
        if deadline.remaining() < MIN_ATTEMPT_SECONDS:  # the client may have gone meanwhile
            raise first
        try:
            return call(target, prompt, self._timeouts(target, deadline, more), run)
        except CoolingDown:  # the first failure was one too many
            raise first from None

    def _respect_retry_after(self, target: Target, failure: UpstreamError) -> None:
        """A target that has named its pause is left alone for as long, by everybody."""
        hint = wait_seconds(failure.headers, self._clock.time())
        if hint is not None and hint >= 1 and POLICIES[failure.error_class].counts:
            self._health.pause(target.model, hint)

    def _timeouts(self, target: Target, deadline: Deadline, more: bool) -> Timeouts:
        """For a call: it must begin to answer while another may still be asked; from then on it has all the time."""
        begun = min(self._time_budget(deadline, more), self._timeout_of(target))
        return Timeouts(begun, max(begun, deadline.remaining()))

    def _time_budget(self, deadline: Deadline, more: bool) -> float:
        """Seconds that a target may use, waits included: what the deadline leaves for it and one fallback."""
        left = deadline.remaining()
        if not more:
            return left
        shared = left - min(left / 2, self._limits.fallback_reserve_seconds)
        return max(shared, min(left, MIN_ATTEMPT_SECONDS))

    def _retry_pause(self, error: UpstreamError, seconds: float, more: bool) -> float | None:
        """Seconds to wait before the same target's second call; None where it gets none."""
        hint = wait_seconds(error.headers, self._clock.time())
        match POLICIES[error.error_class].retry:
            case Retry.AFTER_HINT:
                pause = hint
            case Retry.AFTER_BACKOFF if not more or hint is None or hint <= BACKOFF_SECONDS:
                pause = max(self._clock.jitter(BACKOFF_SECONDS), hint or 0.0)
            case Retry.IF_LAST if not more:
                pause = 0.0
            case _:
                pause = None
        fits = pause is not None and pause + MIN_ATTEMPT_SECONDS <= seconds
        return pause if fits else None


def _outcome(completion: Completion, target: Target, run: PlanRun) -> Outcome:
    return Outcome(completion, target, tuple(run.attempts), tuple(run.skipped), tuple(run.deltas))


def _broken(target: Target, run: PlanRun) -> Outcome:
    """What was heard of an answer that then broke off. What it used, nobody has said."""
    heard = Completion(text="".join(run.deltas), finish_reason=BROKEN_OFF, tokens=TokenCount())
    return _outcome(heard, target, run)


def broken_off_error(attempts: Sequence[Attempt], skipped: Sequence[Skipped]) -> ApiError:
    """What the client is told where the last attempt had begun to answer."""
    kind = ContentFiltered if attempts[-1].outcome == ErrorClass.CONTENT_FILTER else UpstreamFailed
    message = "The answer broke off after it had begun; the last of details.attempts tells how."
    return kind(message, _details(attempts, skipped))


def _with_larger_windows(target: Target, left: list[Target], run: PlanRun) -> list[Target]:
    """Those that may hold what was too long for `target`; a window that is not known may."""
    known = target.facts.context_window
    kept: list[Target] = []
    for other in left:
        window = other.facts.context_window
        if known is None or window is None or window > known:
            kept.append(other)
        else:
            run.skip(other, SkipCode.CONTEXT_LENGTH, f"its window of {window} is no larger")
    return kept


_MESSAGES: dict[type[ApiError], str] = {
    NoProviderAvailable: "No provider could be tried; details.skipped tells why.",
    Unsupported: "No model that is left can do what this message needs: {capabilities}.",
    UpstreamFailed: "Every provider that could be tried failed; details.attempts tells how.",
    DeadlineExceeded: "The time for this message ran out before every provider had been tried.",
    ContentFiltered: "The provider withheld an answer for reasons of safety.",
    ProviderRejected: "The provider found fault with the request itself.",
    ContextLengthExceeded: "The conversation is longer than the context window of every model left to try.",
}


def _after(failure: UpstreamError) -> type[ApiError]:
    """What the client is told after the last failure."""
    match failure.error_class:
        case ErrorClass.CONTENT_FILTER:
            return ContentFiltered
        case ErrorClass.REJECTED:
            return ProviderRejected
        case ErrorClass.CONTEXT_LENGTH:
            return ContextLengthExceeded
        case _:
            return UpstreamFailed


def _untried(skipped: Sequence[Skipped]) -> type[ApiError]:
    """What the client is told where nothing could be tried."""
    codes = {skip.code for skip in skipped}
    if codes == {SkipCode.CONTEXT_LENGTH}:
        return ContextLengthExceeded
    if codes and codes <= {SkipCode.UNSUPPORTED, SkipCode.CONTEXT_LENGTH}:
        return Unsupported
    return NoProviderAvailable


def _failed(kind: type[ApiError], run: PlanRun) -> ApiError:
    lacking = {skip.reason.partition(": ")[2] for skip in run.skipped if skip.code == SkipCode.UNSUPPORTED}
    message = _MESSAGES[kind].format(capabilities="; ".join(sorted(lacking)))
    details = _details(run.attempts, run.skipped)
    return kind(message, details, {"x-agentos-attempts": str(len(run.attempts))})


def _details(attempts: Sequence[Attempt], skipped: Sequence[Skipped]) -> dict[str, Any]:
    return {
        "attempts": [attempt.to_json() for attempt in attempts],
        "skipped": [skip.to_json() for skip in skipped],
    }

"""Asks the targets of a plan in turn until one answers: the only loop that retries or falls back.

One deadline bounds the whole run, and `limits.attempts` bounds its calls. Every target has a first call before any
target has a second one. `policy.py` says what follows from a failure; nothing here looks at statuses or texts. Once
the client has got the first text of an answer, or of the model's thoughts where it sees them, no other target is asked:
an answer that then breaks off stays broken.
"""

import math
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from agentos.domain import Attempt, Completion, CoolDown, Plan, Prompt, SkipCode, Skipped, Target, TokenCount
from agentos.domain.routing import cooling_order
from agentos.kernel.clock import Clock, Deadline, Timeouts
from agentos.kernel.errors import (
    ApiError,
    DeadlineExceeded,
    ErrorClass,
    NoProviderAvailable,
    UpstreamError,
    UpstreamFailed,
)
from agentos.kernel.logs import debugging, logger
from agentos.routing import run_errors
from agentos.routing.admission import ADMIT_ALL, Admission
from agentos.routing.call import OK, AttemptListener, AttemptRunner, Delta, HealthGuard, PlanRun, Simulation
from agentos.routing.health import CoolingDown
from agentos.routing.policy import BACKOFF_SECONDS, POLICIES, Retry
from agentos.routing.retry_after import wait_seconds
from agentos.settings.schema import Limits

MIN_ATTEMPT_SECONDS = 0.5
"""With less time than this hardly any provider answers, so no call is begun."""

RESERVE_SECONDS = 1.0
"""Kept for each target behind the one that is asked: a shortest call, and as much again for what its bound overruns."""

SHORT = 0.9
"""A timeout counts against a target only if it had at least this part of the time that a target usually has."""

BROKEN_OFF = "error"
"""The finish reason of an answer that broke off after it had begun."""


class Outcome(NamedTuple):
    """The answer, the target that gave it, and what went before.

    `deltas`: the pieces in which it arrived, if it was streamed; `first_text_at`: when its first text did (monotonic).
    Of an answer that broke off after that, `completion` is the part that arrived.
    """

    completion: Completion
    target: Target
    attempts: tuple[Attempt, ...]
    skipped: tuple[Skipped, ...]
    deltas: tuple[Delta, ...] = ()
    first_text_at: float | None = None

    @property
    def lengths(self) -> tuple[int, ...]:
        """Characters of each piece of `deltas`; those of thoughts are negative."""
        return tuple(-len(delta.text) if delta.reasoning else len(delta.text) for delta in self.deltas)

    @property
    def broken(self) -> bool:
        """Whether it broke off."""
        return self.attempts[-1].outcome != OK


class Executor:
    """Runs plans. `timeout_of` gives the seconds that one call of a target may take."""

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
        attempts: list[Attempt] | None = None,
        admission: Admission = ADMIT_ALL,
    ) -> Outcome:
        """The first answer, passed to `listener` as it arrives; `also_on` names more classes that fall back.

        Each call is added to `attempts` as it ends, so that the caller knows of it whatever happens afterwards.
        `admission` is asked before each.

        Raises BudgetExceeded, Unpriced, NoProviderAvailable, Forbidden, Unsupported, ContextLengthExceeded,
        UpstreamFailed, DeadlineExceeded, ContentFiltered and ProviderRejected, all with `details.attempts` and
        `details.skipped`.
        """
        if debugging():
            logger.debug("plan", extra={"plan": plan.to_json()})
        run = PlanRun(list(plan.skipped), simulated or {}, listener, [] if attempts is None else attempts, admission)
        prompt = admission.bounded(prompt)
        left = list(plan.targets)
        failure: UpstreamError | None = None
        while left and len(run.attempts) < self._limits.attempts:
            if deadline.remaining() < MIN_ATTEMPT_SECONDS:
                raise self._failed(DeadlineExceeded, run, left)
            target = left.pop(0)
            if skipped := admission.admit(target, prompt, run.attempts):
                run.skipped.append(skipped)
                continue
            run.passes_refusals = bool(left) and ErrorClass.CONTENT_FILTER in also_on
            try:
                return _outcome(self._try(target, prompt, deadline, len(left), run), target, run, left)
            except CoolingDown:
                left = _asked_last(target, left)
                continue
            except UpstreamError as error:
                failure = error
            self._respect_retry_after(target, failure, run)
            if run.deltas:
                return _broken(target, run, left)
            if not POLICIES[failure.error_class].falls_back and failure.error_class not in also_on:
                _skip_cooling(left, run)
                raise self._failed(run_errors.error_kind({failure.error_class}), run, []) from failure
            if failure.error_class is ErrorClass.CONTEXT_LENGTH:
                left = _with_larger_windows(target, left, run)
        raise self._failed(run_errors.kind_of_all(run.attempts, run.skipped), run, left) from failure

    def _try(self, target: Target, prompt: Prompt, deadline: Deadline, behind: int, run: PlanRun) -> Completion:
        """One target's turn: a call, and a second one if the policy and the bounds allow it.

        `behind`: targets that are still to be asked. Raises the last UpstreamError.
        """
        try:
            return self._call(target, prompt, deadline, behind, run)
        except UpstreamError as error:
            pause = None if run.deltas else self._retry_pause(error, self._time_budget(deadline, behind), behind > 0)
            if pause is None or len(run.attempts) + behind >= self._limits.attempts:
                raise
            first = error
        self._clock.sleep(pause)
        if deadline.remaining() < MIN_ATTEMPT_SECONDS:  # the client may have gone meanwhile
            raise first
        if run.admission.admit(target, prompt, run.attempts):
            raise first
        try:
            return self._call(target, prompt, deadline, behind, run)
        except CoolingDown:  # the first failure opened the circuit
            raise first from None

    def _call(self, target: Target, prompt: Prompt, deadline: Deadline, behind: int, run: PlanRun) -> Completion:
        """One call. It must begin to answer within the target's share of the time; then it has all of it."""
        own = self._timeout_of(target)
        share = min(self._time_budget(deadline, behind), own)
        timeouts = Timeouts(share, max(share, deadline.remaining()), deadline.aborted)
        return self._caller.call(target, prompt, timeouts, run, short=share < SHORT * min(own, self._usual_share))

    @property
    def _usual_share(self) -> float:
        """Seconds that the first of several targets has in a turn without a bound of its own."""
        limits = self._limits
        return limits.turn_seconds - limits.commit_reserve_seconds - limits.fallback_reserve_seconds

    def _respect_retry_after(self, target: Target, failure: UpstreamError, run: PlanRun) -> None:
        """All environments leave a target alone for as long as it asked."""
        run.retry_at.pop(target.model, None)
        hint = wait_seconds(failure.headers, self._clock.time())
        if hint is None or not POLICIES[failure.error_class].counts:
            if target.cooling:
                run.retry_at[target.model] = self._clock.time() + target.cooling.seconds
            return
        run.retry_at[target.model] = self._clock.time() + hint
        if hint >= 1:
            self._health.pause(target, hint)

    def _time_budget(self, deadline: Deadline, behind: int) -> float:
        """Seconds that a target may use, waits included.

        The rest is kept for one fallback that takes its time, and at least a second for each target behind.
        """
        left = deadline.remaining()
        if not behind:
            return left
        reserve = max(min(left / 2, self._limits.fallback_reserve_seconds), behind * RESERVE_SECONDS)
        return max(left - reserve, min(left, MIN_ATTEMPT_SECONDS))

    def _failed(self, kind: type[ApiError], run: PlanRun, left: Sequence[Target]) -> ApiError:
        """The error for the client, with every target in `left` listed as not tried."""
        reason = "the turn's time was over" if kind is DeadlineExceeded else "limits.attempts was reached"
        for target in left:
            run.skip(target, SkipCode.NOT_TRIED, reason)
            if target.cooling:
                run.retry_at[target.model] = self._clock.time() + target.cooling.seconds
        headers = {"x-agentos-attempts": str(len(run.attempts))}
        if not run.attempts and (refusal := run.admission.refusal()):
            details = {**refusal.details, **run_errors.details(run.attempts, run.skipped)}
            return type(refusal)(refusal.message, details, {**refusal.headers, **headers})
        if kind in (UpstreamFailed, NoProviderAvailable) and run.retry_at:
            headers["retry-after"] = str(max(1, math.ceil(min(run.retry_at.values()) - self._clock.time())))
        message = run_errors.message(kind, run.skipped)
        return kind(message, run_errors.details(run.attempts, run.skipped), headers)

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


def _outcome(completion: Completion, target: Target, run: PlanRun, left: Sequence[Target]) -> Outcome:
    _skip_cooling(left, run)
    return Outcome(completion, target, tuple(run.attempts), tuple(run.skipped), tuple(run.deltas), run.first_text_at)


def _broken(target: Target, run: PlanRun, left: Sequence[Target]) -> Outcome:
    """What arrived of an answer that then broke off; the last attempt has its usage."""
    text, reasoning = ("".join(one.text for one in run.deltas if one.reasoning is kind) for kind in (False, True))
    arrived = Completion(text=text, reasoning=reasoning, finish_reason=BROKEN_OFF, tokens=TokenCount())
    return _outcome(arrived, target, run, left)


def _skip_cooling(left: Sequence[Target], run: PlanRun) -> None:
    """List the targets that are cooling down and were not needed."""
    run.skipped += [Skipped(model=one.model, reason=one.reason) for one in left if one.cooling is not None]


def _asked_last(target: Target, left: Sequence[Target]) -> list[Target]:
    """The targets left, with one that turned out to be cooling down behind the healthy ones."""
    cooling = target.cooled(CoolDown(0), "failing lately, and another caller is trying it")
    return sorted((*left, cooling), key=cooling_order)


def _with_larger_windows(target: Target, left: list[Target], run: PlanRun) -> list[Target]:
    """The targets that may take a prompt that was too long for `target`; an unknown window may be large enough."""
    known = target.facts.context_window
    kept: list[Target] = []
    for other in left:
        window = other.facts.context_window
        if known is None or window is None or window > known:
            kept.append(other)
        else:
            run.skip(other, SkipCode.CONTEXT_LENGTH, f"its window of {window} is no larger")
    return kept

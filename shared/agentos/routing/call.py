"""One upstream call: counted for the target's health and latency, recorded as an attempt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from agentos.domain import Attempt, Completion, Prompt, SkipCode, Skipped, Target, TextListener
from agentos.kernel.clock import Clock, Timeouts
from agentos.kernel.errors import ErrorClass, UpstreamError

R = TypeVar("R")

UpstreamCall = Callable[[Target, Prompt, Timeouts, TextListener | None], Completion]
"""A call to a target, whole or told as it comes. Raises UpstreamError."""

AttemptListener = Callable[[Target, int, str], None]
"""Is told each piece of an answer's text as it comes: by whom, which call of the run it is (from 1), and the piece."""

OK = "ok"
"""The outcome of an attempt that gave the answer; any other is an error class."""

Simulation = Mapping[str, ErrorClass]
"""Providers that are to fail, and how."""


class HealthGuard(Protocol):
    """Health, as far as calls are concerned (`routing/health.py`)."""

    def guard(self, target: Target, call: Callable[[], R]) -> R: ...
    def pause(self, model: str, seconds: float) -> None: ...


class LatencyObserver(Protocol):
    """Who wants to know how long answers take (`routing/latency.py`)."""

    def observe(self, model: str, milliseconds: float) -> None: ...


@dataclass
class PlanRun:
    """One run of a plan: what is special about it, and what has happened so far.

    `deltas`: the pieces of an answer that have been heard. From the first on, nobody else can answer.
    """

    skipped: list[Skipped]
    simulated: Simulation = field(default_factory=dict)
    listener: AttemptListener | None = None
    attempts: list[Attempt] = field(default_factory=list)
    deltas: list[str] = field(default_factory=list)

    def skip(self, target: Target, code: SkipCode, text: str) -> None:
        self.skipped.append(Skipped.because(target.model, code, text))

    def unskip(self, target: Target) -> None:
        """The target is asked after all."""
        self.skipped = [skip for skip in self.skipped if skip.model != target.model]

    def text_listener(self, target: Target) -> TextListener | None:
        """What the target's words go to; None where they are wanted whole."""
        if self.listener is None:
            return None
        listener, number = self.listener, len(self.attempts) + 1

        def listen(text: str) -> None:
            self.deltas.append(text)
            listener(target, number, text)

        return listen


class AttemptRunner:
    """Makes calls. What fails on purpose (`Run.simulated`) is never sent and counts against nobody."""

    def __init__(self, ask: UpstreamCall, health: HealthGuard, latencies: LatencyObserver, clock: Clock) -> None:
        self._ask = ask
        self._health = health
        self._latencies = latencies
        self._clock = clock

    def call(self, target: Target, prompt: Prompt, timeouts: Timeouts, run: PlanRun) -> Completion:
        """The answer. Raises UpstreamError, with an attempt on the trail; CoolingDown, without one."""
        began = self._clock.monotonic()

        def record_attempt(outcome: str, status: int | None, notes: tuple[str, ...]) -> None:
            attempt = Attempt(
                model=target.model,
                provider=target.provider,
                upstream_model=target.upstream_model,
                outcome=outcome,
                status=status,
                latency_ms=round((self._clock.monotonic() - began) * 1000),
                notes=notes,
            )
            run.attempts.append(attempt)

        try:
            if error_class := run.simulated.get(target.provider):
                raise UpstreamError(error_class, "simulated")
            listen = run.text_listener(target)
            completion = self._health.guard(target, lambda: self._ask(target, prompt, timeouts, listen))
        except UpstreamError as error:
            record_attempt(error.error_class.value, error.status, error.notes)
            raise
        record_attempt(OK, 200, completion.notes)
        self._latencies.observe(target.model, run.attempts[-1].latency_ms)
        return completion

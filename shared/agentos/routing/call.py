"""One upstream call with all that belongs to it: fitted to the model, counted for its health, put on the trail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from agentos.clock import Clock
from agentos.domain import Attempt, Completion, Prompt, SkipCode, Skipped, Target
from agentos.errors import ErrorClass, UpstreamError
from agentos.routing.fit import fit

R = TypeVar("R")

Ask = Callable[[Target, Prompt, float], Completion]
"""A call to a target, to end within so many seconds. Raises UpstreamError."""

Simulation = Mapping[str, ErrorClass]
"""Providers that are to fail, and how."""


class Guard(Protocol):
    """Health, as far as calls are concerned (`routing/health.py`)."""

    def guard(self, target: Target, call: Callable[[], R]) -> R: ...
    def pause(self, model: str, seconds: float) -> None: ...


class Observer(Protocol):
    """Who wants to know how long answers take (`routing/latency.py`)."""

    def observe(self, model: str, milliseconds: float) -> None: ...


@dataclass
class Trail:
    """What has happened in a run so far."""

    skipped: list[Skipped]
    attempts: list[Attempt] = field(default_factory=list)

    def skip(self, target: Target, code: SkipCode, text: str) -> None:
        self.skipped.append(Skipped.because(target.model, code, text))

    def take_back(self, target: Target) -> None:
        """The target is asked after all."""
        self.skipped = [skip for skip in self.skipped if skip.model != target.model]


class Caller:
    """Makes calls. What fails on purpose (`simulated`) is never sent and counts against nobody."""

    def __init__(self, ask: Ask, health: Guard, latencies: Observer, clock: Clock) -> None:
        self._ask = ask
        self._health = health
        self._latencies = latencies
        self._clock = clock

    def call(self, target: Target, prompt: Prompt, seconds: float, trail: Trail, simulated: Simulation) -> Completion:
        """The answer. Raises UpstreamError, with an attempt on the trail; CoolingDown, without one."""
        fitted, notes = fit(prompt, target.facts)
        began = self._clock.monotonic()

        def put_on_trail(outcome: str, status: int | None) -> None:
            attempt = Attempt(
                model=target.model,
                provider=target.provider,
                upstream_model=target.upstream_model,
                outcome=outcome,
                status=status,
                latency_ms=round((self._clock.monotonic() - began) * 1000),
                notes=notes,
            )
            trail.attempts.append(attempt)

        try:
            if error_class := simulated.get(target.provider):
                raise UpstreamError(error_class, "simulated")
            completion = self._health.guard(target, lambda: self._ask(target, fitted, seconds))
        except UpstreamError as error:
            put_on_trail(error.error_class.value, error.status)
            raise
        put_on_trail("ok", 200)
        self._latencies.observe(target.model, trail.attempts[-1].latency_ms)
        return completion

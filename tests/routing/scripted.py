"""Scripted targets. Only their calls move the clock."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from agentos.domain import AnswerListener, Completion, Message, ModelFacts, Plan, Prompt, Skipped, Target, TokenCount
from agentos.kernel.clock import Deadline, Timeouts
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.routing.call import (
    AttemptListener,
    AttemptRunner,
    HealthGuard,
    LatencyObserver,
    PieceListener,
    Simulation,
)
from agentos.routing.execute import Executor, Outcome
from agentos.settings.schema import Limits
from tests.support.clock import FakeClock

R = TypeVar("R")

PROMPT = Prompt(messages=(Message(role="user", content="Hello."),))
LIMITS = Limits(
    attempts=6,
    turn_seconds=28,
    streamed_turn_seconds=300,
    long_turn_seconds=840,
    background_turn_seconds=3600,
    lease_seconds=12,
    commit_reserve_seconds=2,
    fallback_reserve_seconds=8,
    provider_seconds=60,
    history_tokens=1000,
    history_messages=60,
    content_bytes=1000,
    reply_bytes=1000,
)
HANG = float("inf")
"""Seconds of a call that ends only at its timeout."""


@dataclass(frozen=True)
class Step:
    """One call: the thoughts and the text for a listener, the seconds until the first of them, the seconds in all, and
    how it ends. Without `fails` it answers."""

    fails: ErrorClass | None = None
    takes: float = 0.1
    says: tuple[str, ...] = ()
    thinks: tuple[str, ...] = ()
    begins: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None
    tokens: TokenCount | None = None


ANSWERS = Step()


@dataclass(frozen=True)
class Call:
    model: str
    seconds: float
    at: float
    whole: float = 0.0


def target(name: str, window: int | None = None) -> Target:
    return Target(
        model=name,
        provider=name.partition(":")[0],
        upstream_model=f"{name.partition(':')[2]}-upstream",
        reason="test",
        facts=ModelFacts(context_window=window),
    )


class Unconcerned:
    """Health and latencies without any observations."""

    def guard(self, target: Target, call: Callable[[], R]) -> R:
        return call()

    def pause(self, target: Target, seconds: float) -> None:
        pass

    def observe(self, model: str, milliseconds: float, *, streamed: bool) -> None:
        pass


class Observing(Unconcerned):
    """Latencies that record observations."""

    def __init__(self) -> None:
        self.observed: list[tuple[str, float, bool]] = []

    def observe(self, model: str, milliseconds: float, *, streamed: bool) -> None:
        self.observed.append((model, milliseconds, streamed))


class World:
    """An executor, its clock and its targets. A target answers when its script is over."""

    def __init__(
        self,
        scripts: Mapping[str, Iterable[Step]] | None = None,
        *,
        limits: Limits = LIMITS,
        longest: float = 60,
        health: HealthGuard | None = None,
        latencies: LatencyObserver | None = None,
    ) -> None:
        self.clock = FakeClock()
        self.calls: list[Call] = []
        self._scripts = {model: iter(steps) for model, steps in (scripts or {}).items()}
        health = health or Unconcerned()
        caller = AttemptRunner(self._ask, health, latencies or Unconcerned(), self.clock)
        self._executor = Executor(caller, health, lambda _: longest, limits, self.clock)

    def run(
        self,
        *targets: Target | str,
        seconds: float = 26,
        also_on: Collection[str] = (),
        skipped: tuple[Skipped, ...] = (),
        gone_at: float = float("inf"),
        listener: PieceListener | None = None,
        on_reasoning: PieceListener | None = None,
        simulated: Simulation | None = None,
    ) -> Outcome:
        """`gone_at`: the time at which the client leaves."""
        chain = tuple(target(name) if isinstance(name, str) else name for name in targets)
        requested = chain[0].model if chain else "none:none"
        plan = Plan(requested=requested, targets=chain, skipped=skipped)
        deadline = Deadline.after(seconds, self.clock, lambda: self.clock.monotonic() >= gone_at)
        return self._executor.run(
            plan, PROMPT, deadline, also_on, simulated, AttemptListener(listener, on_reasoning) if listener else None
        )

    @property
    def called(self) -> list[str]:
        return [call.model for call in self.calls]

    def _ask(self, asked: Target, prompt: Prompt, timeouts: Timeouts, listen: AnswerListener | None) -> Completion:
        assert prompt is PROMPT
        self.calls.append(Call(asked.model, timeouts.first_output, self.clock.monotonic(), timeouts.total))
        step = next(self._scripts.get(asked.model, iter(())), ANSWERS)
        begun = listen is not None and step.begins <= timeouts.first_output
        received = step.says if begun else ()
        thought = step.thinks if begun else ()
        passed_on = received or (thought if listen and listen.on_reasoning else ())
        seconds = timeouts.total if passed_on else timeouts.first_output
        silent = min(step.begins, step.takes) if passed_on else 0.0
        self.clock.advance(silent)
        for piece in thought if listen and listen.on_reasoning else ():
            listen.on_reasoning(piece)  # type: ignore[union-attr, misc]
        for piece in received:
            listen.on_text(piece)  # type: ignore[union-attr]
        self.clock.advance(min(step.takes, seconds) - silent)
        if step.takes > seconds:
            raise UpstreamError(ErrorClass.TIMEOUT, "time is up")
        if step.fails:
            error = UpstreamError(step.fails, "scripted", status=step.status, headers=step.headers)
            error.tokens = step.tokens
            raise error
        text = "".join(received) or f"from {asked.model}"
        return Completion(
            text=text, finish_reason="stop", tokens=step.tokens or TokenCount(), reasoning="".join(thought)
        )

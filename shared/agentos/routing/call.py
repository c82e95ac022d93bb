"""One upstream call: it is guarded, timed, priced and recorded as an attempt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from agentos.domain import AnswerListener, Attempt, Completion, Prompt, SkipCode, Skipped, Target, TokenCount
from agentos.domain.genai import call_attributes, completion_attributes, operation_of, token_attributes
from agentos.domain.prices import moment
from agentos.domain.token_estimates import estimate_prompt, estimate_text
from agentos.domain.usage import AttemptUsage, attempt_usage
from agentos.kernel import tracing
from agentos.kernel.clock import Clock, Timeouts
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.kernel.logs import debugging, logger
from agentos.routing.admission import ADMIT_ALL, Admission

R = TypeVar("R")

UpstreamCall = Callable[[Target, Prompt, Timeouts, AnswerListener | None], Completion]
"""A call to a target, whole or streamed. Raises UpstreamError."""

PieceListener = Callable[[Target, int, str], None]
"""Gets each piece of a text as it arrives: the target, the number of the call (from 1), and the piece."""


class AttemptListener(NamedTuple):
    """Gets an answer as it arrives. Without `on_reasoning` the client does not see the model's thoughts."""

    on_text: PieceListener
    on_reasoning: PieceListener | None = None


class Delta(NamedTuple):
    """A piece of an answer that was passed on: of its text, or of the model's thoughts."""

    text: str
    reasoning: bool = False


OK = "ok"
"""The outcome of an attempt that gave the answer; any other is an error class."""

Simulation = Mapping[str, ErrorClass]
"""Providers that are to fail, and how."""


class HealthGuard(Protocol):
    """Health, as far as calls are concerned (`routing/health.py`)."""

    def guard(self, target: Target, call: Callable[[], R]) -> R: ...
    def pause(self, target: Target, seconds: float) -> None: ...


class LatencyObserver(Protocol):
    """Averages response times (`routing/latency.py`)."""

    def observe(self, model: str, milliseconds: float, *, streamed: bool) -> None: ...


@dataclass
class PlanRun:
    """One run of a plan: what is special about it, and what has happened so far.

    `admission` is asked before each call. `deltas`: the pieces of an answer that were passed on. From the first on, no
    other target can answer. Thoughts that the client does not see are not among them.
    `first_text_at`: when the first piece of text arrived (monotonic).
    `retry_at`: epoch seconds until which each failed target asked to be left alone.
    `passes_refusals`: a model's refusal is a failure, since another target is to be asked.
    """

    skipped: list[Skipped]
    simulated: Simulation = field(default_factory=dict)
    listener: AttemptListener | None = None
    attempts: list[Attempt] = field(default_factory=list)
    admission: Admission = ADMIT_ALL
    deltas: list[Delta] = field(default_factory=list)
    first_text_at: float | None = None
    retry_at: dict[str, float] = field(default_factory=dict)
    passes_refusals: bool = False

    def skip(self, target: Target, code: SkipCode, text: str) -> None:
        self.skipped.append(Skipped.because(target.model, code, text))

    def answer_listener(self, target: Target, clock: Clock) -> AnswerListener | None:
        """What gets the target's answer as it arrives; None where it is wanted whole."""
        if self.listener is None:
            return None
        (pass_text, pass_reasoning), number = self.listener, len(self.attempts) + 1

        def on_text(text: str) -> None:
            if self.first_text_at is None:
                self.first_text_at = clock.monotonic()
            self.deltas.append(Delta(text))
            pass_text(target, number, text)

        def on_reasoning(text: str) -> None:
            self.deltas.append(Delta(text, reasoning=True))
            if pass_reasoning:
                pass_reasoning(target, number, text)

        return AnswerListener(on_text, on_reasoning if pass_reasoning else None)


class AttemptRunner:
    """Makes calls. A failure that is simulated (`PlanRun.simulated`) sends no request and affects no health."""

    def __init__(self, ask: UpstreamCall, health: HealthGuard, latencies: LatencyObserver, clock: Clock) -> None:
        self._ask = ask
        self._health = health
        self._latencies = latencies
        self._clock = clock

    def call(
        self, target: Target, prompt: Prompt, timeouts: Timeouts, run: PlanRun, *, short: bool = False
    ) -> Completion:
        """The answer. Raises UpstreamError, with an attempt recorded; CoolingDown, without one.

        `short`: the call has less time than usual, so a timeout does not count against the target's health.
        """
        attributes = call_attributes(target, prompt, streamed=run.listener is not None)
        with tracing.span(f"{operation_of(prompt)} {target.upstream_model}", "client", attributes) as span:
            started = _Started(target, self._clock.monotonic(), moment(self._clock.time()))
            try:
                completion = _accepted(self._answer(target, prompt, timeouts, run, short), run)
            except UpstreamError as error:
                tokens, estimated = _count_failed(error, prompt, run)
                usage = started.usage(tokens, estimated=estimated) if tokens else None
                self._record(started, run, error, usage)
                span.set({"http.response.status_code": error.status, **token_attributes(tokens or TokenCount())})
                raise
            self._record(started, run, completion, started.usage(completion.tokens))
            span.set(completion_attributes(completion))
            self._observe(target, started.began, run)
            return completion

    def _record(
        self, started: "_Started", run: PlanRun, ended: Completion | UpstreamError, usage: AttemptUsage | None
    ) -> None:
        """Record the attempt that ended so."""
        target, simulated = started.target, started.target.provider in run.simulated
        attempt = Attempt(
            model=target.model,
            provider=target.provider,
            upstream_model=target.upstream_model,
            outcome=ended.error_class.value if isinstance(ended, UpstreamError) else OK,
            status=ended.status if isinstance(ended, UpstreamError) else 200,
            latency_ms=0 if simulated else _milliseconds(started.began, self._clock.monotonic()),
            notes=(*run.admission.notes, *ended.notes),
            usage=usage,
            simulated=simulated,
        )
        run.attempts.append(attempt)
        if debugging():
            logger.debug("upstream call", extra={"attempt": attempt.to_json()})

    def _answer(self, target: Target, prompt: Prompt, timeouts: Timeouts, run: PlanRun, short: bool) -> Completion:
        if error_class := run.simulated.get(target.provider):
            raise UpstreamError(error_class, "simulated")
        listen = run.answer_listener(target, self._clock)

        def ask() -> Completion:
            try:
                return self._ask(target, prompt, timeouts, listen)
            except UpstreamError as error:
                aborted = timeouts.aborted is not None and timeouts.aborted()
                error.excused = (short or aborted) and error.error_class is ErrorClass.TIMEOUT
                raise

        return self._health.guard(target, ask)

    def _observe(self, target: Target, began: float, run: PlanRun) -> None:
        """Of a stream, the time to the first text; of a whole answer, all of its time."""
        if run.listener is None:
            self._latencies.observe(target.average, run.attempts[-1].latency_ms, streamed=False)
        elif run.first_text_at is not None:  # a stream of tool calls alone has no text
            milliseconds = _milliseconds(began, run.first_text_at)
            self._latencies.observe(target.average, milliseconds, streamed=True)


def _accepted(completion: Completion, run: PlanRun) -> Completion:
    """The answer. Raises UpstreamError for a refusal after which another target is to be asked."""
    if completion.refusal and run.passes_refusals and not run.deltas:
        error = UpstreamError(ErrorClass.CONTENT_FILTER, "the model refused", status=200)
        error.tokens, error.notes = completion.tokens, completion.notes
        raise error
    return completion


class _Started(NamedTuple):
    """A call under way. `began` is monotonic, `when` the time of day that its price depends on."""

    target: Target
    began: float
    when: datetime

    def usage(self, tokens: TokenCount, *, estimated: bool = False) -> AttemptUsage:
        prices, trust = self.target.facts.price, self.target.trust_cost
        return attempt_usage(tokens, prices, self.when, trust_cost=trust, estimated=estimated)


def _milliseconds(began: float, ended: float) -> int:
    return round((ended - began) * 1000)


def _count_failed(error: UpstreamError, prompt: Prompt, run: PlanRun) -> tuple[TokenCount | None, bool]:
    """What a failed call used, and whether that is partly our estimate.

    An answer that broke off after its first piece is billed, so what its provider did not count is estimated from the
    prompt and the pieces that arrived. Of other failures only what the provider counted is known.
    """
    counted: TokenCount | None = error.tokens
    if not run.deltas:
        return counted, False
    known = counted or TokenCount()
    if known.prompt is not None and known.completion is not None:
        return known, False
    estimates = {
        "prompt": estimate_prompt(prompt) if known.prompt is None else known.prompt,
        "completion": estimate_text("".join(delta.text for delta in run.deltas))
        if known.completion is None
        else known.completion,
    }
    return known.model_copy(update=estimates), True

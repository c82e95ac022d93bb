"""Laws of the executor for any failures, durations and hints of the targets."""

from collections.abc import Callable
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from agentos.domain import CoolDown, Skipped, Target
from agentos.domain.routing import cooling_order
from agentos.kernel.errors import ApiError, DeadlineExceeded, ErrorClass
from agentos.routing.execute import Outcome
from agentos.routing.health import CoolingDown
from agentos.routing.policy import POLICIES, Retry
from tests.routing.scripted import HANG, LIMITS, Step, Unconcerned, World, target
from tests.support.properties import examples

R = TypeVar("R")

NAMES = ("a:1", "b:2", "c:3", "d:4", "e:5")
DURATIONS = st.sampled_from([0.0, 0.01, 0.4, 1.0, 5.0, 20.0, HANG])
HINTS = st.sampled_from(["0", "0.3", "2", "9", "300", "-4", "nan", "soon", "Sun, 22 Nov 2026 12:00:05 GMT"])
HEADERS = st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms"]), HINTS, max_size=2)
STEPS = st.builds(
    Step, fails=st.none() | st.sampled_from(ErrorClass), takes=DURATIONS, headers=HEADERS, status=st.just(400)
)
TARGETS = st.lists(st.sampled_from(NAMES), unique=True, max_size=5).flatmap(
    lambda names: st.tuples(
        *(st.builds(target, st.just(name), st.none() | st.sampled_from([1000, 2000, 4000])) for name in names)
    )
)


class Run:
    """One run of the executor with values from Hypothesis."""

    def __init__(self, data: st.DataObject) -> None:
        scripts = {name: data.draw(st.lists(STEPS, min_size=2, max_size=2), label=name) for name in NAMES}
        self.chain: tuple[Target, ...] = data.draw(TARGETS, label="targets")
        self.seconds = data.draw(st.sampled_from([0.1, 0.5, 0.7, 3.0, 26.0, 120.0]), label="seconds")
        self.longest = data.draw(st.sampled_from([0.2, 5.0, 60.0]), label="longest")
        self.cap = data.draw(st.integers(1, 7), label="cap")
        self.also_on = data.draw(st.sets(st.just("content_filter")), label="fallbackOn")
        limits = LIMITS.model_copy(update={"attempts": self.cap})
        self.world = World(scripts, limits=limits, longest=self.longest)
        self.skipped = (Skipped(model="x:0", reason="disabled"),)
        self.outcome: Outcome | None = None
        self.error: ApiError | None = None
        try:
            self.outcome = self.world.run(*self.chain, seconds=self.seconds, also_on=self.also_on, skipped=self.skipped)
        except ApiError as error:
            self.error = error
        self.ends = [
            attempt["outcome"]
            for attempt in (
                self.error.details["attempts"]
                if self.error
                else [attempt.to_json() for attempt in self.outcome.attempts]  # type: ignore[union-attr]
            )
        ]


@examples(150)
@given(st.data())
def test_laws_of_which_targets_are_called(data: st.DataObject) -> None:
    run = Run(data)
    called = run.world.called
    assert len(called) <= run.cap
    assert all(called.count(name) <= 2 for name in called)
    order = list(dict.fromkeys(called))
    planned = [one.model for one in run.chain]
    assert order == [name for name in planned if name in order], "the plan's order is kept"
    assert called == [name for name in order for _ in range(called.count(name))], (
        "the executor does not return to an earlier target"
    )
    assert "ok" not in run.ends[:-1], "nobody is called after an answer"
    assert (run.outcome is not None) == (run.ends[-1:] == ["ok"])
    if run.outcome:
        assert run.outcome.target.model == called[-1]


@examples(150)
@given(st.data())
def test_laws_of_what_follows_from_a_failure(data: st.DataObject) -> None:
    run = Run(data)
    assert len(run.ends) == len(run.world.calls), "every call leaves its trace"
    for position, ended in enumerate(run.ends[:-1]):
        policy = POLICIES[ErrorClass(ended)]
        again = run.world.called[position + 1] == run.world.called[position]
        if again:
            assert policy.retry is not Retry.NEVER
        else:
            assert policy.falls_back or ended in run.also_on


@examples(150)
@given(st.data())
def test_laws_of_time(data: st.DataObject) -> None:
    run = Run(data)
    for call in run.world.calls:
        assert run.seconds - call.at >= 0.5, "no call begins in the last half second"
        assert 0 < call.seconds <= min(run.longest, run.seconds - call.at) + 1e-9
    assert run.world.clock.monotonic() <= run.seconds + 1e-9, (
        "nothing outlives the deadline, nor does anybody sleep past it"
    )
    if isinstance(run.error, DeadlineExceeded):
        assert run.seconds - run.world.clock.monotonic() < 0.5


@examples(150)
@given(st.data())
def test_every_candidate_is_accounted_for(data: st.DataObject) -> None:
    run = Run(data)
    if run.error:
        skipped = [skip["model"] for skip in run.error.details["skipped"]]
        assert run.error.headers["x-agentos-attempts"] == str(len(run.world.calls))
    else:
        assert run.outcome is not None
        skipped = [skip.model for skip in run.outcome.skipped]
    assert skipped[0] == "x:0"
    assert set(skipped).isdisjoint(run.world.called)
    assert len(set(skipped)) == len(skipped)


# --- no target is left out -------------------------------------------------------------------------

QUICK = st.sampled_from([0.0, 0.05, 0.1])
"""Seconds of a call that ends before the shortest timeout."""


@st.composite
def quick_steps(draw: st.DrawFn) -> Step:
    """A call that answers, fails at once, or hangs until it is given up."""
    fails = draw(st.none() | st.sampled_from([one for one in ErrorClass if one not in ENDING]))
    hangs = fails is ErrorClass.TIMEOUT
    return Step(None if hangs else fails, takes=HANG if hangs else draw(QUICK), headers=draw(HEADERS))


ENDING = (ErrorClass.CONTENT_FILTER, ErrorClass.CONTEXT_LENGTH)
"""Classes that leave out targets by rule: a block ends the turn, and a long prompt needs larger windows."""

RESTS = st.none() | st.builds(CoolDown, st.sampled_from([1.0, 20.0, 600.0]), st.booleans())


class Doubting(Unconcerned):
    """Health that refuses some targets, as it does while another caller probes them."""

    def __init__(self, refused: frozenset[str]) -> None:
        self._refused = refused

    def guard(self, target: Target, call: Callable[[], R]) -> R:
        if target.model in self._refused and target.cooling is None:
            raise CoolingDown(target.model)
        return call()


class Fair:
    """A run whose time and bound allow a first call for every target."""

    def __init__(self, data: st.DataObject) -> None:
        self.first = {name: data.draw(quick_steps(), label=name) for name in NAMES}
        scripts = {name: [step, data.draw(quick_steps(), label=f"{name} again")] for name, step in self.first.items()}
        names = data.draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1), label="targets")
        rests = {name: data.draw(RESTS, label=f"rest of {name}") for name in names}
        chain = [target(name).cooled(rest, "test") if (rest := rests[name]) else target(name) for name in names]
        self.chain = sorted(chain, key=cooling_order)
        refused = data.draw(st.frozensets(st.sampled_from(NAMES)), label="probed by others")
        limits = LIMITS.model_copy(update={"attempts": data.draw(st.integers(len(names), 7), label="attempts")})
        self.world = World(scripts, limits=limits, health=Doubting(refused))
        self.seconds = data.draw(st.sampled_from([len(names) + 1.0, 12.0, 26.0]), label="seconds")
        self.outcome: Outcome | None = None
        self.error: ApiError | None = None
        try:
            self.outcome = self.world.run(*self.chain, seconds=self.seconds)
        except ApiError as error:
            self.error = error

    @property
    def would_answer(self) -> bool:
        return any(self.first[one.model].fails is None and self.first[one.model].takes < HANG for one in self.chain)


@examples(400)
@given(st.data())
def test_the_client_gets_an_answer_whenever_some_target_would_answer(data: st.DataObject) -> None:
    run = Fair(data)
    if run.would_answer:
        assert run.outcome is not None
        skipped = {skip.model for skip in run.outcome.skipped}
        unneeded = {one.model for one in run.chain if one.cooling} - set(run.world.called)
        assert unneeded <= skipped


@examples(400)
@given(st.data())
def test_an_error_means_that_every_target_was_asked_and_failed(data: st.DataObject) -> None:
    run = Fair(data)
    if run.error:
        assert set(run.world.called) == {one.model for one in run.chain}
        assert run.error.details["skipped"] == []


@examples(300)
@given(st.data())
def test_targets_that_were_not_asked_before_an_error_are_named(data: st.DataObject) -> None:
    """For any bounds, an error names every target: as asked, or as skipped with the reason."""
    run = Run(data)
    blocked = run.ends[-1:] == ["content_filter"] and "content_filter" not in run.also_on
    if run.error and not blocked:
        named = {skip["model"] for skip in run.error.details["skipped"]} | set(run.world.called)
        assert {one.model for one in run.chain} <= named


# --- simulated failures ----------------------------------------------------------------------------


class Observed(Unconcerned):
    """Health and latencies that note whom they were asked about."""

    def __init__(self) -> None:
        self.models: set[str] = set()

    def guard(self, target: Target, call: Callable[[], R]) -> R:
        self.models.add(target.model)
        return call()

    def pause(self, target: Target, seconds: float) -> None:
        self.models.add(target.model)

    def observe(self, model: str, milliseconds: float, *, streamed: bool) -> None:
        self.models.add(model)


@examples(200)
@given(st.data())
def test_a_simulated_failure_has_the_consequences_of_a_real_one(data: st.DataObject) -> None:
    failing = data.draw(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(ErrorClass)), label="simulated")
    scripts = {name: [data.draw(STEPS, label=name)] * 2 for name in NAMES}
    real = {**scripts, **{name: [Step(kind, takes=0.0)] * 2 for name, kind in failing.items()}}
    chain = data.draw(TARGETS, label="targets")
    limits = LIMITS.model_copy(update={"attempts": data.draw(st.integers(1, 7), label="cap")})
    observed = Observed()
    ends = []
    for world, simulated in (
        (World(real, limits=limits), {}),
        (
            World(scripts, limits=limits, health=observed, latencies=observed),
            {name.partition(":")[0]: kind for name, kind in failing.items()},
        ),
    ):
        try:
            outcome = world.run(*chain, simulated=simulated)
            attempts, skipped, ended = outcome.attempts, outcome.skipped, outcome.target.model
            shown = [one.to_json() for one in attempts]
            left = [one.to_json() for one in skipped]
        except ApiError as error:
            shown, left, ended = error.details["attempts"], error.details["skipped"], error.code
        followed = [(one["model"], one["outcome"]) for one in shown]
        ends.append((followed, left, ended, world.clock.monotonic()))
        assert all(one.get("simulated", False) == (bool(simulated) and one["model"] in failing) for one in shown)
        assert all(one["latencyMs"] == 0 and one["usage"] is None for one in shown if one.get("simulated"))
    assert ends[0] == ends[1]
    assert observed.models.isdisjoint(failing)

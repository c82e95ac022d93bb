"""What holds for the executor whatever the targets do: any failures, any durations, any hints."""

from hypothesis import given
from hypothesis import strategies as st

from agentos.domain import Skipped, Target
from agentos.kernel.errors import ApiError, DeadlineExceeded, ErrorClass
from agentos.routing.execute import Outcome
from agentos.routing.policy import POLICIES, Retry
from tests.routing.scripted import HANG, LIMITS, Step, World, target
from tests.support.properties import examples

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
    """One run of the executor, with whatever hypothesis thinks of."""

    def __init__(self, data: st.DataObject) -> None:
        scripts = {name: data.draw(st.lists(STEPS, min_size=2, max_size=2), label=name) for name in NAMES}
        self.chain: tuple[Target, ...] = data.draw(TARGETS, label="targets")
        self.seconds = data.draw(st.sampled_from([0.1, 0.5, 0.7, 3.0, 26.0, 120.0]), label="seconds")
        self.longest = data.draw(st.sampled_from([0.2, 5.0, 60.0]), label="longest")
        self.cap = data.draw(st.integers(1, 7), label="cap")
        self.also_on = data.draw(st.sets(st.sampled_from(["content_filter", "rejected"])), label="fallbackOn")
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
def test_laws_of_who_is_called(data: st.DataObject) -> None:
    run = Run(data)
    called = run.world.called
    assert len(called) <= run.cap
    assert all(called.count(name) <= 2 for name in called)
    order = list(dict.fromkeys(called))
    planned = [one.model for one in run.chain]
    assert order == [name for name in planned if name in order], "the plan's order is kept"
    assert called == [name for name in order for _ in range(called.count(name))], "a target is not come back to"
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
        assert run.seconds - call.at >= 0.5, "nothing is begun in the last half second"
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
        assert run.error.headers == {"x-agentos-attempts": str(len(run.world.calls))}
    else:
        assert run.outcome is not None
        skipped = [skip.model for skip in run.outcome.skipped]
    assert skipped[0] == "x:0"
    assert set(skipped).isdisjoint(run.world.called)
    assert len(set(skipped)) == len(skipped)

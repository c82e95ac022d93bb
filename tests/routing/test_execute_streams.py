"""Streamed answers: before the first text, failures fall back as usual. After it, no other target is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos.domain import Target
from agentos.kernel.errors import ApiError, ContentFiltered, ErrorClass, UpstreamFailed
from agentos.routing.call import Delta
from agentos.routing.execute import Outcome
from agentos.routing.run_errors import broken_off_error
from tests.routing.scripted import HANG, LIMITS, Step, World
from tests.support.properties import examples

A, B = "a:one", "b:two"
WORDS = ("Hel", "lo")


class Listener:
    """Records the received text and the targets that sent it."""

    def __init__(self) -> None:
        self.received: list[tuple[str, int, str]] = []

    def __call__(self, target: Target, number: int, text: str) -> None:
        self.received.append((target.model, number, text))


def test_the_listener_learns_which_target_answers() -> None:
    listener = Listener()
    outcome = World({A: [Step(ErrorClass.SERVER)] * 2, B: [Step(says=WORDS)]}).run(A, B, listener=listener)
    assert listener.received == [(B, 3, "Hel"), (B, 3, "lo")]
    assert outcome.deltas == tuple(map(Delta, WORDS))
    assert not outcome.broken
    assert outcome.completion.text == "Hello"


@pytest.mark.parametrize("error_class", ErrorClass)
def test_an_answer_that_breaks_after_its_first_text_is_not_replaced(error_class: ErrorClass) -> None:
    listener = Listener()
    world = World({A: [Step(error_class, says=WORDS, headers={"retry-after": "1"})]})
    outcome = world.run(A, B, also_on=("content_filter",), listener=listener)
    assert world.called == [A]
    assert world.clock.slept == []
    assert (outcome.completion.text, outcome.completion.finish_reason) == ("Hello", "error")
    assert [attempt.outcome for attempt in outcome.attempts] == [error_class]
    error = broken_off_error(outcome.attempts, outcome.skipped)
    assert type(error) is (ContentFiltered if error_class is ErrorClass.CONTENT_FILTER else UpstreamFailed)
    assert [attempt["outcome"] for attempt in error.details["attempts"]] == [error_class]


@pytest.mark.parametrize("error_class", ErrorClass)
def test_thoughts_that_the_client_saw_are_the_begin_of_an_answer(error_class: ErrorClass) -> None:
    listener, thoughts = Listener(), Listener()
    world = World({A: [Step(error_class, thinks=WORDS)]})
    outcome = world.run(A, B, also_on=("content_filter",), listener=listener, on_reasoning=thoughts)
    assert world.called == [A]
    assert outcome.broken
    assert (outcome.completion.text, outcome.completion.reasoning) == ("", "Hello")
    assert (outcome.deltas, outcome.lengths) == (tuple(Delta(word, reasoning=True) for word in WORDS), (-3, -2))
    assert outcome.attempts[-1].usage is not None
    assert listener.received == []
    assert thoughts.received == [(A, 1, "Hel"), (A, 1, "lo")]


@pytest.mark.parametrize("error_class", [ErrorClass.SERVER, ErrorClass.BAD_RESPONSE, ErrorClass.CONNECT])
def test_thoughts_that_nobody_saw_do_not_forbid_a_fallback(error_class: ErrorClass) -> None:
    listener = Listener()
    world = World({A: [Step(error_class, thinks=WORDS)] * 2, B: [Step(says=WORDS, thinks=("Hm.",))]})
    outcome = world.run(A, B, listener=listener)
    assert outcome.target.model == B
    assert outcome.deltas == tuple(map(Delta, WORDS))


@pytest.mark.parametrize("error_class", ErrorClass)
def test_failures_before_the_first_text_fall_back_as_usual(error_class: ErrorClass) -> None:
    def ended(world: World, listener: Listener | None) -> list[str]:
        try:
            outcome = world.run(A, B, listener=listener)
        except ApiError as error:
            return [attempt["outcome"] for attempt in error.details["attempts"]]
        return [attempt.outcome for attempt in outcome.attempts]

    plain, received = World({A: [Step(error_class)] * 2}), World({A: [Step(error_class)] * 2})
    assert ended(received, Listener()) == ended(plain, None)
    assert (received.called, received.clock.slept) == (plain.called, plain.clock.slept)


def test_the_second_call_of_a_target_may_be_the_one_that_streams() -> None:
    listener = Listener()
    outcome = World({A: [Step(ErrorClass.CONNECT), Step(ErrorClass.CONNECT, says=WORDS)]}).run(A, B, listener=listener)
    assert [number for _, number, _ in listener.received] == [2, 2]
    assert outcome.broken


def test_a_call_has_its_share_until_its_first_text_and_then_the_whole_time() -> None:
    world = World({A: [Step(says=WORDS, begins=4, takes=200)]}, longest=5)
    outcome = world.run(A, B, seconds=298, listener=Listener())
    assert not outcome.broken
    assert (world.calls[0].seconds, world.calls[0].whole) == (5, 298)


def test_a_call_without_text_within_its_share_is_given_up() -> None:
    world = World({A: [Step(says=WORDS, begins=6, takes=200)]}, longest=5)
    outcome = world.run(A, B, seconds=298, listener=Listener())
    assert outcome.target.model == B
    assert [attempt.outcome for attempt in outcome.attempts] == ["timeout", "ok"]


def test_an_answer_that_does_not_end_in_time_is_broken_off() -> None:
    outcome = World({A: [Step(says=WORDS, takes=HANG)]}).run(A, B, seconds=30, listener=Listener())
    assert outcome.broken
    assert [attempt.outcome for attempt in outcome.attempts] == ["timeout"]


def test_a_client_that_leaves_during_an_answer_does_not_end_it() -> None:
    outcome = World({A: [Step(says=WORDS, takes=20)]}).run(A, B, seconds=30, gone_at=1, listener=Listener())
    assert not outcome.broken


STEPS = st.builds(
    Step,
    fails=st.none() | st.sampled_from(ErrorClass),
    takes=st.sampled_from([0.1, 5.0, HANG]),
    says=st.sampled_from([(), ("a",), ("a", "b")]),
    begins=st.sampled_from([0.0, 3.0, 100.0]),
)


@examples(200)
@given(
    scripts=st.fixed_dictionaries({name: st.lists(STEPS, min_size=2, max_size=2) for name in (A, B)}),
    also_on=st.sets(st.just("content_filter")),
    cap=st.integers(1, 4),
)
def test_laws_of_streams(scripts: dict[str, list[Step]], also_on: set[str], cap: int) -> None:
    listener, outcome = Listener(), None
    world = World(scripts, limits=LIMITS.model_copy(update={"attempts": cap}))
    try:
        outcome = world.run(A, B, also_on=tuple(also_on), listener=listener)
    except ApiError:
        assert listener.received == [], "an answer that has begun never ends as a plain error"
    assert len({(model, number) for model, number, _ in listener.received}) <= 1, "no client receives two answers"
    if listener.received:
        assert isinstance(outcome, Outcome)
        model, number, _ = listener.received[0]
        assert world.called[-1] == outcome.target.model == model
        assert number == len(outcome.attempts) == len(world.called)
        assert "".join(delta.text for delta in outcome.deltas) == outcome.completion.text
        assert (not outcome.broken) == (outcome.attempts[-1].outcome == "ok")

"""Targets that cool down, and callers that have gone, as the executor sees them."""

from collections.abc import Callable
from typing import TypeVar

import pytest

from agentos.domain import Target
from agentos.kernel.errors import DeadlineExceeded, ErrorClass, UpstreamFailed
from agentos.routing.health import CoolingDown
from tests.routing.scripted import ANSWERS, Step, Unconcerned, World

A, B, C = "a:one", "b:two", "c:three"
R = TypeVar("R")


class Refusing(Unconcerned):
    """Health that lets nobody at some models, as while another caller tries them; it notes the pauses asked for."""

    def __init__(self, *refused: str) -> None:
        self.refused = set(refused)
        self.pauses: list[tuple[str, float]] = []

    def guard(self, target: Target, call: Callable[[], R]) -> R:
        if target.model in self.refused and not target.despite_health:
            raise CoolingDown(target.model)
        return call()

    def pause(self, model: str, seconds: float) -> None:
        self.pauses.append((model, seconds))


class OneFailure(Refusing):
    """Health for which one failure is one too many."""

    def guard(self, target: Target, call: Callable[[], R]) -> R:
        try:
            return super().guard(target, call)
        finally:
            self.refused.add(target.model)


def test_a_target_that_another_caller_tries_is_skipped() -> None:
    world = World(health=Refusing(A))
    outcome = world.run(A, B)
    assert (outcome.target.model, world.called) == (B, [B])
    (skip,) = outcome.skipped
    assert (skip.model, skip.code) == (A, "cooling_down")
    assert [attempt.model for attempt in outcome.attempts] == [B], "no call, no attempt"


def test_if_all_are_refused_the_first_is_asked_all_the_same() -> None:
    world = World(health=Refusing(A, B, C))
    outcome = world.run(A, B, C)
    assert (outcome.target.model, world.called) == (A, [A])
    assert [skip.model for skip in outcome.skipped] == [B, C], "who is asked is not skipped"


def test_and_if_that_fails_so_does_the_turn() -> None:
    world = World({A: [Step(ErrorClass.QUOTA)]}, health=Refusing(A, B))
    with pytest.raises(UpstreamFailed) as caught:
        world.run(A, B)
    assert world.called == [A]
    assert [skip["model"] for skip in caught.value.details["skipped"]] == [B]


def test_nobody_in_doubt_is_asked_after_a_failure() -> None:
    world = World({A: [Step(ErrorClass.QUOTA)]}, health=Refusing(B))
    with pytest.raises(UpstreamFailed):
        world.run(A, B)
    assert world.called == [A]


def test_a_circuit_that_opens_ends_the_second_try_and_not_the_fallback() -> None:
    world = World({A: [Step(ErrorClass.SERVER, status=500), ANSWERS]}, health=OneFailure())
    outcome = world.run(A, B)
    assert world.called == [A, B]
    assert [(attempt.outcome, attempt.status) for attempt in outcome.attempts] == [("server", 500), ("ok", 200)]
    assert outcome.skipped == ()


@pytest.mark.parametrize(("error_class", "headers", "pauses"), [
    (ErrorClass.RATE_LIMITED, {"retry-after": "600"}, [(A, 600)]),
    (ErrorClass.SERVER, {"retry-after": "30"}, [(A, 30)]),
    (ErrorClass.QUOTA, {"retry-after": "30"}, [(A, 30)]),
    (ErrorClass.RATE_LIMITED, {"retry-after-ms": "999"}, []),  # over before anybody could heed it
    (ErrorClass.RATE_LIMITED, {}, []),
    (ErrorClass.REJECTED, {"retry-after": "600"}, []),
])  # fmt: skip
def test_a_pause_that_a_failing_target_names_is_passed_on(
    error_class: ErrorClass, headers: dict[str, str], pauses: list[tuple[str, float]]
) -> None:
    health = Refusing()
    World({A: [Step(error_class, headers=headers)] * 2}, health=health).run(A, B, also_on=("rejected",))
    assert health.pauses == pauses


def test_of_two_pauses_the_latest_is_passed_on() -> None:
    health = Refusing()
    steps = [Step(ErrorClass.RATE_LIMITED, headers={"retry-after": wait}) for wait in ("2", "90")]
    World({A: steps}, health=health).run(A, B)
    assert health.pauses == [(A, 90)]


# --- callers that have gone ----------------------------------------------------------------------


def test_nobody_is_called_for_a_caller_that_has_gone() -> None:
    world = World()
    with pytest.raises(DeadlineExceeded):
        world.run(A, B, gone_at=0)
    assert world.called == []


@pytest.mark.parametrize("error_class", [ErrorClass.SERVER, ErrorClass.TIMEOUT, ErrorClass.AUTH])
def test_nobody_is_called_once_the_caller_has_gone(error_class: ErrorClass) -> None:
    world = World({A: [Step(error_class, takes=2)] * 2})
    with pytest.raises(DeadlineExceeded) as caught:
        world.run(A, B, gone_at=1)
    assert world.called == [A]
    assert len(caught.value.details["attempts"]) == 1


def test_a_caller_that_goes_during_a_wait_is_not_served_after_it() -> None:
    world = World({A: [Step(ErrorClass.RATE_LIMITED, headers={"retry-after": "5"}), ANSWERS]})
    with pytest.raises(DeadlineExceeded):
        world.run(A, B, gone_at=3)
    assert (world.called, world.clock.slept) == ([A], [5.0])


def test_an_answer_that_is_there_already_is_not_thrown_away() -> None:
    assert World({A: [Step(takes=2)]}).run(A, gone_at=1).target.model == A

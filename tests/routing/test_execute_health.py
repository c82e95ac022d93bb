"""How the executor treats targets that cool down and clients that have left."""

from collections.abc import Callable
from typing import TypeVar

import pytest

from agentos.domain import CoolDown, Target
from agentos.kernel.errors import DeadlineExceeded, ErrorClass, UpstreamError, UpstreamFailed
from agentos.routing.health import CoolingDown
from tests.routing.scripted import ANSWERS, HANG, Step, Unconcerned, World, target

A, B, C = "a:one", "b:two", "c:three"
R = TypeVar("R")


class Refusing(Unconcerned):
    """Health that refuses some models, as while another caller probes them. It records the named pauses."""

    def __init__(self, *refused: str) -> None:
        self.refused = set(refused)
        self.pauses: list[tuple[str, float]] = []

    def guard(self, target: Target, call: Callable[[], R]) -> R:
        if target.model in self.refused and target.cooling is None:
            raise CoolingDown(target.model)
        return call()

    def pause(self, target: Target, seconds: float) -> None:
        self.pauses.append((target.model, seconds))


class OneFailure(Refusing):
    """Health that opens a circuit at the first failure."""

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


def test_if_health_refuses_all_targets_the_first_is_still_asked() -> None:
    world = World(health=Refusing(A, B, C))
    outcome = world.run(A, B, C)
    assert (outcome.target.model, world.called) == (A, [A])
    assert [skip.model for skip in outcome.skipped] == [B, C], "a target that is asked is not skipped"


def test_if_that_first_target_fails_the_others_are_asked() -> None:
    world = World({model: [Step(ErrorClass.QUOTA)] for model in (A, B)}, health=Refusing(A, B, C))
    assert world.run(A, B, C).target.model == C
    assert world.called == [A, B, C]


def test_a_target_in_doubt_is_asked_when_the_healthy_ones_have_failed() -> None:
    world = World({A: [Step(ErrorClass.QUOTA)], C: [Step(ErrorClass.BAD_RESPONSE)]}, health=Refusing(B))
    outcome = world.run(A, B, C)
    assert (outcome.target.model, world.called) == (B, [A, C, B])
    assert outcome.skipped == ()


def cooling(name: str, seconds: float, *, named: bool = False) -> Target:
    return target(name).cooled(CoolDown(seconds, named=named), f"failing lately; tried again in {seconds:.0f} s")


def test_a_target_that_is_being_probed_comes_before_those_with_a_rest() -> None:
    world = World({C: [Step(ErrorClass.AUTH)]}, health=Refusing(A))
    outcome = world.run(A, C, cooling(B, 5))
    assert (outcome.target.model, world.called) == (A, [C, A])
    assert [skip.model for skip in outcome.skipped] == [B]


def test_cooling_targets_that_were_not_needed_are_skipped_as_such() -> None:
    outcome = World().run(A, cooling(B, 12), cooling(C, 90, named=True))
    assert [skip.to_json() for skip in outcome.skipped] == [
        {"model": B, "reason": "cooling_down: failing lately; tried again in 12 s"},
        {"model": C, "reason": "cooling_down: failing lately; tried again in 90 s"},
    ]


def test_the_remaining_pause_of_a_cooling_target_is_a_known_wait() -> None:
    scripts = {model: [Step(ErrorClass.AUTH)] for model in (A, B)}
    with pytest.raises(UpstreamFailed) as caught:
        World(scripts).run(A, cooling(B, 12))
    assert caught.value.headers["retry-after"] == "12"


# --- timeouts that do not count against health ---------------------------------------------------


class Judging(Unconcerned):
    """Health that records which failures count."""

    def __init__(self) -> None:
        self.excused: list[bool] = []

    def guard(self, target: Target, call: Callable[[], R]) -> R:
        try:
            return call()
        except UpstreamError as error:
            self.excused.append(error.excused)
            raise


@pytest.mark.parametrize(("seconds", "longest", "excused"), [
    (26, 60, [False, True]),  # the server's own bounds; what a first target leaves is less than usual
    (26, 3, [False, False]),  # a provider that has only 3 s by configuration
    (1, 60, [True, True]),  # an agent's timeoutSeconds, or a client's bound
    (10, 60, [True, True]),
    (1, 0.5, [False, False]),
])  # fmt: skip
def test_a_timeout_under_a_short_bound_does_not_count_against_health(
    seconds: float, longest: float, excused: list[bool]
) -> None:
    health = Judging()
    world = World({model: [Step(takes=HANG)] * 2 for model in (A, B)}, longest=longest, health=health)
    with pytest.raises(UpstreamFailed):
        world.run(A, B, seconds=seconds)
    assert health.excused[:2] == excused


def test_another_failure_counts_under_any_bound() -> None:
    health = Judging()
    World({A: [Step(ErrorClass.AUTH)]}, health=health).run(A, B, seconds=2)
    assert health.excused == [False]


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
    (ErrorClass.RATE_LIMITED, {"retry-after-ms": "999"}, []),  # over before anybody could respect it
    (ErrorClass.RATE_LIMITED, {}, []),
    (ErrorClass.REJECTED, {"retry-after": "600"}, []),
])  # fmt: skip
def test_a_pause_that_a_failing_target_names_is_passed_on(
    error_class: ErrorClass, headers: dict[str, str], pauses: list[tuple[str, float]]
) -> None:
    health = Refusing()
    World({A: [Step(error_class, headers=headers)] * 2}, health=health).run(A, B)
    assert health.pauses == pauses


def test_of_two_pauses_the_latest_is_passed_on() -> None:
    health = Refusing()
    steps = [Step(ErrorClass.RATE_LIMITED, headers={"retry-after": wait}) for wait in ("2", "90")]
    World({A: steps}, health=health).run(A, B)
    assert health.pauses == [(A, 90)]


# --- clients that have left ----------------------------------------------------------------------


def test_no_target_is_called_for_a_client_that_has_left() -> None:
    world = World()
    with pytest.raises(DeadlineExceeded):
        world.run(A, B, gone_at=0)
    assert world.called == []


@pytest.mark.parametrize("error_class", [ErrorClass.SERVER, ErrorClass.TIMEOUT, ErrorClass.AUTH])
def test_no_target_is_called_once_the_client_has_left(error_class: ErrorClass) -> None:
    world = World({A: [Step(error_class, takes=2)] * 2})
    with pytest.raises(DeadlineExceeded) as caught:
        world.run(A, B, gone_at=1)
    assert world.called == [A]
    assert len(caught.value.details["attempts"]) == 1


def test_no_target_is_called_after_a_wait_in_which_the_client_left() -> None:
    world = World({A: [Step(ErrorClass.RATE_LIMITED, headers={"retry-after": "5"}), ANSWERS]})
    with pytest.raises(DeadlineExceeded):
        world.run(A, B, gone_at=3)
    assert (world.called, world.clock.slept) == ([A], [5.0])


def test_an_answer_that_came_already_is_not_dropped() -> None:
    assert World({A: [Step(takes=2)]}).run(A, gone_at=1).target.model == A

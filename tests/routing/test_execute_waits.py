"""How long the executor waits before it asks the same target again, and when it does not ask again."""

import pytest

from agentos.kernel.errors import ErrorClass, UpstreamFailed
from agentos.routing.policy import BACKOFF_SECONDS
from tests.routing.scripted import ANSWERS, Step, World

A, B = "a:one", "b:two"


@pytest.mark.parametrize("error_class", [ErrorClass.CONNECT, ErrorClass.SERVER])
def test_a_dropped_connection_is_retried_once_after_a_short_pause(error_class: ErrorClass) -> None:
    world = World({A: [Step(error_class)] * 10})
    assert world.run(A, B).target.model == B
    assert world.called == [A, A, B]
    assert world.clock.slept == [BACKOFF_SECONDS]  # all of it, on a clock whose jitter is


@pytest.mark.parametrize(("headers", "waited"), [
    ({"retry-after": "2"}, [2.0]),
    ({"retry-after": "0"}, [0.0]),
    ({"retry-after-ms": "250"}, [0.25]),
    ({"retry-after": "Sun, 22 Nov 2026 12:00:04 GMT"}, [3.9]),  # the failed call took 0.1 s
    ({"retry-after": "17"}, [17.0]),
    ({"retry-after": "17.5"}, []),  # 25.9 s are left, 8 of them for the fallback
    ({"retry-after": "3600"}, []),
    ({"retry-after": "-1"}, []),
    ({"retry-after": "soon"}, []),
    ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT"}, []),
    ({}, []),
])  # fmt: skip
def test_a_rate_limit_is_waited_for_only_if_the_wait_is_named_and_fits(
    headers: dict[str, str], waited: list[float]
) -> None:
    world = World({A: [Step(ErrorClass.RATE_LIMITED, headers=headers)] * 5})
    assert world.run(A, B, seconds=26).target.model == B
    assert world.clock.slept == pytest.approx(waited, abs=0.001)
    assert world.called == ([A, A, B] if waited else [A, B])


@pytest.mark.parametrize(("hint", "with_another", "alone"), [
    ("0.1", [BACKOFF_SECONDS], [BACKOFF_SECONDS]), ("5", [], [5.0]), ("25", [], [25.0]), ("60", [], []),
])  # fmt: skip
def test_a_broken_server_that_names_a_wait_is_not_asked_earlier(
    hint: str, with_another: list[float], alone: list[float]
) -> None:
    steps = [Step(ErrorClass.SERVER, headers={"retry-after": hint}), ANSWERS]
    world = World({A: steps})
    assert world.run(A, B).target.model == (A if with_another else B)
    assert world.clock.slept == with_another
    world = World({A: steps})
    if alone:
        assert world.run(A).target.model == A
    else:
        with pytest.raises(UpstreamFailed):
            world.run(A)
    assert world.clock.slept == alone


def test_a_wait_may_use_the_fallbacks_time_where_there_is_no_fallback() -> None:
    world = World({A: [Step(ErrorClass.RATE_LIMITED, headers={"retry-after": "20"}), ANSWERS]})
    assert world.run(A, seconds=26).target.model == A
    assert world.clock.slept == [20.0]


def test_a_targets_own_limit_bounds_its_calls_and_not_the_wait_between_them() -> None:
    steps = [Step(ErrorClass.RATE_LIMITED, headers={"retry-after": "9"}), ANSWERS]
    world = World({A: steps}, longest=5)
    assert world.run(A, B, seconds=26).target.model == A
    assert (world.clock.slept, [call.seconds for call in world.calls]) == ([9.0], [5, 5])


def test_a_retry_answers() -> None:
    outcome = World({A: [Step(ErrorClass.SERVER, status=503), ANSWERS]}).run(A, B)
    assert outcome.target.model == A
    assert [attempt.outcome for attempt in outcome.attempts] == ["server", "ok"]


def test_a_retry_that_fails_otherwise_is_followed_by_what_that_failure_asks_for() -> None:
    world = World({A: [Step(ErrorClass.SERVER), Step(ErrorClass.REJECTED)]})
    assert world.run(A, B).target.model == B
    assert world.called == [A, A, B]

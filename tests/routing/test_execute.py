"""Who is asked after which failure, how often, for how long, and what the client is told in the end."""

import pytest

from agentos.domain import Skipped
from agentos.kernel.errors import (
    ApiError,
    ContentFiltered,
    ContextLengthExceeded,
    DeadlineExceeded,
    ErrorClass,
    NoProviderAvailable,
    ProviderRejected,
    UpstreamError,
    UpstreamFailed,
)
from tests.routing.scripted import ANSWERS, HANG, LIMITS, Step, World, target

A, B, C = "a:one", "b:two", "c:three"

# class: (calls of A and B when A fails once, calls of A when it is alone and always fails, what the client is told)
ROWS = {
    ErrorClass.AUTH: ([A, B], 1, UpstreamFailed),
    ErrorClass.QUOTA: ([A, B], 1, UpstreamFailed),
    ErrorClass.RATE_LIMITED: ([A, B], 1, UpstreamFailed),
    ErrorClass.TIMEOUT: ([A, B], 2, UpstreamFailed),
    ErrorClass.CONNECT: ([A, A], 2, UpstreamFailed),
    ErrorClass.SERVER: ([A, A], 2, UpstreamFailed),
    ErrorClass.BAD_RESPONSE: ([A, B], 1, UpstreamFailed),
    ErrorClass.MODEL_NOT_FOUND: ([A, B], 1, UpstreamFailed),
    ErrorClass.CONTEXT_LENGTH: ([A, B], 1, ContextLengthExceeded),
    ErrorClass.CONTENT_FILTER: ([A], 1, ContentFiltered),
    ErrorClass.REJECTED: ([A], 1, ProviderRejected),
}


def always(error_class: ErrorClass) -> list[Step]:
    return [Step(error_class)] * 10


@pytest.mark.parametrize("error_class", ROWS)
def test_who_is_asked_after_one_failure(error_class: ErrorClass) -> None:
    called, _, told = ROWS[error_class]
    world = World({A: [Step(error_class), ANSWERS]})
    if called == [A]:
        with pytest.raises(told):
            world.run(A, B)
    else:
        assert world.run(A, B).target.model == called[-1]
    assert world.called == called


@pytest.mark.parametrize("error_class", ROWS)
def test_what_the_client_is_told_when_the_only_target_fails(error_class: ErrorClass) -> None:
    _, calls, told = ROWS[error_class]
    world = World({A: always(error_class)})
    with pytest.raises(ApiError) as caught:
        world.run(A)
    assert type(caught.value) is told
    assert world.called == [A] * calls
    assert isinstance(caught.value.__cause__, UpstreamError)


@pytest.mark.parametrize("error_class", [row for row in ROWS if ROWS[row][2] is UpstreamFailed])
def test_every_target_is_tried_before_the_client_is_told_of_failure(error_class: ErrorClass) -> None:
    world = World({model: always(error_class) for model in (A, B, C)})
    with pytest.raises(UpstreamFailed) as caught:
        world.run(A, B, C)
    assert [model for model in (A, B, C) if model in world.called] == [A, B, C]
    assert caught.value.headers == {"x-agentos-attempts": str(len(world.calls))}
    assert len(caught.value.details["attempts"]) == len(world.calls)


def test_the_last_failure_decides_what_the_client_is_told() -> None:
    for last, told in ((ErrorClass.REJECTED, ProviderRejected), (ErrorClass.CONTENT_FILTER, ContentFiltered)):
        with pytest.raises(told):
            World({A: always(ErrorClass.QUOTA), B: always(last)}).run(A, B)


def test_nothing_to_try() -> None:
    world = World()
    skipped = (Skipped(model=A, reason="not_configured: A_API_KEY is not set"),)
    with pytest.raises(NoProviderAvailable) as caught:
        world.run(skipped=skipped)
    assert caught.value.details == {"attempts": [], "skipped": [skipped[0].to_json()]}
    assert caught.value.headers == {"x-agentos-attempts": "0"}
    assert world.calls == []


@pytest.mark.parametrize("error_class", [ErrorClass.CONTENT_FILTER, ErrorClass.REJECTED])
def test_classes_that_fall_back_only_where_the_agent_says_so(error_class: ErrorClass) -> None:
    world = World({A: always(error_class)})
    assert world.run(A, B, also_on=(error_class.value,)).target.model == B
    assert world.called == [A, B]
    (other,) = {"content_filter", "rejected"} - {error_class.value}
    with pytest.raises(ROWS[error_class][2]):
        World({A: always(error_class)}).run(A, B, also_on=(other,))


# --- time -------------------------------------------------------------------------------------


def test_a_target_may_use_what_the_deadline_leaves_for_it_and_one_fallback() -> None:
    world = World({A: [Step(takes=HANG)], B: [Step(takes=HANG)]})
    assert world.run(A, B, C, seconds=26).target.model == C
    assert [call.seconds for call in world.calls] == [18, 4, 4]  # 26 - 8; half of 8; the rest


def test_a_targets_own_limit_comes_first_where_it_is_shorter() -> None:
    world = World({A: [Step(takes=HANG)]}, longest=5)
    assert world.run(A, B, seconds=26).target.model == B
    assert [call.seconds for call in world.calls] == [5, 5]


def test_a_timeout_of_the_last_target_is_retried_while_there_is_time() -> None:
    world = World({A: [Step(takes=HANG)] * 5}, longest=5)
    with pytest.raises(UpstreamFailed):
        world.run(A, seconds=26)
    assert [(call.seconds, call.at) for call in world.calls] == [(5, 0), (5, 5)]
    assert world.clock.slept in ([], [0.0])


def test_the_only_target_hanging_until_the_deadline_is_a_failure_of_the_target() -> None:
    world = World({A: [Step(takes=HANG)]})
    with pytest.raises(UpstreamFailed) as caught:
        world.run(A, seconds=26)
    assert [call.seconds for call in world.calls] == [26]
    assert [attempt["outcome"] for attempt in caught.value.details["attempts"]] == ["timeout"]


def test_the_deadline_cutting_the_list_short_is_told_as_such() -> None:
    world = World({model: [Step(takes=HANG)] * 2 for model in (A, B, C)}, limits=LIMITS.model_copy(
        update={"fallback_reserve_seconds": 0.2}
    ))  # fmt: skip
    with pytest.raises(DeadlineExceeded) as caught:
        world.run(A, B, C, seconds=10)
    assert world.called == [A]
    assert [attempt["model"] for attempt in caught.value.details["attempts"]] == [A]
    assert caught.value.headers == {"x-agentos-attempts": "1"}


def test_no_call_is_begun_with_less_than_half_a_second() -> None:
    world = World()
    with pytest.raises(DeadlineExceeded):
        world.run(A, seconds=0.49)
    assert world.calls == []
    assert World().run(A, seconds=0.5).target.model == A


def test_no_retry_is_begun_with_less_than_half_a_second() -> None:
    world = World({A: [Step(ErrorClass.SERVER, takes=9.3)] * 5})
    with pytest.raises(UpstreamFailed):
        world.run(A, seconds=10)  # 0.7 s are left, 0.25 of them for the pause
    assert world.called == [A]


# --- the cap ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("cap", "called"), [(1, [A]), (2, [A, A]), (3, [A, A, B]), (5, [A, A, B, B, C])])
def test_the_number_of_calls_is_capped_over_all_targets(cap: int, called: list[str]) -> None:
    limits = LIMITS.model_copy(update={"attempts": cap})
    world = World({model: always(ErrorClass.SERVER) for model in (A, B, C)}, limits=limits)
    with pytest.raises(UpstreamFailed):
        world.run(A, B, C)
    assert world.called == called


# --- context windows --------------------------------------------------------------------------


def test_a_prompt_that_is_too_long_goes_only_to_larger_windows() -> None:
    world = World({"a:one": always(ErrorClass.CONTEXT_LENGTH), "d:large": always(ErrorClass.CONTEXT_LENGTH)})
    outcome = world.run(
        target("a:one", 8000),
        target("b:same", 8000),
        target("c:small", 4000),
        target("d:large", 32000),
        target("e:middle", 16000),
        target("f:unknown"),
    )
    assert world.called == ["a:one", "d:large", "f:unknown"]
    assert [(skip.model, skip.reason.partition(":")[0]) for skip in outcome.skipped] == [
        ("b:same", "context_length"),
        ("c:small", "context_length"),
        ("e:middle", "context_length"),
    ]
    assert "8000" in outcome.skipped[0].reason


def test_no_larger_window_is_left() -> None:
    world = World({A: always(ErrorClass.CONTEXT_LENGTH)})
    with pytest.raises(ContextLengthExceeded) as caught:
        world.run(target(A, 8000), target(B, 8000))
    assert world.called == [A]
    assert [skip["model"] for skip in caught.value.details["skipped"]] == [B]


def test_a_window_that_is_not_known_rules_nobody_out() -> None:
    world = World({A: always(ErrorClass.CONTEXT_LENGTH)})
    assert world.run(target(A), target(B, 100)).target.model == B


# --- the trace --------------------------------------------------------------------------------


def test_every_call_leaves_its_trace() -> None:
    world = World({
        A: [Step(ErrorClass.SERVER, takes=1.25, status=503), Step(ErrorClass.CONNECT, takes=0.5)],
        B: [Step(ErrorClass.QUOTA, takes=0.0004, status=429)],
        C: [Step(takes=2)],
    })  # fmt: skip
    skipped = (Skipped(model="x:gone", reason="not_configured: X_API_KEY is not set"),)
    outcome = world.run(A, B, C, skipped=skipped)
    assert outcome.completion.text == f"from {C}"
    assert outcome.skipped == skipped
    fields = ("model", "provider", "upstreamModel", "outcome", "status", "latencyMs")
    assert [tuple(attempt.to_json()[field] for field in fields) for attempt in outcome.attempts] == [
        (A, "a", "one-upstream", "server", 503, 1250),
        (A, "a", "one-upstream", "connect", None, 500),
        (B, "b", "two-upstream", "quota", 429, 0),
        (C, "c", "three-upstream", "ok", 200, 2000),
    ]


def test_the_plan_is_left_as_it_was() -> None:
    world = World({A: always(ErrorClass.CONTEXT_LENGTH)})
    chain = (target(A, 8000), target(B, 8000), target(C, 9000))
    world.run(*chain)
    assert [one.model for one in chain] == [A, B, C]

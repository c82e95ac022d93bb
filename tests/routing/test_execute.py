"""Which target is asked after which failure, how often, for how long, and which error the client gets."""

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

# class: (calls of A and B when A fails once, calls of A when it is alone and always fails, the client's error)
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
    ErrorClass.REJECTED: ([A, B], 1, ProviderRejected),
}


def always(error_class: ErrorClass) -> list[Step]:
    return [Step(error_class)] * 10


@pytest.mark.parametrize("error_class", ROWS)
def test_which_target_is_asked_after_one_failure(error_class: ErrorClass) -> None:
    called, _, reported = ROWS[error_class]
    world = World({A: [Step(error_class), ANSWERS]})
    if called == [A]:
        with pytest.raises(reported):
            world.run(A, B)
    else:
        assert world.run(A, B).target.model == called[-1]
    assert world.called == called


@pytest.mark.parametrize("error_class", ROWS)
def test_which_error_the_client_gets_when_the_only_target_fails(error_class: ErrorClass) -> None:
    _, calls, reported = ROWS[error_class]
    world = World({A: always(error_class)})
    with pytest.raises(ApiError) as caught:
        world.run(A)
    assert type(caught.value) is reported
    assert world.called == [A] * calls
    assert isinstance(caught.value.__cause__, UpstreamError)


@pytest.mark.parametrize("error_class", [row for row in ROWS if ROWS[row][2] is UpstreamFailed])
def test_every_target_is_tried_before_the_client_gets_an_error(error_class: ErrorClass) -> None:
    world = World({model: always(error_class) for model in (A, B, C)})
    with pytest.raises(UpstreamFailed) as caught:
        world.run(A, B, C)
    assert [model for model in (A, B, C) if model in world.called] == [A, B, C]
    assert caught.value.headers == {"x-agentos-attempts": str(len(world.calls))}
    assert len(caught.value.details["attempts"]) == len(world.calls)


REJECTED, BLOCKED, LENGTH, QUOTA = (
    ErrorClass.REJECTED, ErrorClass.CONTENT_FILTER, ErrorClass.CONTEXT_LENGTH, ErrorClass.QUOTA
)  # fmt: skip


@pytest.mark.parametrize(("first", "second", "also_on", "reported"), [
    (REJECTED, REJECTED, (), ProviderRejected),
    (QUOTA, REJECTED, (), UpstreamFailed),
    (REJECTED, QUOTA, (), UpstreamFailed),
    (LENGTH, LENGTH, (), ContextLengthExceeded),
    (LENGTH, REJECTED, (), UpstreamFailed),
    (QUOTA, BLOCKED, (), ContentFiltered),  # a block ends the turn, whatever failed before it
    (BLOCKED, BLOCKED, ("content_filter",), ContentFiltered),
    (BLOCKED, QUOTA, ("content_filter",), UpstreamFailed),
])  # fmt: skip
def test_failures_of_one_class_have_its_code_and_mixed_ones_are_upstream_failed(
    first: ErrorClass, second: ErrorClass, also_on: tuple[str, ...], reported: type[ApiError]
) -> None:
    with pytest.raises(ApiError) as caught:
        World({A: always(first), B: always(second)}).run(A, B, also_on=also_on)
    assert type(caught.value) is reported


def test_of_a_targets_two_failures_the_last_counts() -> None:
    with pytest.raises(ProviderRejected):
        World({A: [Step(ErrorClass.SERVER), Step(REJECTED)], B: always(REJECTED)}).run(A, B)


# --- how long to wait ---------------------------------------------------------------------------


def wait(seconds: str, error_class: ErrorClass = ErrorClass.RATE_LIMITED) -> list[Step]:
    return [Step(error_class, headers={"retry-after": seconds})] * 10


@pytest.mark.parametrize(("steps", "retry_after"), [
    ({A: wait("60")}, "60"),
    ({A: wait("60"), B: always(ErrorClass.BAD_RESPONSE)}, "60"),
    ({A: wait("600"), B: wait("90", QUOTA)}, "90"),
    ({A: always(ErrorClass.BAD_RESPONSE), B: always(ErrorClass.AUTH)}, None),
    ({A: wait("60", REJECTED), B: always(ErrorClass.AUTH)}, None),
])  # fmt: skip
def test_a_failed_turn_names_the_shortest_known_wait(steps: dict[str, list[Step]], retry_after: str | None) -> None:
    with pytest.raises(UpstreamFailed) as caught:
        World(steps).run(*steps)
    assert caught.value.headers.get("retry-after") == retry_after


def test_a_plan_without_targets_is_an_error() -> None:
    world = World()
    skipped = (Skipped(model=A, reason="not_configured: A_API_KEY is not set"),)
    with pytest.raises(NoProviderAvailable) as caught:
        world.run(skipped=skipped)
    assert caught.value.details == {"attempts": [], "skipped": [skipped[0].to_json()]}
    assert caught.value.headers == {"x-agentos-attempts": "0"}
    assert world.calls == []


def test_a_block_falls_back_only_where_the_agent_says_so() -> None:
    world = World({A: always(BLOCKED)})
    assert world.run(A, B, also_on=("content_filter",)).target.model == B
    assert world.called == [A, B]
    with pytest.raises(ContentFiltered):
        World({A: always(BLOCKED)}).run(A, B)


# --- time -------------------------------------------------------------------------------------


def test_a_target_may_use_the_time_that_is_left_but_for_one_fallback() -> None:
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


def test_a_list_that_the_deadline_cuts_short_is_reported_as_such() -> None:
    world = World({model: [Step(takes=HANG)] * 2 for model in (A, B, C)})
    with pytest.raises(DeadlineExceeded) as caught:
        world.run(A, B, C, seconds=0.9)
    assert world.called == [A]
    assert [attempt["model"] for attempt in caught.value.details["attempts"]] == [A]
    not_tried = "not_tried: the turn's time was over"
    assert caught.value.details["skipped"] == [{"model": model, "reason": not_tried} for model in (B, C)]
    assert caught.value.headers == {"x-agentos-attempts": "1"}


def test_every_target_has_a_part_of_the_time_however_many_there_are() -> None:
    limits = LIMITS.model_copy(update={"attempts": 12})
    names = [f"p:{number}" for number in range(12)]
    world = World({name: [Step(takes=HANG)] for name in names[:-1]}, limits=limits)
    assert world.run(*names, seconds=26).target.model == names[-1]
    assert min(call.seconds for call in world.calls) >= 0.5


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


@pytest.mark.parametrize(("cap", "called"), [
    (1, [A]), (2, [A, B]), (3, [A, B, C]), (4, [A, A, B, C]), (5, [A, A, B, B, C]), (9, [A, A, B, B, C, C]),
])  # fmt: skip
def test_the_number_of_calls_is_capped_over_all_targets(cap: int, called: list[str]) -> None:
    limits = LIMITS.model_copy(update={"attempts": cap})
    world = World({model: always(ErrorClass.SERVER) for model in (A, B, C)}, limits=limits)
    with pytest.raises(UpstreamFailed) as caught:
        world.run(A, B, C)
    assert world.called == called
    missed = [model for model in (A, B, C) if model not in called]
    reason = "not_tried: limits.attempts was reached"
    assert caught.value.details["skipped"] == [{"model": model, "reason": reason} for model in missed]


@pytest.mark.parametrize("error_class", [ErrorClass.SERVER, ErrorClass.CONNECT])
def test_three_broken_targets_do_not_starve_a_good_fourth(error_class: ErrorClass) -> None:
    world = World({model: always(error_class) for model in (A, B, C)})
    assert world.run(A, B, C, "d:four").target.model == "d:four"
    assert world.called == [A, A, B, B, C, "d:four"]


def test_a_good_target_beyond_the_bound_is_named() -> None:
    names = [f"p:{number}" for number in range(7)]
    world = World({name: always(ErrorClass.MODEL_NOT_FOUND) for name in names[:6]})
    with pytest.raises(UpstreamFailed) as caught:
        world.run(*names)
    assert world.called == names[:6]
    assert [skip["model"] for skip in caught.value.details["skipped"]] == [names[6]]


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


def test_an_unknown_window_rules_no_target_out() -> None:
    world = World({A: always(ErrorClass.CONTEXT_LENGTH)})
    assert world.run(target(A), target(B, 100)).target.model == B


# --- the trace --------------------------------------------------------------------------------


def test_every_call_is_recorded_as_an_attempt() -> None:
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


def test_the_executor_does_not_change_the_plan() -> None:
    world = World({A: always(ErrorClass.CONTEXT_LENGTH)})
    chain = (target(A, 8000), target(B, 8000), target(C, 9000))
    world.run(*chain)
    assert [one.model for one in chain] == [A, B, C]

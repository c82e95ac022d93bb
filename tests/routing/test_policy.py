"""Every error class has the policy of the design's table."""

from agentos.kernel.errors import ErrorClass
from agentos.routing.policy import BACKOFF_SECONDS, POLICIES, Retry

YES, NO = True, False

# class: (same target again, next target, counts against health)
TABLE = {
    "auth": (Retry.NEVER, YES, YES),
    "quota": (Retry.NEVER, YES, YES),
    "rate_limited": (Retry.AFTER_HINT, YES, YES),
    "timeout": (Retry.IF_LAST, YES, YES),
    "connect": (Retry.AFTER_BACKOFF, YES, YES),
    "server": (Retry.AFTER_BACKOFF, YES, YES),
    "bad_response": (Retry.NEVER, YES, YES),
    "model_not_found": (Retry.NEVER, YES, YES),
    "context_length": (Retry.NEVER, YES, NO),
    "content_filter": (Retry.NEVER, NO, NO),
    "rejected": (Retry.NEVER, YES, NO),
}


def test_every_error_class_has_the_documented_policy() -> None:
    assert {str(name): (policy.retry, policy.falls_back, policy.counts) for name, policy in POLICIES.items()} == TABLE


def test_every_error_class_has_a_policy() -> None:
    assert set(POLICIES) == set(ErrorClass)


def test_a_backoff_is_at_most_a_quarter_of_a_second() -> None:
    assert 0 < BACKOFF_SECONDS <= 0.25

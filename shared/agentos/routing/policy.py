"""What follows from each class of failure. The one table that retry, fallback and health are decided by."""

from enum import Enum, auto
from typing import NamedTuple

from agentos.kernel.errors import ErrorClass


class Retry(Enum):
    """Whether the same target gets a second call."""

    NEVER = auto()
    AFTER_HINT = auto()
    """Once, if the provider named a wait and it fits."""
    AFTER_BACKOFF = auto()
    """Once, after a short random pause; a longer one that the provider names only when no other target is left."""
    IF_LAST = auto()
    """Once, when no other target is left."""


class Policy(NamedTuple):
    """`falls_back`: whether another target may help; `counts`: whether the target's health suffers."""

    retry: Retry
    falls_back: bool
    counts: bool


POLICIES = {
    ErrorClass.AUTH: Policy(Retry.NEVER, falls_back=True, counts=True),
    ErrorClass.QUOTA: Policy(Retry.NEVER, falls_back=True, counts=True),
    ErrorClass.RATE_LIMITED: Policy(Retry.AFTER_HINT, falls_back=True, counts=True),
    ErrorClass.TIMEOUT: Policy(Retry.IF_LAST, falls_back=True, counts=True),
    ErrorClass.CONNECT: Policy(Retry.AFTER_BACKOFF, falls_back=True, counts=True),
    ErrorClass.SERVER: Policy(Retry.AFTER_BACKOFF, falls_back=True, counts=True),
    ErrorClass.BAD_RESPONSE: Policy(Retry.NEVER, falls_back=True, counts=True),
    ErrorClass.MODEL_NOT_FOUND: Policy(Retry.NEVER, falls_back=True, counts=True),
    ErrorClass.CONTEXT_LENGTH: Policy(Retry.NEVER, falls_back=True, counts=False),
    ErrorClass.CONTENT_FILTER: Policy(Retry.NEVER, falls_back=False, counts=False),
    ErrorClass.REJECTED: Policy(Retry.NEVER, falls_back=True, counts=False),
}

BACKOFF_SECONDS = 0.25
"""The longest pause before a target that dropped the connection or answered 5xx is asked again."""

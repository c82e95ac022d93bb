"""Which error the client gets for a run of a plan that failed: its kind, its words, and what was tried.

Failures of one class have a code of their own; of several they are `upstream_failed`.
"""

from collections.abc import Collection, Sequence
from typing import Any

from agentos.domain import Attempt, SkipCode, Skipped
from agentos.kernel.errors import (
    ApiError,
    ContentFiltered,
    ContextLengthExceeded,
    DeadlineExceeded,
    ErrorClass,
    Forbidden,
    NoProviderAvailable,
    ProviderRejected,
    Unsupported,
    UpstreamFailed,
)

_MESSAGES: dict[type[ApiError], str] = {
    NoProviderAvailable: "No provider could be tried; details.skipped says why.",
    Forbidden: "The key allows none of the models of this message; details.skipped lists them.",
    Unsupported: "No model that is left can do what this message needs: {capabilities}.",
    UpstreamFailed: "Every provider that could be tried failed; details.attempts says how.",
    DeadlineExceeded: "The time for this message ran out before every provider had been tried.",
    ContentFiltered: "The provider withheld an answer for reasons of safety.",
    ProviderRejected: "Every provider that was asked found fault with the request itself.",
    ContextLengthExceeded: "The conversation is longer than the context window of every model left to try.",
}


def message(kind: type[ApiError], skipped: Sequence[Skipped]) -> str:
    """The words of the error."""
    lacking = {skip.reason.partition(": ")[2] for skip in skipped if skip.code == SkipCode.UNSUPPORTED}
    return _MESSAGES[kind].format(capabilities="; ".join(sorted(lacking)))


def kind_of_all(attempts: Sequence[Attempt], skipped: Sequence[Skipped]) -> type[ApiError]:
    """The error for the client where every target has failed or been left out, by the last failure of each."""
    if not attempts:
        return _untried_kind(skipped)
    return error_kind(set({attempt.model: attempt.outcome for attempt in attempts}.values()))


def error_kind(classes: Collection[str]) -> type[ApiError]:
    """The error for the client after failures of these classes: a code of its own if all are of one class."""
    kinds: dict[Any, type[ApiError]] = {
        ErrorClass.CONTENT_FILTER: ContentFiltered,
        ErrorClass.REJECTED: ProviderRejected,
        ErrorClass.CONTEXT_LENGTH: ContextLengthExceeded,
    }
    return kinds.get(next(iter(classes)), UpstreamFailed) if len(classes) == 1 else UpstreamFailed


def _untried_kind(skipped: Sequence[Skipped]) -> type[ApiError]:
    """The error for the client where nothing could be tried."""
    codes = {skip.code for skip in skipped}
    if codes == {SkipCode.NOT_ALLOWED}:
        return Forbidden
    if codes == {SkipCode.CONTEXT_LENGTH}:
        return ContextLengthExceeded
    if codes and codes <= {SkipCode.UNSUPPORTED, SkipCode.CONTEXT_LENGTH}:
        return Unsupported
    return NoProviderAvailable


def details(attempts: Sequence[Attempt], skipped: Sequence[Skipped]) -> dict[str, Any]:
    """`details` of the error: every call, and every candidate that was left out."""
    return {
        "attempts": [attempt.to_json() for attempt in attempts],
        "skipped": [skip.to_json() for skip in skipped],
    }


def broken_off_error(attempts: Sequence[Attempt], skipped: Sequence[Skipped]) -> ApiError:
    """The error for the client where the last attempt had begun to answer."""
    kind = ContentFiltered if attempts[-1].outcome == ErrorClass.CONTENT_FILTER else UpstreamFailed
    text = "The answer broke off after it had begun; the last of details.attempts says how."
    return kind(text, details(attempts, skipped))

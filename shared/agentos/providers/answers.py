"""What an answer must be: checks that every wire format shares."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from agentos.domain import Completion, TokenCount, ToolCall
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.text import clean

_ABSURD = 10**9  # tokens

LENGTH = "length"
"""The finish reason of an answer that was cut by its length."""


class BadResponse(Exception):
    """A response that is not an answer. The text is ours, never the provider's."""


def make_completion(
    text: str, calls: tuple[ToolCall, ...], reason: str, tokens: TokenCount, *, finish_reasons: Mapping[str, str]
) -> Completion:
    """The completion with this text and these calls. `finish_reasons`: ours for those of the format, in small letters.

    White space alone is no text. Raises BadResponse where there is neither text nor a call, unless the answer was cut
    by its length: a model that thinks may use up `maxTokens` before its first word.
    """
    finish_reason = finish_reasons.get(reason.lower(), clean(reason))
    if not (text.strip() or calls or finish_reason == LENGTH):
        raise incomplete_answer(reason)
    return Completion(
        text=text if text.strip() else "",
        finish_reason="tool_calls" if calls else finish_reason,
        tokens=tokens,
        tool_calls=calls,
    )


def incomplete_answer(reason: str) -> BadResponse:
    """The error for an answer that ended for a reason that no whole answer ends for."""
    return BadResponse(f"no whole answer (it ended for {reason!r:.40})")


def token_count(value: Any) -> int:
    """A number of tokens. A value that no provider can mean (negative, fractional, absurdly large) counts as 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _ABSURD else 0


def as_object(value: Any) -> dict[str, Any]:
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def first_object(value: Any) -> dict[str, Any]:
    """A JSON object, or the first member of a list: some of Google's servers wrap an error body in one."""
    return as_object(value[0] if isinstance(value, list) and value else value)


@contextmanager
def decoding_errors(status: int) -> Iterator[None]:
    """Turns everything that shows that a response is no answer into UpstreamError."""
    try:
        yield
    except BadResponse as error:
        raise UpstreamError(ErrorClass.BAD_RESPONSE, str(error), status=status) from error
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        reason = f"the response is not of the documented shape ({type(error).__name__})"
        raise UpstreamError(ErrorClass.BAD_RESPONSE, reason, status=status) from error

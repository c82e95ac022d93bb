"""What an answer must be: checks that every wire format shares."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from agentos.domain import Completion, TokenCount, ToolCall
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.text import clean

_ABSURD = 10**9  # tokens


class BadResponse(Exception):
    """A reply that is not an answer; the text is ours."""


def make_completion(
    text: str, calls: tuple[ToolCall, ...], reason: str, tokens: TokenCount, *, named: Mapping[str, str]
) -> Completion:
    """The completion in words and calls; `named` has the format's finish reasons in our words.

    Raises BadReply where there is neither: blanks are no words.
    """
    if not (text.strip() or calls):
        raise incomplete_answer(reason)
    return Completion(
        text=text if text.strip() else "",
        finish_reason="tool_calls" if calls else named.get(reason, clean(reason)),
        tokens=tokens,
        tool_calls=calls,
    )


def incomplete_answer(reason: str) -> BadResponse:
    """What ended for a reason that no whole answer ends for."""
    return BadResponse(f"no whole answer (it ended for {reason!r:.40})")


def token_count(value: Any) -> int:
    """A number of tokens; anything that no provider can mean (negative, fractional, absurdly large) counts as 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _ABSURD else 0


def as_object(value: Any) -> dict[str, Any]:
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


@contextmanager
def decoding_errors(status: int) -> Iterator[None]:
    """Whatever is no answer raises UpstreamError."""
    try:
        yield
    except BadResponse as error:
        raise UpstreamError(ErrorClass.BAD_RESPONSE, str(error), status=status) from error
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        reason = f"the reply is not of the documented shape ({type(error).__name__})"
        raise UpstreamError(ErrorClass.BAD_RESPONSE, reason, status=status) from error

"""What an answer must be: checks that every wire format shares."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Any

from agentos.domain import Completion, TokenCount, ToolCall
from agentos.domain.conversation import REFUSAL
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.text import clean

_ABSURD = 10**9  # tokens

MISSHAPEN = (LookupError, TypeError, AttributeError, ValueError, RecursionError)
"""What a decoder raises for JSON that is not of the documented shape."""

LENGTH = "length"
"""The finish reason of an answer that was cut by its length."""


class BadResponse(Exception):
    """A response that is not an answer. The text is ours, never the provider's."""


def make_completion(
    text: str,
    calls: tuple[ToolCall, ...],
    reason: str,
    tokens: TokenCount,
    *,
    finish_reasons: Mapping[str, str],
    thoughts: Iterable[Any] = (),
    refusal: str = "",
) -> Completion:
    """The completion with this text and these calls. `finish_reasons`: ours for those of the format, in small letters.

    `thoughts` are pieces of the model's thoughts; one that is no text does not count. `refusal`: the words in which the
    model refuses; beside calls they do not count. White space alone is no text. Raises BadResponse where there is
    neither text nor a call nor a refusal, unless the answer was cut by its length: a model that thinks may use up
    `maxTokens` before its first word.
    """
    finish_reason = finish_reasons.get(reason.lower(), clean(reason))
    refusal = "" if calls or not refusal.strip() else refusal
    if refusal:
        finish_reason = REFUSAL
    has_output = bool(text.strip() or calls or refusal)
    if not has_output and finish_reason != LENGTH:
        raise incomplete_answer(reason)
    return Completion(
        text=text if text.strip() else "",
        refusal=refusal,
        finish_reason="tool_calls" if calls else finish_reason,
        tokens=plausible(tokens, has_output=has_output),
        tool_calls=calls,
        reasoning=clean("".join(piece for piece in thoughts if isinstance(piece, str))),
    )


def plausible(tokens: TokenCount, *, has_output: bool) -> TokenCount:
    """The counts, without a 0 for a prompt or for an answer that has words: servers that count nothing send those."""
    completion = tokens.completion or None if has_output else tokens.completion
    return tokens.model_copy(update={"prompt": tokens.prompt or None, "completion": completion})


def text_order(before: int, index: int) -> int:
    """The index of the block that a piece of streamed text belongs to.

    Raises BadResponse where text of a later block (`before`) has been passed on: the answer would read otherwise.
    """
    if index < before:
        raise BadResponse("a piece of text out of order")
    return index


def incomplete_answer(reason: str) -> BadResponse:
    """The error for an answer that ended for a reason that no whole answer ends for."""
    return BadResponse(f"no whole answer (it ended for {reason!r:.40})")


def token_count(value: Any) -> int | None:
    """A number of tokens, also one that came as a float or a numeric string of whole value.

    None, which is unknown, for anything else: absent, negative, fractional, absurdly large.
    """
    number = decimal(value)
    return int(number) if number is not None and number < _ABSURD and number == int(number) else None


def part_count(value: Any) -> int:
    """A part of a count that providers leave out where there is nothing of it."""
    return token_count(value) or 0


def decimal(value: Any) -> Decimal | None:
    """A finite number that is not negative, exactly as it was written; None for anything else."""
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value).strip())
    except (InvalidOperation, ValueError):
        return None
    return number if number.is_finite() and number >= 0 else None


def added(*counts: int | None) -> int | None:
    """The sum; None as soon as one is unknown."""
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


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
    except MISSHAPEN as error:
        reason = f"the response is not of the documented shape ({type(error).__name__})"
        raise UpstreamError(ErrorClass.BAD_RESPONSE, reason, status=status) from error

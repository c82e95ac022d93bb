"""The JSON of a Gemini response as a completion of ours."""

from typing import Any

from agentos.domain import Completion, TokenCount
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.answers import (
    BadResponse,
    added,
    as_object,
    incomplete_answer,
    make_completion,
    part_count,
    token_count,
)
from agentos.providers.gemini.messages import calls_of
from agentos.providers.text import clean

FINISH_REASONS = {"stop": "stop", "max_tokens": "length", "continuation": "length"}

BLOCKED = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "ESCALATION",
        "MODEL_ARMOR",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
    }
)
"""Finish reasons of an answer that was withheld. Every `promptFeedback.blockReason` means the same."""

BROKEN = frozenset(
    {
        "MALFORMED_RESPONSE",
        "MALFORMED_FUNCTION_CALL",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
        "MISSING_THOUGHT_SIGNATURE",
    }
)
"""Finish reasons of a response that is no answer."""

LIMITED = "PUP_LIMITED_DISABLED"
"""The finish reason of an answer that the account may not have."""


def decode(payload: dict[str, Any]) -> Completion:
    """The completion in a 2xx response's JSON. Raises BadResponse, or UpstreamError for a safety block."""
    if payload.get("error"):
        raise BadResponse("a 200 with an error in its body")
    if (payload.get("promptFeedback") or {}).get("blockReason"):
        raise UpstreamError(ErrorClass.CONTENT_FILTER, "the prompt was blocked", status=200)
    if not payload.get("candidates"):
        raise BadResponse("no candidates")
    candidate = payload["candidates"][0]
    reason = candidate.get("finishReason") or "STOP"
    if reason in BLOCKED:
        raise UpstreamError(ErrorClass.CONTENT_FILTER, "the answer was withheld", status=200)
    if reason == LIMITED:
        raise UpstreamError(ErrorClass.QUOTA, "the account is limited", status=200)
    parts = (candidate.get("content") or {}).get("parts") or []
    text = clean(text_of(parts))
    calls = calls_of(parts)
    if reason in BROKEN:
        raise incomplete_answer(reason)
    return make_completion(
        text, calls, reason, tokens_of(payload), finish_reasons=FINISH_REASONS, thoughts=thoughts_of(parts)
    )


def text_of(parts: list[dict[str, Any]]) -> str:
    """The text of an answer's parts, without the thoughts."""
    return "".join(part.get("text") or "" for part in parts if not part.get("thought"))


def thoughts_of(parts: list[dict[str, Any]]) -> list[str]:
    """The texts of the thoughts among an answer's parts."""
    return [text for part in parts if part.get("thought") and isinstance(text := part.get("text"), str)]


def tokens_of(payload: dict[str, Any]) -> TokenCount:
    """What the response says was used, whatever else it says."""
    return _tokens(as_object(payload.get("usageMetadata")))


def _tokens(usage: dict[str, Any]) -> TokenCount:
    """Thinking is billed as output, so it counts as completion."""
    prompt, thoughts = token_count(usage.get("promptTokenCount")), token_count(usage.get("thoughtsTokenCount"))
    said = token_count(usage.get("candidatesTokenCount"))
    if said is None and (thoughts is not None or (prompt is not None and usage.get("totalTokenCount") == prompt)):
        said = 0  # Gemini leaves out what is 0
    return TokenCount(
        prompt=added(prompt, part_count(usage.get("toolUsePromptTokenCount"))),
        completion=added(said, thoughts or 0),
        cached=part_count(usage.get("cachedContentTokenCount")),
        reasoning=thoughts,
    )

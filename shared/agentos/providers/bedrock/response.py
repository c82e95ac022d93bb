"""The JSON of a Converse response as a completion of ours."""

from typing import Any

from agentos.domain import Completion, TokenCount
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.answers import (
    added,
    as_object,
    incomplete_answer,
    make_completion,
    part_count,
    token_count,
)
from agentos.providers.bedrock.messages import calls_of
from agentos.providers.text import clean

FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "stop",  # a reason that speaks of calls where there are none
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
}
FILTERED = frozenset({"guardrail_intervened", "content_filtered", "refusal"})
BROKEN = frozenset({"malformed_model_output", "malformed_tool_use"})


def decode(payload: dict[str, Any]) -> Completion:
    """The completion in a 2xx response's JSON. Raises BadResponse, or UpstreamError for a safety block."""
    content, reason = payload["output"]["message"]["content"], payload.get("stopReason") or "end_turn"
    if reason in FILTERED:
        raise UpstreamError(ErrorClass.CONTENT_FILTER, "the answer was withheld", status=200)
    text, calls = clean("".join(block["text"] for block in content if "text" in block)), calls_of(content)
    if reason in BROKEN:
        raise incomplete_answer(reason)
    reasoning = [as_object(as_object(block.get("reasoningContent")).get("reasoningText")) for block in content]
    thoughts = [one.get("text") for one in reasoning]
    return make_completion(text, calls, reason, tokens_of(payload), finish_reasons=FINISH_REASONS, thoughts=thoughts)


def tokens_of(payload: dict[str, Any]) -> TokenCount:
    """What the response says was used, whatever else it says."""
    return _tokens(as_object(payload.get("usage")))


def _tokens(usage: dict[str, Any]) -> TokenCount:
    """`inputTokens` are without the tokens that were read from the cache or written to it."""
    cached = part_count(usage.get("cacheReadInputTokens"))
    written = part_count(usage.get("cacheWriteInputTokens"))
    details = usage.get("cacheDetails")
    hourly = [one for one in details if as_object(one).get("ttl") == "1h"] if isinstance(details, list) else []
    return TokenCount(
        prompt=added(token_count(usage.get("inputTokens")), written, cached),
        completion=token_count(usage.get("outputTokens")),
        cached=cached,
        cache_write=written,
        cache_write_1h=sum(part_count(one.get("inputTokens")) for one in hourly),
    )

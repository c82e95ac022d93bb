"""The JSON of a Converse response as a completion of ours."""

from typing import Any

from agentos.domain import Completion, TokenCount
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.answers import as_object, incomplete_answer, make_completion, token_count
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
    return make_completion(text, calls, reason, _tokens(as_object(payload.get("usage"))), finish_reasons=FINISH_REASONS)


def _tokens(usage: dict[str, Any]) -> TokenCount:
    """`inputTokens` leaves out the tokens that were read from the cache or written to it."""
    cached, written = token_count(usage.get("cacheReadInputTokens")), token_count(usage.get("cacheWriteInputTokens"))
    return TokenCount(
        prompt=token_count(usage.get("inputTokens")) + written + cached,
        completion=token_count(usage.get("outputTokens")),
        cached=cached,
    )

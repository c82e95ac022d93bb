"""The JSON of a message of Anthropic's as a completion of ours."""

from typing import Any

from agentos.domain import Completion, TokenCount
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.answers import added, as_object, make_completion, part_count, token_count
from agentos.providers.anthropic.messages import calls_of
from agentos.providers.text import clean

FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "stop",  # a reason that speaks of calls where there are none
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
}


def decode(payload: dict[str, Any]) -> Completion:
    """The completion in a 2xx response's JSON. Raises BadResponse, or UpstreamError for a safety block."""
    content = payload["content"]
    reason = payload.get("stop_reason") or "end_turn"
    if reason == "refusal":
        raise UpstreamError(ErrorClass.CONTENT_FILTER, "the answer was withheld", status=200)
    text = clean("".join(block["text"] for block in content if block["type"] == "text"))
    calls = calls_of(content)
    thoughts = [block.get("thinking") for block in content if block["type"] == "thinking"]
    tokens = tokens_of(payload)
    completion = make_completion(text, calls, reason, tokens, finish_reasons=FINISH_REASONS, thoughts=thoughts)
    stop = payload.get("stop_sequence")
    return completion.model_copy(update={"stop_sequence": stop}) if isinstance(stop, str) else completion


def tokens_of(payload: dict[str, Any]) -> TokenCount:
    """What the response says was used. A refusal before the first word is not billed ("Handling stop reasons")."""
    if payload.get("stop_reason") == "refusal" and not payload.get("content"):
        return TokenCount()
    return _tokens(as_object(payload.get("usage")))


def _tokens(usage: dict[str, Any]) -> TokenCount:
    """`input_tokens` are without the tokens that were read from the cache or written to it."""
    cached = part_count(usage.get("cache_read_input_tokens"))
    written = part_count(usage.get("cache_creation_input_tokens"))
    return TokenCount(
        prompt=added(token_count(usage.get("input_tokens")), written, cached),
        completion=token_count(usage.get("output_tokens")),
        cached=cached,
        cache_write=written,
        cache_write_1h=part_count(as_object(usage.get("cache_creation")).get("ephemeral_1h_input_tokens")),
        reasoning=token_count(as_object(usage.get("output_tokens_details")).get("thinking_tokens")),
    )

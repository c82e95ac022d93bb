"""The JSON of a chat completion as a completion of ours."""

from decimal import Decimal
from typing import Any

from agentos.domain import Completion, TokenCount, ToolCall
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.answers import (
    BadResponse,
    added,
    as_object,
    decimal,
    incomplete_answer,
    make_completion,
    part_count,
    token_count,
)
from agentos.providers.openai import thoughts
from agentos.providers.openai.stream import text_of
from agentos.providers.text import clean
from agentos.providers.tool_calls import RawToolCall, tool_calls

_ABSURD_USD = 10**6  # for one call
_TICKS = 10**10  # of xAI's in a USD

FINISH_REASONS = {
    "stop": "stop",
    "length": "length",
    # a reason that speaks of calls where there are none
    "tool_calls": "stop",
    "function_call": "stop",
    "tool_use": "stop",
    # Mistral, Together
    "model_length": "length",
    "eos": "stop",
    # servers that pass on the reason of the API behind them
    "max_tokens": "length",
    "end_turn": "stop",
    "stop_sequence": "stop",
}
"""Finish reasons, in small letters, and ours for them."""

FILTERED = frozenset({"content_filter", "sensitive", "safety", "refusal", "prohibited_content", "blocklist", "spii"})
"""Finish reasons, in small letters, of an answer that was withheld. `sensitive` is Z.ai's, `refusal` is of Anthropic's
filter behind a gateway. A model's own refusal has a field of its own."""

BROKEN = frozenset({"error", "network_error", "insufficient_system_resource"})
"""Finish reasons, in small letters, of an answer that broke off: OpenRouter's and Mistral's, Z.ai's, DeepSeek's."""

MALFORMED = ("malformed_", "unexpected_tool_call", "too_many_tool_calls", "function_call_filter")
"""How the reasons begin, in small letters, of an answer whose call the model got wrong: Gemini's, behind a gateway.

What is left of such a call may come as text, with any finish reason; `native_finish_reason` then has the true one.
"""


def decode(payload: dict[str, Any]) -> Completion:
    """The completion in a 2xx response's JSON. Raises BadResponse, or UpstreamError for a safety block."""
    if payload.get("error"):
        raise BadResponse("a 200 with an error in its body")
    if not payload.get("choices"):
        raise BadResponse("no choices")
    choice = payload["choices"][0]
    reason = choice.get("finish_reason") or "stop"
    message = choice["message"]
    if reason.lower() in FILTERED:
        raise UpstreamError(ErrorClass.CONTENT_FILTER, "the answer was withheld", status=200)
    text, calls = clean(text_of(message.get("content"))), _calls(message)
    if reason.lower() in BROKEN:
        raise incomplete_answer(reason)
    for named in (reason, str(choice.get("native_finish_reason") or "")):
        if named.lower().startswith(MALFORMED):
            raise incomplete_answer(named)
    refusal = message.get("refusal")
    return make_completion(
        text,
        calls,
        reason,
        tokens_of(payload),
        finish_reasons=FINISH_REASONS,
        thoughts=_thoughts(message),
        refusal=clean(refusal) if isinstance(refusal, str) else "",
    )


def _thoughts(message: dict[str, Any]) -> list[str]:
    """The thoughts of an answer, from the first field that has readable ones."""
    return list(thoughts.texts_by_field(message).values())[:1]


def _calls(message: dict[str, Any]) -> tuple[ToolCall, ...]:
    """The calls in an answer. An old server has at most one, under `function_call`."""
    sent = message.get("tool_calls") or []
    if not isinstance(sent, list):
        raise BadResponse("tool_calls is not a list")
    legacy = as_object(message.get("function_call"))
    if not sent and legacy.get("name"):
        sent = [{"function": legacy}]
    functions = [as_object(call["function"]) for call in sent]
    return tool_calls(
        RawToolCall(
            call.get("id"),
            function.get("name"),
            function.get("arguments"),
            thoughts.sign(message, call, first=place == 0),
        )
        for place, (call, function) in enumerate(zip(sent, functions, strict=True))
    )


def tokens_of(payload: dict[str, Any]) -> TokenCount:
    """What the response says was used, whatever else it says."""
    usage = as_object(payload.get("usage"))
    prompt, completion = token_count(usage.get("prompt_tokens")), token_count(usage.get("completion_tokens"))
    reasoning = token_count(as_object(usage.get("completion_tokens_details")).get("reasoning_tokens"))
    details = as_object(usage.get("prompt_tokens_details"))
    return TokenCount(
        prompt=prompt,
        completion=with_reasoning(prompt, completion, reasoning, token_count(usage.get("total_tokens"))),
        # The latter is DeepSeek's.
        cached=part_count(details.get("cached_tokens")) or part_count(usage.get("prompt_cache_hit_tokens")),
        cache_write=part_count(details.get("cache_write_tokens")),
        reasoning=reasoning,
        cost=named_cost(usage),
    )


def with_reasoning(prompt: int | None, completion: int | None, reasoning: int | None, total: int | None) -> int | None:
    """The completion's tokens. xAI counts those of thoughts beside them, as the total tells; all others within."""
    beside = reasoning and total is not None and total == added(prompt, completion, reasoning)
    return added(completion, reasoning) if beside else completion


def named_cost(usage: dict[str, Any]) -> Decimal | None:
    """The price of the call in USD that the provider names; None where it names none, or an absurdly large one.

    OpenRouter's own, and the upstream's where the account brings its own key there:
    https://openrouter.ai/docs/use-cases/usage-accounting. xAI counts ticks: https://docs.x.ai/developers/cost-tracking
    """
    ticks = decimal(usage.get("cost_in_usd_ticks"))
    if ticks is not None and "cost" not in usage:
        return None if ticks > _ABSURD_USD * _TICKS else ticks / _TICKS
    own = decimal(usage.get("cost"))
    own_key = usage.get("is_byok") is not False
    named = as_object(usage.get("cost_details")).get("upstream_inference_cost") if own_key else None
    upstream = decimal(named) or Decimal()
    return None if own is None or max(own, upstream) > _ABSURD_USD else own + upstream

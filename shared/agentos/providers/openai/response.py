"""A chat completion as ours."""

from typing import Any

from agentos.domain import Completion, TokenCount, ToolCall
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.answers import BadResponse, as_object, incomplete_answer, make_completion, token_count
from agentos.providers.openai.stream import text_of
from agentos.providers.openai.thoughts import REASONING
from agentos.providers.text import clean
from agentos.providers.tool_calls import RawToolCall, signed, tool_calls

FINISHED = {"model_length": "length", "eos": "stop", "tool_calls": "stop", "function_call": "stop"}
"""Mistral's and Together's own words for ours; and a reason that speaks of calls where there are none."""

FILTERED = frozenset({"content_filter", "sensitive"})
"""Finish reasons of an answer that was blocked; `sensitive` is Z.ai's."""

BROKEN = frozenset({"error", "network_error", "insufficient_system_resource"})
"""Finish reasons of an answer that broke off: OpenRouter's and Mistral's, Z.ai's, DeepSeek's."""


def decode(payload: dict[str, Any]) -> Completion:
    """The completion in a 2xx response's JSON. Raises BadReply, or UpstreamError for a safety block."""
    if payload.get("error"):
        raise BadResponse("a 200 with an error in its body")
    if not payload.get("choices"):
        raise BadResponse("no choices")
    choice = payload["choices"][0]
    reason = choice.get("finish_reason") or "stop"
    message = choice["message"]
    if reason in FILTERED or message.get("refusal"):
        raise UpstreamError(ErrorClass.CONTENT_FILTER, "the answer was withheld", status=200)
    text, calls = clean(text_of(message.get("content"))), _calls(message)
    if reason in BROKEN:
        raise incomplete_answer(reason)
    return make_completion(text, calls, reason, _tokens(as_object(payload.get("usage"))), named=FINISHED)


def _calls(message: dict[str, Any]) -> tuple[ToolCall, ...]:
    """The calls in an answer; an old server has at most one, under `function_call`."""
    sent = message.get("tool_calls") or []
    if not isinstance(sent, list):
        raise BadResponse("tool_calls is not a list")
    legacy = as_object(message.get("function_call"))
    if not sent and legacy.get("name"):
        sent = [{"function": legacy}]
    thought = signed(REASONING, message.get("reasoning_content"))
    functions = [as_object(call["function"]) for call in sent]
    return tool_calls(
        RawToolCall(call.get("id"), function.get("name"), function.get("arguments"), None if place else thought)
        for place, (call, function) in enumerate(zip(sent, functions, strict=True))
    )


def _tokens(usage: dict[str, Any]) -> TokenCount:
    prompt, completion = token_count(usage.get("prompt_tokens")), token_count(usage.get("completion_tokens"))
    reasoning = token_count(as_object(usage.get("completion_tokens_details")).get("reasoning_tokens"))
    if usage.get("total_tokens") == prompt + completion + reasoning:
        completion += reasoning  # xAI counts it beside the completion, everybody else within
    cached = token_count(as_object(usage.get("prompt_tokens_details")).get("cached_tokens"))
    return TokenCount(
        prompt=prompt,
        completion=completion,
        cached=cached or token_count(usage.get("prompt_cache_hit_tokens")),  # the latter is DeepSeek's
    )

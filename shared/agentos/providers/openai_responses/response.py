"""The JSON of a response as a completion of ours."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from agentos.domain import Completion, TokenCount, ToolCall
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.answers import as_object, incomplete_answer, make_completion, part_count, token_count
from agentos.providers.openai.response import named_cost, with_reasoning
from agentos.providers.openai_responses import thoughts
from agentos.providers.openai_responses.errors import failure
from agentos.providers.text import clean
from agentos.providers.tool_calls import RawToolCall, tool_calls

COMPLETED, INCOMPLETE = "completed", "incomplete"
FILTERED = "content_filter"
FINISH_REASONS = {COMPLETED: "stop", "max_output_tokens": "length"}
"""A status or a reason for being incomplete, and ours for it."""


def decode(payload: dict[str, Any]) -> Completion:
    """The completion in a 2xx response's JSON. Raises BadResponse, or UpstreamError for a failure that it reports."""
    if payload.get("error"):
        raise failure(payload)
    reason = _reason(payload)
    output = [item for item in payload["output"] if isinstance(item, dict)]
    parts = list(_parts(output))
    if reason == FILTERED:
        raise UpstreamError(ErrorClass.CONTENT_FILTER, "the answer was withheld", status=200)
    text = clean("".join(part["text"] for part in parts if part.get("type") == "output_text"))
    refusal = clean("".join(part["refusal"] for part in parts if part.get("type") == "refusal"))
    return make_completion(
        text,
        _calls(output),
        reason,
        tokens_of(payload),
        finish_reasons=FINISH_REASONS,
        thoughts=[thoughts.text_of(output)],
        refusal=refusal,
    )


def tokens_of(payload: dict[str, Any]) -> TokenCount:
    """What the response says was used, whatever else it says."""
    usage = as_object(payload.get("usage"))
    prompt, completion = token_count(usage.get("input_tokens")), token_count(usage.get("output_tokens"))
    reasoning = token_count(as_object(usage.get("output_tokens_details")).get("reasoning_tokens"))
    details = as_object(usage.get("input_tokens_details"))
    return TokenCount(
        prompt=prompt,
        completion=with_reasoning(prompt, completion, reasoning, token_count(usage.get("total_tokens"))),
        cached=part_count(details.get("cached_tokens")),
        cache_write=part_count(details.get("cache_write_tokens")),
        reasoning=reasoning,
        cost=named_cost(usage),
    )


def _reason(payload: dict[str, Any]) -> str:
    """Why the answer ended. Raises BadResponse where it has not, or does not say why it is incomplete."""
    status = payload.get("status") or COMPLETED
    reason = as_object(payload.get("incomplete_details")).get("reason") if status == INCOMPLETE else None
    if status == COMPLETED or isinstance(reason, str):
        return reason or COMPLETED
    raise incomplete_answer(str(status))


def _parts(output: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The parts of all messages."""
    for item in output:
        if item.get("type") == "message":
            yield from item["content"]


def _calls(output: Sequence[dict[str, Any]]) -> tuple[ToolCall, ...]:
    """The calls in an answer, the first of them signed. Raises BadResponse."""
    sent = [item for item in output if item.get("type") == "function_call"]
    return tool_calls(
        RawToolCall(
            item.get("call_id"), item.get("name"), item.get("arguments"), None if place else thoughts.sign(output)
        )
        for place, item in enumerate(sent)
    )

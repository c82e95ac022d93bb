"""The Chat Completions wire format: OpenAI's, and that of every provider that took it over.

https://platform.openai.com/docs/api-reference/chat/create
"""

from typing import Any

from agentos import json_text
from agentos.config import Provider, ToolCallSettings
from agentos.domain import Completion, Message, Parameters, Prompt, Target, TokenCount, Tool, ToolCall, ToolChoice
from agentos.errors import ErrorClass, UpstreamError
from agentos.providers.base import BadReply, HttpAdapter, answer, as_object, count, no_answer
from agentos.providers.openai_stream import ChatAssembly, text_of
from agentos.providers.text import clean
from agentos.providers.tool_calls import (
    SentCall,
    fit_id,
    result_text,
    sent_arguments,
    signature,
    signed,
    tool_calls,
)

FINISHED = {"model_length": "length", "eos": "stop", "tool_calls": "stop", "function_call": "stop"}
"""Mistral's and Together's own words for ours; and a reason that speaks of calls where there are none."""

REASONING = "reasoning"
"""The kind of signature that holds `reasoning_content`: what the model thought before it called."""

FILTERED = frozenset({"content_filter", "sensitive"})
"""Finish reasons of an answer that was blocked; `sensitive` is Z.ai's."""

BROKEN = frozenset({"error", "network_error", "insufficient_system_resource"})
"""Finish reasons of an answer that broke off: OpenRouter's and Mistral's, Z.ai's, DeepSeek's."""

CODES = {
    # OpenAI, and most who took over its errors
    "context_length_exceeded": ErrorClass.CONTEXT_LENGTH,
    "insufficient_quota": ErrorClass.QUOTA,
    "credit_balance_exhausted": ErrorClass.QUOTA,
    "organization_spend_limit_exceeded": ErrorClass.QUOTA,
    "organization_usage_limit_exceeded": ErrorClass.QUOTA,
    "project_spend_limit_exceeded": ErrorClass.QUOTA,
    "billing_hard_limit_reached": ErrorClass.QUOTA,
    "rate_limit_exceeded": ErrorClass.RATE_LIMITED,  # Groq's comes with 413 too
    "invalid_api_key": ErrorClass.AUTH,
    "model_not_found": ErrorClass.MODEL_NOT_FOUND,
    "content_policy_violation": ErrorClass.CONTENT_FILTER,
    # Azure
    "content_filter": ErrorClass.CONTENT_FILTER,
    "DeploymentNotFound": ErrorClass.MODEL_NOT_FOUND,
    # llama.cpp
    "exceed_context_size_error": ErrorClass.CONTEXT_LENGTH,
    # Groq
    "model_decommissioned": ErrorClass.MODEL_NOT_FOUND,
    "json_validate_failed": ErrorClass.BAD_RESPONSE,  # a 400, but the model broke its JSON, not we ours
    "tool_use_failed": ErrorClass.BAD_RESPONSE,  # likewise: the model called a tool in a form of its own
    # Mistral
    "unknown_model": ErrorClass.MODEL_NOT_FOUND,
    "invalid_model": ErrorClass.MODEL_NOT_FOUND,
    # Together
    "credit_limit": ErrorClass.QUOTA,
    "model_not_available": ErrorClass.MODEL_NOT_FOUND,
    # Z.ai
    "1113": ErrorClass.QUOTA,
    "1211": ErrorClass.MODEL_NOT_FOUND,
    "1261": ErrorClass.CONTEXT_LENGTH,
    "1301": ErrorClass.CONTENT_FILTER,
    # SiliconFlow
    "20012": ErrorClass.MODEL_NOT_FOUND,
}
"""Typed codes (`error.code`, `error.type`) that say more than the status; any other leaves it to the status."""

MESSAGES = {
    "maximum context length": ErrorClass.CONTEXT_LENGTH,  # DeepSeek, OpenRouter, vLLM and what is built on it
    "maximum prompt length is": ErrorClass.CONTEXT_LENGTH,  # xAI
    "too large for model with": ErrorClass.CONTEXT_LENGTH,  # Mistral
    "longer than the model's context length": ErrorClass.CONTEXT_LENGTH,  # Together, with status 403
    "must be less than max_seq_len": ErrorClass.CONTEXT_LENGTH,  # SiliconFlow
    "reduce the length of the messages": ErrorClass.CONTEXT_LENGTH,  # Groq
    "Incorrect API key provided": ErrorClass.AUTH,  # xAI answers a wrong key with 400
    "used all available credits": ErrorClass.QUOTA,  # xAI, with status 429
    "Model Not Exist": ErrorClass.MODEL_NOT_FOUND,  # DeepSeek
    "is not a valid model ID": ErrorClass.MODEL_NOT_FOUND,  # OpenRouter
    "has no provider supported": ErrorClass.MODEL_NOT_FOUND,  # ModelScope
    "Content Exists Risk": ErrorClass.CONTENT_FILTER,  # DeepSeek
}
"""Documented texts of providers that have no code for the case: the last resort."""


class OpenAI(HttpAdapter):
    """`POST {endpoint}/chat/completions`"""

    path = "/chat/completions"
    assembly = ChatAssembly

    def encode(self, provider: Provider, target: Target, prompt: Prompt) -> dict[str, Any]:
        quirks = provider.settings.tool_calls if prompt.has_tools else ToolCallSettings()
        messages = [_message(message, quirks) for message in prompt.messages]
        if prompt.instructions:
            messages.insert(0, {"role": "system", "content": prompt.instructions})
        return {
            "model": target.upstream_model,
            "messages": messages,
            **({"tools": [_tool(tool) for tool in prompt.tools]} if prompt.tools else {}),
            **_parameters(prompt.parameters, provider.settings.parameters),
        }

    def decode(self, payload: dict[str, Any]) -> Completion:
        if payload.get("error"):
            raise BadReply("a 200 with an error in its body")
        if not payload.get("choices"):
            raise BadReply("no choices")
        choice = payload["choices"][0]
        reason = choice.get("finish_reason") or "stop"
        message = choice["message"]
        if reason in FILTERED or message.get("refusal"):
            raise UpstreamError(ErrorClass.CONTENT_FILTER, "the answer was withheld", status=200)
        text, calls = clean(text_of(message.get("content"))), _calls(message)
        if reason in BROKEN:
            raise no_answer(reason)
        return answer(text, calls, reason, _tokens(as_object(payload.get("usage"))), named=FINISHED)

    def streamed_body(self, provider: Provider) -> dict[str, Any]:
        usage = {"stream_options": {"include_usage": True}} if provider.settings.stream_options else {}
        return {"stream": True, **usage}

    def classify(self, status: int, payload: dict[str, Any]) -> ErrorClass | None:
        if status >= 500:
            return None  # whatever a broken server says, it is a broken server
        error = payload.get("error") or payload.get("errors")  # the latter is ModelScope's
        details = error if isinstance(error, dict) else payload
        codes = [str(details[name]) for name in ("code", "type") if details.get(name) is not None]
        for code in codes:
            if code in CODES:
                return CODES[code]
        if "flagged_input" in as_object(details.get("metadata")):  # OpenRouter's moderation is a 403
            return ErrorClass.CONTENT_FILTER
        return _by_message(str(details.get("message") or error or ""))


def _by_message(text: str) -> ErrorClass | None:
    return next((error_class for part, error_class in MESSAGES.items() if part in text), None)


def _message(message: Message, quirks: ToolCallSettings) -> dict[str, Any]:
    if message.role == "assistant":
        return _assistant(message, quirks)
    if message.role == "tool":
        call_id = fit_id(message.tool_call_id or "", quirks.id_length)
        return {"role": "tool", "tool_call_id": call_id, "content": result_text(message)}
    return {"role": message.role, "content": _content(message)}


def _content(message: Message) -> str | list[dict[str, Any]]:
    if isinstance(message.content, str):
        return message.content
    return [part.model_dump(mode="json", by_alias=True) for part in message.content]


def _assistant(message: Message, quirks: ToolCallSettings) -> dict[str, Any]:
    encoded: dict[str, Any] = {"role": "assistant", "content": _content(message)}
    if message.tool_calls:
        # Null where there are no words: OpenAI's own form. Ollama's templates take "" for words (ollama #14181).
        encoded["content"] = encoded["content"] or None
        encoded["tool_calls"] = [_call(call, quirks) for call in message.tool_calls]
    if quirks.reasoning:
        # On every answer, if need be empty: where tools are in play, its absence is a 400.
        thought = (signature(call, REASONING) for call in message.tool_calls)
        encoded[quirks.reasoning] = next(filter(None, thought), "")
    return encoded


def _call(call: ToolCall, quirks: ToolCallSettings) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json_text.dump(sent_arguments(call))}
    return {"id": fit_id(call.id, quirks.id_length), "type": "function", "function": function}


def _tool(tool: Tool) -> dict[str, Any]:
    given = tool.to_json()
    return {**given, "function": {**given["function"], "parameters": tool.function.arguments_schema}}


def _calls(message: dict[str, Any]) -> tuple[ToolCall, ...]:
    """The calls in an answer; an old server has at most one, under `function_call`."""
    sent = message.get("tool_calls") or []
    if not isinstance(sent, list):
        raise BadReply("tool_calls is not a list")
    legacy = as_object(message.get("function_call"))
    if not sent and legacy.get("name"):
        sent = [{"function": legacy}]
    thought = signed(REASONING, message.get("reasoning_content"))
    functions = [as_object(call["function"]) for call in sent]
    return tool_calls(
        SentCall(call.get("id"), function.get("name"), function.get("arguments"), None if place else thought)
        for place, (call, function) in enumerate(zip(sent, functions, strict=True))
    )


def _parameters(parameters: Parameters, renamed: dict[Any, str]) -> dict[str, Any]:
    """What was set, under the names that this provider gives them."""
    named: dict[str, Any] = {
        renamed.get("temperature", "temperature"): parameters.temperature,
        renamed.get("maxTokens", "max_tokens"): parameters.max_tokens,
        renamed.get("topP", "top_p"): parameters.top_p,
        renamed.get("stop", "stop"): list(parameters.stop) or None,
        "response_format": parameters.response_format,
        "tool_choice": _choice(parameters.tool_choice),
        "parallel_tool_calls": parameters.parallel_tool_calls,
    }
    return {name: value for name, value in named.items() if value is not None}


def _choice(choice: ToolChoice | None) -> str | dict[str, Any] | None:
    if choice is None:
        return None
    return {"type": "function", "function": {"name": choice.name}} if choice.name else "required"


def _tokens(usage: dict[str, Any]) -> TokenCount:
    prompt, completion = count(usage.get("prompt_tokens")), count(usage.get("completion_tokens"))
    reasoning = count(as_object(usage.get("completion_tokens_details")).get("reasoning_tokens"))
    if usage.get("total_tokens") == prompt + completion + reasoning:
        completion += reasoning  # xAI counts it beside the completion, everybody else within
    cached = count(as_object(usage.get("prompt_tokens_details")).get("cached_tokens"))
    return TokenCount(
        prompt=prompt,
        completion=completion,
        cached=cached or count(usage.get("prompt_cache_hit_tokens")),  # the latter is DeepSeek's
    )

"""Anthropic's Messages wire format.

https://platform.claude.com/docs/en/api/messages
"""

from typing import Any

from agentos.config import Provider
from agentos.domain import Completion, Parameters, Prompt, Target, TokenCount, Tool
from agentos.errors import ErrorClass, UpstreamError
from agentos.providers.anthropic_messages import THINKING, calls_of, messages
from agentos.providers.anthropic_stream import MessageAssembly
from agentos.providers.base import HttpAdapter, answer, as_object, count
from agentos.providers.blocks import bound, digest, system, wanted_schema
from agentos.providers.text import clean

MAX_TOKENS = 8192
"""The API demands a bound on the answer: this one where the agent names none, or the model's most if that is less."""

FINISHED = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "stop",  # a reason that speaks of calls where there are none
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
}

CODES = {
    "authentication_error": ErrorClass.AUTH,
    "permission_error": ErrorClass.AUTH,
    "billing_error": ErrorClass.QUOTA,
    "not_found_error": ErrorClass.MODEL_NOT_FOUND,
    "request_too_large": ErrorClass.CONTEXT_LENGTH,
    "rate_limit_error": ErrorClass.RATE_LIMITED,
    "exceed_context_size_error": ErrorClass.CONTEXT_LENGTH,  # llama.cpp's server, which speaks this format too
}
"""Typed codes (`error.type`); `invalid_request_error` leaves it to the text, any other to the status."""

MESSAGES = {
    "prompt is too long": ErrorClass.CONTEXT_LENGTH,
    "exceed context limit": ErrorClass.CONTEXT_LENGTH,
    "credit balance is too low": ErrorClass.QUOTA,
    "reached your specified API usage limits": ErrorClass.QUOTA,
    # The check of thoughts that come back ("Preserved thinking"): another target gets the history without them.
    "bound to a different conversation": ErrorClass.BAD_RESPONSE,
}
"""Texts of an `invalid_request_error`, which has no finer code."""


class Anthropic(HttpAdapter):
    """`POST {endpoint}/messages`"""

    path = "/messages"
    assembly = MessageAssembly

    def bound(self, completion: Completion, provider: Provider, target: Target, prompt: Prompt) -> Completion:
        return bound(completion, THINKING, digest(target.upstream_model, self.encode(provider, target, prompt)))

    def encode(self, provider: Provider, target: Target, prompt: Prompt) -> dict[str, Any]:
        body: dict[str, Any] = {"model": target.upstream_model}
        if texts := system(prompt):
            body["system"] = "\n\n".join(texts)
        if prompt.tools:
            body["tools"] = [_tool(tool) for tool in prompt.tools]
        body["messages"] = messages(
            prompt.messages, lambda said: digest(target.upstream_model, {**body, "messages": said})
        )
        return {**body, **_parameters(prompt.parameters, target.facts.max_output_tokens)}

    def decode(self, payload: dict[str, Any]) -> Completion:
        content = payload["content"]
        reason = payload.get("stop_reason") or "end_turn"
        if reason == "refusal":
            raise UpstreamError(ErrorClass.CONTENT_FILTER, "the answer was withheld", status=200)
        text = clean("".join(block["text"] for block in content if block["type"] == "text"))
        calls = calls_of(content)
        return answer(text, calls, reason, _tokens(as_object(payload.get("usage"))), named=FINISHED)

    def streamed_body(self, provider: Provider) -> dict[str, Any]:
        return {"stream": True}

    def classify(self, status: int, payload: dict[str, Any]) -> ErrorClass | None:
        error = as_object(payload.get("error"))
        if error.get("type") == "overloaded_error":
            return ErrorClass.RATE_LIMITED  # with 529, and with 500 behind some gateways
        if status >= 500:
            return None
        text = str(error.get("message") or "")
        by_text = (error_class for part, error_class in MESSAGES.items() if part in text)
        return CODES.get(str(error.get("type"))) or next(by_text, None)


def _tool(tool: Tool) -> dict[str, Any]:
    function = tool.function
    described = {"description": function.description} if function.description else {}
    return {"name": function.name, **described, "input_schema": function.arguments_schema}


def _parameters(parameters: Parameters, most: int | None) -> dict[str, Any]:
    named: dict[str, Any] = {
        "max_tokens": parameters.max_tokens or min(most or MAX_TOKENS, MAX_TOKENS),
        "temperature": parameters.temperature,
        "top_p": parameters.top_p,
        "stop_sequences": list(parameters.stop) or None,
        "output_config": _output(parameters.response_format),
        "tool_choice": _choice(parameters),
    }
    return {name: value for name, value in named.items() if value is not None}


def _choice(parameters: Parameters) -> dict[str, Any] | None:
    """Whether calls may be parallel is a part of the choice: where there is no other, of the default."""
    choice, parallel = parameters.tool_choice, parameters.parallel_tool_calls
    if choice is None and parallel is None:
        return None
    kind = {"type": "tool", "name": choice.name} if choice and choice.name else {"type": "any" if choice else "auto"}
    return kind if parallel is None else {**kind, "disable_parallel_tool_use": not parallel}


def _output(response_format: dict[str, Any] | None) -> dict[str, Any] | None:
    """OpenAI's `response_format` as https://platform.claude.com/docs/en/build-with-claude/structured-outputs has it."""
    schema = wanted_schema(response_format)
    return schema and {"format": {"type": "json_schema", "schema": schema}}


def _tokens(usage: dict[str, Any]) -> TokenCount:
    """`input_tokens` are those alone that are neither read from the cache nor written to it."""
    cached = count(usage.get("cache_read_input_tokens"))
    written = count(usage.get("cache_creation_input_tokens"))
    return TokenCount(
        prompt=count(usage.get("input_tokens")) + written + cached,
        completion=count(usage.get("output_tokens")),
        cached=cached,
    )

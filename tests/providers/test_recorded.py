"""Every recorded reply, read by the real adapter and the real HTTP client, gives the result in this table."""

from collections.abc import Iterator

import pytest

from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.routing.retry_after import wait_seconds
from agentos.settings.loading import load_settings
from tests.providers.recordings import KEY, MODELS, Wire, all_cases, model_of, provider_of, recording, shipped_providers

HELLO = "Hello! How can I help you today?"
ONCE = "Once upon a"

# case: text, finish reason, prompt tokens, completion tokens (reasoning included), cached tokens
ANSWERS = {
    "anthropic/answer": (HELLO, "stop", 10, 12, 0),
    "anthropic/answer_cut_at_max_tokens": (ONCE, "length", 14, 3, 0),
    "anthropic/answer_cut_at_window": (ONCE, "length", 999000, 3, 0),
    "anthropic/answer_ended_by_stop_sequence": ("Hello", "stop", 12, 3, 0),
    "anthropic/answer_paused": ("I am still at it.", "pause_turn", 30, 9, 0),
    "anthropic/answer_thought_and_cached": ("Take the small model.", "stop", 21 + 188 + 1024, 310, 1024),
    "anthropic/tool_call": ("", "tool_calls", 377, 20, 0),
    "anthropic/tool_calls_parallel": ("I look that up.", "tool_calls", 377, 65, 0),
    "anthropic/thought_until_max_tokens": ("", "length", 40, 64, 0),
    "bedrock/answer": (HELLO, "stop", 12, 11, 0),
    "bedrock/answer_cut_at_max_tokens": (ONCE, "length", 14, 3, 0),
    "bedrock/answer_thought_and_cached": ("Take the small model.", "stop", 21 + 188 + 1024, 310, 1024),
    "bedrock/tool_call": ("", "tool_calls", 377, 20, 0),
    "bedrock/tool_calls_parallel": ("I look that up.", "tool_calls", 377, 65, 0),
    "azure-openai/answer": (HELLO, "stop", 19, 10, 0),
    "azure-openai/tool_call": ("", "tool_calls", 19, 10, 0),
    "cerebras/answer": (HELLO, "stop", 72, 46, 0),
    "cerebras/thought_until_max_tokens": ("", "length", 72, 64, 0),
    "cerebras/tool_call": ("", "tool_calls", 72, 46, 0),
    "deepseek/answer": (HELLO, "stop", 1400, 60, 1280),
    "deepseek/tool_calls_parallel": ("", "tool_calls", 1400, 60, 1280),
    "fireworks/answer": (HELLO, "stop", 13, 52, 0),
    "fireworks/tool_call": ("", "tool_calls", 13, 52, 0),
    "gemini/answer": (HELLO, "stop", 8, 9, 0),
    "gemini/answer_cut_at_max_tokens": (ONCE, "length", 6, 3, 0),
    "gemini/answer_thought_and_cached": (
        "Take the small model: it is cheap enough.", "stop", 2065 + 15, 40 + 312, 1024,
    ),
    "gemini/thought_until_max_tokens": ("", "length", 6, 64, 0),
    "gemini/tool_call_with_words": ("I look that up.", "tool_calls", 96, 33 + 64, 0),
    "gemini/tool_call_without_id": ("", "tool_calls", 96, 33 + 64, 0),
    "gemini/tool_calls_parallel": ("", "tool_calls", 96, 33 + 64, 0),
    "glm4/answer": (HELLO, "stop", 13, 52, 2),
    "glm4/tool_call": ("", "tool_calls", 13, 52, 2),
    "groq/answer": (HELLO, "stop", 72, 46, 64),
    "groq/tool_calls_with_words": ("I look that up.", "tool_calls", 72, 46, 64),
    "local/answer": ("I'm sorry for any misinterpretation, but as a chat", "length", 33, 12, 0),
    "local/tool_call": ("", "tool_calls", 33, 12, 0),
    "local/tool_call_object_arguments": ("", "tool_calls", 33, 12, 0),
    "mistral/answer": (HELLO, "stop", 16, 10, 0),
    "mistral/answer_cut_at_window": (ONCE, "length", 262000, 144, 0),
    "mistral/answer_with_thinking": ("Take the small model.", "stop", 24, 61, 0),
    "mistral/tool_call_without_id": ("", "tool_calls", 16, 10, 0),
    "mistral/tool_calls_parallel": ("", "tool_calls", 16, 10, 0),
    "modelscope/answer": (HELLO, "stop", 9, 10, 0),
    "modelscope/tool_call": ("", "tool_calls", 9, 10, 0),
    "nvidia/answer": (HELLO, "stop", 21, 44, 0),
    "nvidia/tool_call": ("", "tool_calls", 21, 44, 0),
    "ollama/answer": (HELLO, "stop", 74, 38, 0),
    "ollama/tool_call": ("", "tool_calls", 74, 38, 0),
    "openai/answer": (HELLO, "stop", 19, 10, 0),
    "openai/answer_cut_at_max_tokens": (ONCE, "length", 14, 3, 0),
    "openai/answer_reasoned_and_cached": ("A small tool is served well by a small model.", "stop", 2006, 300, 1920),
    "openai/refusal": ("I'm sorry, I can't assist with that request.", "refusal", 88, 12, 0),
    "openai/tool_call_cut_at_max_tokens": ("", "tool_calls", 19, 10, 0),
    "openai/tool_calls_parallel": ("", "tool_calls", 19, 10, 0),
    "openai-responses/answer": (HELLO, "stop", 19, 10, 0),
    "openai-responses/answer_cut_at_max_tokens": (ONCE, "length", 14, 16, 0),
    "openai-responses/answer_in_two_messages": ("I look it up. It is noon.", "stop", 40, 30, 0),
    "openai-responses/answer_of_xai": (HELLO, "stop", 32, 9 + 233, 8),
    "openai-responses/answer_reasoned_and_cached": (
        "A small tool is served well by a small model.", "stop", 2006, 300, 1792,
    ),
    "openai-responses/refusal": ("I'm sorry, I can't help with that.", "refusal", 19, 11, 0),
    "openai-responses/thought_until_max_tokens": ("", "length", 40, 64, 0),
    "openai-responses/tool_call": ("", "tool_calls", 72, 46, 0),
    "openai-responses/tool_call_cut_at_max_tokens": ("", "tool_calls", 19, 16, 0),
    "openai-responses/tool_calls_parallel": ("I look that up.", "tool_calls", 72, 65, 0),
    "openrouter/answer": (HELLO, "stop", 72, 46, 0),
    "openrouter/tool_call_without_arguments": ("", "tool_calls", 72, 46, 0),
    "siliconflow/answer": (HELLO, "stop", 13, 52, 0),
    "siliconflow/tool_call": ("", "tool_calls", 13, 52, 0),
    "together/answer": (HELLO, "stop", 72, 46, 0),
    "together/answer_ended_by_eos": ("Hello.", "stop", 12, 3, 0),
    "together/tool_call_finished_as_stop": ("", "tool_calls", 72, 46, 0),
    "xai/answer": (HELLO, "stop", 32, 9 + 233, 8),
    "xai/tool_call": ("", "tool_calls", 32, 9 + 233, 8),
}  # fmt: skip

WRITTEN = {
    "anthropic/answer_thought_and_cached": 188,
    "bedrock/answer_thought_and_cached": 188,
    "openai-responses/answer_reasoned_and_cached": 128,
}
"""The tokens written to a cache, for answers that report them."""

# class: its cases, with the seconds where the provider says how long to wait
FAILURES: dict[ErrorClass, dict[str, float | None] | set[str]] = {
    ErrorClass.AUTH: {
        "bedrock/no_access", "bedrock/wrong_credentials", "anthropic/forbidden", "anthropic/wrong_key",
        "azure-openai/wrong_key", "cerebras/wrong_key", "deepseek/wrong_key", "fireworks/wrong_key",
        "gemini/leaked_key", "gemini/wrong_key", "glm4/wrong_key", "groq/wrong_key", "local/wrong_key",
        "mistral/wrong_key", "modelscope/wrong_key", "nvidia/wrong_key", "nvidia/wrong_key_forbidden",
        "openai/wrong_key", "openai-responses/wrong_key",
        "openrouter/wrong_key", "siliconflow/wrong_key", "together/wrong_key", "xai/wrong_key",
    },
    ErrorClass.QUOTA: {
        "bedrock/quota", "bedrock/tokens_of_the_day", "anthropic/billing", "anthropic/credits", "anthropic/spend_limit",
        "azure-openai/quota", "cerebras/payment", "deepseek/balance", "fireworks/suspended", "gemini/billing_off",
        "gemini/credits_used_up", "glm4/balance", "nvidia/credits", "openai/quota", "openai/spend_limit",
        "openai-responses/quota",
        "openrouter/credits", "together/credits", "xai/credits",
    },
    ErrorClass.RATE_LIMITED: {
        "bedrock/rate_limit": None, "anthropic/overloaded": None, "anthropic/rate_limit": 17,
        "azure-openai/rate_limit": 11.84, "cerebras/queue_full": None, "cerebras/rate_limit": 23,
        "deepseek/rate_limit": None, "fireworks/rate_limit": None, "gemini/rate_limit": 33, "glm4/rate_limit": None,
        "groq/capacity": None, "groq/rate_limit": 6, "groq/too_large_for_the_minute": None, "mistral/capacity": None,
        "mistral/rate_limit": 2, "modelscope/rate_limit": None, "nvidia/rate_limit": None, "openai/rate_limit": 0.822,
        "openai-responses/rate_limit": 0.822, "openai-responses/failed_rate_limit": None,
        "openrouter/rate_limit": 14, "siliconflow/rate_limit": None, "together/rate_limit": 3, "xai/rate_limit": None,
    },
    ErrorClass.MODEL_NOT_FOUND: {
        "bedrock/model_ended", "bedrock/model_gone", "bedrock/model_unknown", "bedrock/profile_needed",
        "anthropic/model_gone",
        "azure-openai/model_gone", "cerebras/model_gone", "deepseek/model_gone", "fireworks/model_gone",
        "gemini/model_gone", "glm4/model_gone", "groq/model_decommissioned", "groq/model_gone", "mistral/model_gone",
        "modelscope/model_gone", "nvidia/model_ended", "nvidia/model_gone", "ollama/model_gone", "openai/model_gone",
        "openai-responses/model_gone",
        "openrouter/model_gone", "openrouter/model_unknown", "siliconflow/model_gone", "together/model_gone",
        "together/model_not_serverless", "xai/model_gone",
    },
    ErrorClass.CONTEXT_LENGTH: {
        "bedrock/context_too_long", "anthropic/context_too_long", "anthropic/context_too_long_with_answer",
        "anthropic/request_too_large",
        "azure-openai/context_too_long", "cerebras/context_too_long", "deepseek/context_too_long",
        "fireworks/context_too_long", "gemini/context_too_long", "glm4/context_too_long", "groq/context_too_long",
        "groq/context_too_long_without_code", "local/context_too_long", "mistral/context_too_long",
        "nvidia/context_too_long", "openai/context_too_long", "openai-responses/context_too_long",
        "openrouter/context_too_long",
        "siliconflow/context_too_long", "together/context_too_long", "xai/context_too_long",
    },
    ErrorClass.CONTENT_FILTER: {
        "bedrock/answer_filtered", "bedrock/guardrail", "anthropic/refusal",
        "azure-openai/answer_filtered", "azure-openai/prompt_filtered", "deepseek/prompt_filtered",
        "gemini/answer_blocked", "gemini/prompt_blocked", "glm4/answer_filtered", "glm4/prompt_filtered",
        "openai/content_filter", "openrouter/moderation",
        "openai-responses/content_filter", "openai-responses/failed_policy", "openai-responses/prompt_filtered",
    },
    ErrorClass.BAD_RESPONSE: {
        "bedrock/malformed_tool_use", "anthropic/thought_out_of_place", "deepseek/broke_off",
        "gemini/malformed_function_call",
        "gemini/unexpected_tool_call", "glm4/broke_off",
        "groq/broken_json_from_model", "groq/tool_use_failed", "mistral/broke_off", "openrouter/broke_off",
        "openrouter/error_with_200", "openai-responses/cancelled",
    },
    ErrorClass.SERVER: {
        "bedrock/model_error": None, "bedrock/model_timeout": None, "bedrock/not_ready": None,
        "bedrock/server_error": None, "bedrock/unavailable": None, "anthropic/server_error": None,
        "anthropic/timed_out": None,
        "azure-openai/server_error": None, "cerebras/server_error": None, "deepseek/overloaded": None,
        "fireworks/overloaded": None, "gemini/overloaded": None, "gemini/server_error": None,
        "glm4/server_error": None, "groq/server_error": None, "local/loading": None, "mistral/server_error": None,
        "modelscope/server_error": None, "nvidia/server_error": None, "ollama/server_error": None,
        "openai/overloaded": 5, "openai/server_error": None, "openai-responses/failed": None,
        "openai-responses/overloaded": 5, "openai-responses/server_error": None, "openrouter/no_provider": 30,
        "openrouter/server_error": None, "siliconflow/overloaded": None, "together/overloaded": None,
        "xai/server_error": None,
    },
    ErrorClass.REJECTED: {
        "bedrock/bad_parameter", "anthropic/bad_parameter",
        "gemini/unknown_field", "glm4/bad_parameter", "local/bad_request", "mistral/message_as_object",
        "mistral/unknown_field", "ollama/bad_request", "openai/unsupported_parameter",
        "openai-responses/failed_image", "openai-responses/thoughts_alone", "openai-responses/thoughts_of_another",
        "openai-responses/unsupported_parameter", "xai/bad_parameter",
    },
}  # fmt: skip

FAILED = {
    case: (error_class, cases[case] if isinstance(cases, dict) else None)
    for error_class, cases in FAILURES.items()
    for case in sorted(cases)  # a set has another order in every process, but all workers of a test run need the same
}


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_is_decoded(case: str, wire: Wire) -> None:
    recorded = recording(case)
    wire.reply(recorded.content, recorded.status, recorded.headers)
    completion = wire.ask(model_of(case))
    text, finish_reason, prompt, completed, cached = ANSWERS[case]
    assert completion.text + completion.refusal == text
    assert bool(completion.refusal) == (finish_reason == "refusal")
    assert completion.finish_reason == finish_reason
    tokens = completion.tokens
    assert (tokens.prompt, tokens.completion, tokens.cached) == (prompt, completed, cached)
    assert (tokens.cache_write, tokens.cache_write_1h) == (WRITTEN.get(case, 0), 0)


@pytest.mark.parametrize("case", ANSWERS)
def test_tokens_add_up_to_the_total_that_the_provider_bills(case: str, wire: Wire) -> None:
    recorded = recording(case)
    wire.reply(recorded.content, recorded.status, recorded.headers)
    tokens = wire.ask(model_of(case)).tokens
    usage = recorded.body.get("usage") or recorded.body["usageMetadata"]
    totals = [usage[name] for name in ("total_tokens", "totalTokenCount", "totalTokens") if name in usage]
    parts = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
    assert [(tokens.prompt or 0) + (tokens.completion or 0)] == (totals or [sum(usage[part] for part in parts)])


@pytest.mark.parametrize("case", FAILED)
def test_a_failure_is_classified(case: str, wire: Wire) -> None:
    recorded = recording(case)
    wire.reply(recorded.content, recorded.status, recorded.headers)
    with pytest.raises(UpstreamError) as caught:
        wire.ask(model_of(case))
    error_class, wait = FAILED[case]
    assert caught.value.error_class is error_class
    assert caught.value.status == recorded.status
    assert wait_seconds(caught.value.headers, now=0) == wait


@pytest.mark.parametrize("case", FAILED)
def test_a_failure_quotes_neither_the_reply_nor_the_request(case: str, wire: Wire) -> None:
    recorded = recording(case)
    wire.reply(recorded.content, recorded.status, recorded.headers)
    with pytest.raises(UpstreamError) as caught:
        wire.ask(model_of(case))
    reported = f"{caught.value!s} {caught.value.reason} {dict(caught.value.headers)}"
    assert KEY not in reported
    assert not [prose for prose in _prose(recorded.body) if prose in reported]


def _prose(body: object) -> Iterator[str]:
    """Every text in a body that has several words."""
    if isinstance(body, dict | list):
        for part in body.values() if isinstance(body, dict) else body:
            yield from _prose(part)
    elif isinstance(body, str) and " " in body:
        yield body


def test_the_table_names_exactly_the_recordings() -> None:
    assert sorted([*ANSWERS, *FAILED]) == all_cases()


def test_every_shipped_provider_has_an_answer_and_the_failures_that_matter_most() -> None:
    assert set(MODELS) == shipped_providers()
    for provider in sorted(shipped_providers()):
        classes = {error_class for case, (error_class, _) in FAILED.items() if provider_of(case) == provider}
        assert f"{provider}/answer" in ANSWERS
        assert any(case.startswith(f"{provider}/tool_call") for case in ANSWERS), provider
        assert classes >= {ErrorClass.SERVER}, provider
        assert provider in ("ollama", "local") or classes >= {
            ErrorClass.AUTH,
            ErrorClass.RATE_LIMITED,
            ErrorClass.MODEL_NOT_FOUND,
        }, provider


def test_no_recording_holds_anything_like_a_real_key() -> None:
    shapes = ("sk-proj-", "sk-or-v1-", "AIza", "gsk_", "xai-", "nvapi-", "csk-", "fw_")
    for case in all_cases():
        text = recording(case).content.decode()
        assert not [shape for shape in shapes if shape in text], case


def test_the_recordings_are_of_the_models_behind_the_shipped_names() -> None:
    settings = load_settings({})
    assert settings.target("groq:llama3-70b", "").upstream_model == recording("groq/answer").body["model"]
    assert settings.target("gemini:flash-1.5", "").upstream_model == recording("gemini/answer").body["modelVersion"]

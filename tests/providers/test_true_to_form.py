"""The recordings have the vendors' form: the vendors' own SDKs read them as intended."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import httpx2
import pytest
from pydantic import ValidationError

from agentos.kernel.errors import UpstreamError
from tests.functions.conftest import gemini_answer
from tests.providers.recordings import MODELS, OTHER_FORMATS, Recording, Wire, all_cases, provider_of, recording
from tests.support import upstream
from tests.support.sdks import genai, openai
from tests.support.sdks import genai_types as types

GEMINI = [case for case in all_cases() if provider_of(case) == "gemini"]
OPENAI = [case for case in all_cases() if provider_of(case) not in OTHER_FORMATS]
ANSWERED = 200

CALL = ("choices", 0, "message", "tool_calls", 0)
EXTENSIONS = {
    "groq/answer": {("service_tier",)},
    "groq/tool_calls_with_words": {("service_tier",)},
    "local/tool_call_object_arguments": {
        (*CALL, "ChatCompletionMessageFunctionToolCall", "function", "arguments"),
        (*CALL, "ChatCompletionMessageCustomToolCall", "custom"),
        (*CALL, "ChatCompletionMessageCustomToolCall", "type"),
    },
    "mistral/answer_with_thinking": {("choices", 0, "message", "content")},
    "mistral/answer_cut_at_window": {("choices", 0, "finish_reason")},
    "mistral/broke_off": {("choices", 0, "finish_reason")},
    "together/answer_ended_by_eos": {("choices", 0, "finish_reason")},
    "glm4/answer_filtered": {("choices", 0, "finish_reason")},
    "glm4/broke_off": {("choices", 0, "finish_reason")},
    "deepseek/broke_off": {("choices", 0, "finish_reason")},
    "openrouter/broke_off": {("choices", 0, "finish_reason")},
    "openrouter/error_with_200": {("id",), ("choices",), ("created",), ("model",), ("object",)},
}
"""Known differences of vendors from OpenAI's schema. Everything else must match it strictly."""

OPENAI_ERRORS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}
"""The errors that the SDK documents: `InternalServerError` from 500 on, `APIStatusError` for the rest."""


def openai_sdk(recorded: Recording) -> Any:
    """The SDK's result for a recording."""
    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(recorded.status, headers=recorded.headers, content=recorded.content)
    )
    with openai.OpenAI(
        api_key="none", base_url="https://api.test/v1", max_retries=0, http_client=httpx2.Client(transport=transport)
    ) as client:
        return client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello."}])


def gemini_sdk(recorded: Recording) -> Any:
    """The SDK's result for a recording."""
    transport = httpx.MockTransport(
        lambda _: httpx.Response(recorded.status, headers=recorded.headers, content=recorded.content)
    )
    with httpx.Client(transport=transport) as http:
        client = genai.Client(api_key="none", http_options=types.HttpOptions(httpx_client=http))
        return client.models.generate_content(model="gemini-3.5-flash-lite", contents="Hello.")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.WARNING)  # both SDKs warn about what they read
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("case", [case for case in OPENAI if recording(case).status == ANSWERED])
def test_a_recorded_answer_matches_openais_schema(case: str) -> None:
    try:
        openai.types.chat.ChatCompletion.model_validate_json(recording(case).content, strict=True)
        left = set()
    except ValidationError as error:
        left = {problem["loc"] for problem in error.errors()}
    assert left == EXTENSIONS.get(case, set())


def test_the_fakes_of_the_other_tests_match_openais_schema() -> None:
    openai.types.chat.ChatCompletion.model_validate(upstream.answer("Hello.").body, strict=True)
    types.GenerateContentResponse.model_validate(gemini_answer("Hello.").body)
    refused = upstream.refusal(429, "rate_limit_exceeded")
    with pytest.raises(openai.RateLimitError) as caught:
        openai_sdk(Recording(refused.status, {"content-type": "application/json"}, refused.body))
    assert caught.value.code == "rate_limit_exceeded"


@pytest.mark.parametrize("case", [case for case in OPENAI if recording(case).status == ANSWERED])
def test_openais_sdk_reads_the_same_answer_as_we_do(case: str, wire: Wire) -> None:
    recorded = recording(case)
    wire.reply(recorded.content, recorded.status, recorded.headers)
    theirs = openai_sdk(recorded)
    try:
        ours = wire.ask(MODELS[provider_of(case)])
    except UpstreamError:
        return  # test_recorded checks what we refuse
    message = theirs.choices[0].message
    if case != "mistral/answer_with_thinking":
        assert ours.text == (message.content or "")
    assert [call.name for call in ours.tool_calls] == [call.function.name for call in message.tool_calls or ()]
    assert theirs.usage is not None
    assert ours.tokens.prompt == theirs.usage.prompt_tokens
    assert ours.tokens.prompt + ours.tokens.completion == theirs.usage.total_tokens


@pytest.mark.parametrize("case", [case for case in OPENAI if recording(case).status != ANSWERED])
def test_openais_sdk_raises_what_it_documents(case: str) -> None:
    recorded = recording(case)
    with pytest.raises(openai.APIStatusError) as caught:
        openai_sdk(recorded)
    fallback = "InternalServerError" if recorded.status >= 500 else "APIStatusError"
    assert type(caught.value) is getattr(openai, OPENAI_ERRORS.get(recorded.status, fallback))
    body = json.loads(recorded.content)
    assert caught.value.body == (body.get("error", body) if isinstance(body, dict) else body)


@pytest.mark.parametrize("case", [case for case in OPENAI if provider_of(case) in ("openai", "groq", "local")])
def test_errors_in_openais_form_have_the_fields_that_its_sdk_reads(case: str) -> None:
    recorded = recording(case)
    if recorded.status == ANSWERED:
        return
    with pytest.raises(openai.APIStatusError) as caught:
        openai_sdk(recorded)
    assert caught.value.type
    assert recorded.body["error"]["message"] in caught.value.message


@pytest.mark.parametrize("case", [case for case in GEMINI if recording(case).status == ANSWERED])
def test_googles_sdk_reads_an_answer_without_an_unknown_field_or_word(case: str) -> None:
    types.GenerateContentResponse.model_validate(recording(case).body)  # it forbids fields that it does not know
    theirs = gemini_sdk(recording(case))
    reasons = [candidate.finish_reason for candidate in theirs.candidates or ()]
    assert all(reason in types.FinishReason.__members__.values() for reason in reasons)


@pytest.mark.parametrize(
    "case",
    [
        "gemini/answer",
        "gemini/answer_thought_and_cached",
        "gemini/tool_call_with_words",
        "gemini/tool_call_without_id",
        "gemini/tool_calls_parallel",
    ],
)
def test_googles_sdk_reads_the_same_answer_as_we_do(case: str, wire: Wire) -> None:
    recorded = recording(case)
    wire.reply(recorded.content, recorded.status, recorded.headers)
    ours, theirs = wire.ask(MODELS["gemini"]), gemini_sdk(recorded)
    assert ours.text == (theirs.text or "")
    assert [(call.name, call.arguments) for call in ours.tool_calls] == [
        (call.name, call.args or {}) for call in theirs.function_calls or ()
    ]
    assert theirs.usage_metadata is not None
    assert ours.tokens.prompt + ours.tokens.completion == theirs.usage_metadata.total_token_count
    assert ours.tokens.cached == (theirs.usage_metadata.cached_content_token_count or 0)


@pytest.mark.parametrize("case", [case for case in GEMINI if recording(case).status != ANSWERED])
def test_googles_sdk_raises_what_it_documents(case: str) -> None:
    recorded = recording(case)
    with pytest.raises(genai.errors.APIError) as caught:
        gemini_sdk(recorded)
    assert type(caught.value) is (genai.errors.ServerError if recorded.status >= 500 else genai.errors.ClientError)
    assert caught.value.code == recorded.status == recorded.body["error"]["code"]
    assert caught.value.status == recorded.body["error"]["status"]
    assert caught.value.message == recorded.body["error"]["message"]

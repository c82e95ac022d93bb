"""What the vendors' SDKs say of a request."""

import json
from functools import cache
from typing import Any

import httpx
from pydantic import ConfigDict, TypeAdapter

from tests.providers.recordings import recording
from tests.support.sdks import anthropic, genai, openai


def validate_for_openai(body: Any) -> None:
    """Raises pydantic's ValidationError for a request that OpenAI's types do not know."""
    _strict(openai.types.chat.completion_create_params.CompletionCreateParamsNonStreaming).validate_python(body)


def validate_for_responses(body: Any) -> None:
    """Raises pydantic's ValidationError for a request that OpenAI's types do not know."""
    types = openai.types.responses.response_create_params
    read = _strict(types.ResponseCreateParamsNonStreaming).validate_python(body)
    for items in (read["input"], read.get("tools", ())):  # pydantic looks into them only when they are read
        assert all(items)


def validate_for_anthropic(body: Any) -> None:
    """Raises pydantic's ValidationError for a request that Anthropic's types do not know."""
    _strict(anthropic.types.message_create_params.MessageCreateParamsNonStreaming).validate_python(body)


@cache
def _strict(typed_dict: Any) -> TypeAdapter[Any]:
    class Strict(typed_dict):  # type: ignore[misc]
        __pydantic_config__ = ConfigDict(extra="forbid")

    return TypeAdapter(Strict)


def google_sdk_sends(contents: Any, config: Any) -> dict[str, Any]:
    """The JSON that Google's own SDK makes of the same request, without empty fields."""
    sent: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content))
        return httpx.Response(200, content=recording("gemini/answer").content)

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        client = genai.Client(api_key="none", http_options=genai.types.HttpOptions(httpx_client=http))
        client.models.generate_content(model="gemini-3.5-flash-lite", contents=contents, config=config)
    return {name: value for name, value in sent[0].items() if value}

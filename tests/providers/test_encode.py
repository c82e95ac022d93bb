"""What is sent: address, headers and body, for each provider and each feature of a prompt."""

from pathlib import Path
from typing import Any

import pytest

from agentos import __version__
from agentos.domain import ImagePart, Message, Parameters, Prompt, TextPart
from agentos.kernel.errors import UpstreamError
from tests.providers.recordings import (
    KEY,
    MODELS,
    OTHER_FORMATS,
    Wire,
    an_answer,
    prompt,
    settings_for,
    shipped_providers,
)
from tests.providers.vendor_types import google_sdk_sends, validate_for_openai
from tests.support.sdks import genai_types as types

ADDRESSES = {
    "anthropic": "https://api.anthropic.com/v1/messages",
    "azure-openai": "https://my-resource.openai.azure.test/openai/v1/chat/completions",
    "bedrock": "https://bedrock-runtime.eu-west-1.amazonaws.com/model/"
    "global.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse",
    "cerebras": "https://api.cerebras.ai/v1/chat/completions",
    "deepseek": "https://api.deepseek.com/chat/completions",
    "fireworks": "https://api.fireworks.ai/inference/v1/chat/completions",
    "gemini": "https://generativelanguage.googleapis.com/v1beta/models/gemini-3.5-flash-lite:generateContent",
    "glm4": "https://api.z.ai/api/paas/v4/chat/completions",
    "groq": "https://api.groq.com/openai/v1/chat/completions",
    "local": "http://127.0.0.1:8081/v1/chat/completions",
    "mistral": "https://api.mistral.ai/v1/chat/completions",
    "modelscope": "https://api-inference.modelscope.cn/v1/chat/completions",
    "nvidia": "https://integrate.api.nvidia.com/v1/chat/completions",
    "ollama": "http://localhost:11434/v1/chat/completions",
    "openai": "https://api.openai.com/v1/chat/completions",
    "openrouter": "https://openrouter.ai/api/v1/chat/completions",
    "siliconflow": "https://api.siliconflow.com/v1/chat/completions",
    "together": "https://api.together.ai/v1/chat/completions",
    "xai": "https://api.x.ai/v1/chat/completions",
}
KEY_HEADERS = {
    "anthropic": "x-api-key",
    "azure-openai": "api-key",
    "gemini": "x-goog-api-key",
    "bedrock": None,
    "local": None,
    "ollama": None,
}
"""The header of the key, where it is not `authorization: Bearer`."""

MAX_COMPLETION_TOKENS = {"azure-openai", "cerebras", "groq", "openai", "xai"}
"""The providers that take OpenAI's newer name for the bound on the answer. The others know `max_tokens` alone."""

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
JSON_SCHEMA = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA, "strict": True}}
OPEN_SCHEMA = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA, "strict": False}}
"""A schema that strict mode refuses: it does not forbid additional properties."""

LENIENT = {"local", "ollama"}
"""Providers whose strict mode takes any schema."""
IMAGES = Message(
    role="user",
    content=(
        TextPart(type="text", text="What is this?"),
        ImagePart.model_validate({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}),
        ImagePart.model_validate(
            {"type": "image_url", "image_url": {"url": "https://example.test/a.png", "detail": "low"}}
        ),
    ),
)
TALK = (
    Message(role="user", content="Hello."),
    Message(role="assistant", content="Hello! And you?"),
    Message(role="user", content="Über alles: 你好, 🙂 and \u2028."),
)
EVERYTHING = Parameters(temperature=0, max_tokens=64, top_p=0.5, stop=("END", "\n"), response_format=JSON_SCHEMA)


def encoded(wire: Wire, model: str, asked: Prompt) -> Any:
    """The JSON that is sent for a prompt."""
    wire.reply(an_answer(model))
    wire.ask(model, asked)
    return wire.sent_json


@pytest.mark.parametrize("provider", sorted(MODELS))
def test_each_request_goes_to_the_providers_address_with_the_key_in_its_header_alone(provider: str, wire: Wire) -> None:
    encoded(wire, MODELS[provider], prompt())
    assert wire.sent.method == "POST"
    assert str(wire.sent.url) == ADDRESSES[provider]
    name = KEY_HEADERS.get(provider, "authorization")
    with_key = {header: value for header, value in wire.sent.headers.items() if KEY in value}
    assert with_key == ({name: f"Bearer {KEY}" if name == "authorization" else KEY} if name else {})
    assert KEY not in wire.sent.content.decode()
    assert wire.sent.headers["content-type"] == wire.sent.headers["accept"] == "application/json"
    assert wire.sent.headers["user-agent"] == f"agentos-serverless/{__version__}"


def test_the_addresses_here_include_every_shipped_provider() -> None:
    assert set(ADDRESSES) == shipped_providers()


def test_an_endpoint_of_the_environment_replaces_the_shipped_one(wire: Wire) -> None:
    settings = settings_for(OPENAI_ENDPOINT="http://127.0.0.1:9/base/", GEMINI_ENDPOINT="http://127.0.0.1:9/v1")
    for model, url in {
        "openai:x": "http://127.0.0.1:9/base/chat/completions",
        "gemini:x": "http://127.0.0.1:9/v1/models/x:generateContent",
    }.items():
        with pytest.raises(UpstreamError):
            wire.ask(model, settings=settings)
        assert str(wire.sent.url) == url


def test_a_providers_own_path_headers_and_parameter_names_are_data(wire: Wire, tmp_path: Path) -> None:
    overlay = tmp_path / "own.yaml"
    overlay.write_text(
        """
        providers:
          own:
            format: openai
            endpoint: https://own.test
            auth: X-Own-Key
            path: /deployments/{model}/chat?api-version=2
            headers: {X-Title: AgentOS}
            parameters: {maxTokens: num_predict, temperature: heat, topP: nucleus, stop: stops}
        models:
          own:short: {upstream: a/long name}
        """
    )
    settings = settings_for(overlay, OWN_API_KEY=KEY)
    with pytest.raises(UpstreamError):
        wire.ask("own:short", Prompt(messages=TALK, parameters=EVERYTHING), settings)
    assert str(wire.sent.url) == "https://own.test/deployments/a%2Flong%20name/chat?api-version=2"
    assert wire.sent.headers["x-own-key"] == KEY
    assert wire.sent.headers["x-title"] == "AgentOS"
    assert "authorization" not in wire.sent.headers
    assert wire.sent_json == {
        "model": "a/long name",
        "messages": [{"role": message.role, "content": message.content} for message in TALK],
        "heat": 0,
        "num_predict": 64,
        "nucleus": 0.5,
        "stops": ["END", "\n"],
        "response_format": OPEN_SCHEMA,
    }


@pytest.mark.parametrize("name", ["../../v1/files", "x?key=1", "x#y", "x/y:z", "%2e%2e", "x:generateContent?a="])
def test_a_models_name_cannot_change_the_rest_of_the_path(name: str, wire: Wire) -> None:
    encoded(wire, f"gemini:{name}", prompt())
    url = wire.sent.url
    assert url.host == "generativelanguage.googleapis.com"
    assert (url.query, url.fragment) == (b"", "")
    assert url.raw_path.startswith(b"/v1beta/models/")
    assert url.raw_path.endswith(b":generateContent")
    assert url.raw_path.count(b"/") == 3


# --- OpenAI's wire format ---------------------------------------------------------------------


def test_openai_receives_only_what_was_set(wire: Wire) -> None:
    assert encoded(wire, "openai:gpt-4o-mini", prompt("Hello.")) == {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "Hello."}],
    }


def test_openai_receives_the_instructions_first_and_every_role_unchanged(wire: Wire) -> None:
    asked = Prompt(messages=(*TALK, Message(role="system", content="Be brief.")), instructions="Be kind.")
    assert encoded(wire, "openai:gpt-4o-mini", asked)["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": "Hello! And you?"},
        {"role": "user", "content": "Über alles: 你好, 🙂 and \u2028."},
        {"role": "system", "content": "Be brief."},
    ]


def test_openai_receives_images_in_its_own_form(wire: Wire) -> None:
    assert encoded(wire, "openai:gpt-4o-mini", Prompt(messages=(IMAGES,)))["messages"][0]["content"] == [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}", "detail": "auto"}},
        {"type": "image_url", "image_url": {"url": "https://example.test/a.png", "detail": "low"}},
    ]


@pytest.mark.parametrize("provider", sorted(set(MODELS) - OTHER_FORMATS))
def test_parameters_have_each_providers_names(provider: str, wire: Wire) -> None:
    body = encoded(wire, f"{provider}:not-listed", Prompt(messages=TALK, parameters=EVERYTHING))
    del body["model"], body["messages"]
    assert body == {
        "max_completion_tokens" if provider in MAX_COMPLETION_TOKENS else "max_tokens": 64,
        "temperature": 0,
        "top_p": 0.5,
        "stop": ["END"] if provider == "glm4" else ["END", "\n"],
        "response_format": JSON_SCHEMA if provider in LENIENT else OPEN_SCHEMA,
    }


@pytest.mark.parametrize("asked", [
    prompt(),
    Prompt(messages=TALK, instructions="Be kind.", parameters=EVERYTHING),
    Prompt(messages=(IMAGES,), parameters=Parameters(response_format={"type": "json_object"})),
])  # fmt: skip
def test_requests_to_openai_have_the_types_of_its_sdk(asked: Prompt, wire: Wire) -> None:
    validate_for_openai(encoded(wire, "openai:gpt-4o-mini", asked))


# --- Gemini's wire format ---------------------------------------------------------------------


def test_gemini_receives_only_what_was_set(wire: Wire) -> None:
    assert encoded(wire, "gemini:flash-1.5", prompt("Hello.")) == {
        "contents": [{"role": "user", "parts": [{"text": "Hello."}]}]
    }


def test_requests_to_gemini_equal_those_of_googles_sdk(wire: Wire) -> None:
    ours = encoded(wire, "gemini:flash-1.5", Prompt(messages=TALK, instructions="Be kind.", parameters=EVERYTHING))
    theirs = google_sdk_sends(
        [
            types.Content(
                role="model" if message.role == "assistant" else message.role,
                parts=[types.Part.from_text(text=str(message.content))],
            )
            for message in TALK
        ],
        types.GenerateContentConfig(
            system_instruction="Be kind.",
            temperature=0,
            max_output_tokens=64,
            top_p=0.5,
            stop_sequences=["END", "\n"],
            response_mime_type="application/json",
            response_json_schema=SCHEMA,
        ),
    )
    theirs["systemInstruction"].pop("role")  # the SDK adds one, which the API ignores
    assert ours == theirs


def test_images_to_gemini_equal_those_of_googles_sdk(wire: Wire) -> None:
    ours = encoded(wire, "gemini:flash-1.5", Prompt(messages=(IMAGES,)))
    theirs = google_sdk_sends(
        types.Content(
            role="user",
            parts=[
                types.Part.from_text(text="What is this?"),
                types.Part(inline_data=types.Blob.model_validate({"mimeType": "image/png", "data": PIXEL})),
                types.Part(file_data=types.FileData(file_uri="https://example.test/a.png")),
            ],
        ),
        types.GenerateContentConfig(),
    )
    read = types.Content.model_validate  # the SDK writes `mime_type`, which the API takes for `mimeType`
    assert list(map(read, ours["contents"])) == list(map(read, theirs["contents"]))


def test_gemini_receives_system_messages_with_the_instructions(wire: Wire) -> None:
    asked = Prompt(messages=(*TALK, Message(role="system", content="Be brief.")), instructions="Be kind.")
    body = encoded(wire, "gemini:flash-1.5", asked)
    assert body["systemInstruction"] == {"parts": [{"text": "Be kind."}, {"text": "Be brief."}]}
    assert [content["role"] for content in body["contents"]] == ["user", "model", "user"]


@pytest.mark.parametrize(("response_format", "generation"), [
    ({"type": "json_object"}, {"responseMimeType": "application/json"}),
    (JSON_SCHEMA, {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}),
    ({"type": "text"}, None),
])  # fmt: skip
def test_gemini_receives_the_response_format_in_its_own_form(
    response_format: dict[str, Any], generation: dict[str, Any] | None, wire: Wire
) -> None:
    body = encoded(wire, "gemini:flash-1.5", prompt(response_format=response_format))
    assert body.get("generationConfig") == generation

"""The recorded replies of every provider, and the call that production makes to read them.

A file under `recorded/<provider>/<case>.json` is `{status, headers, body}`. A body that came as JSON stands
there as JSON; one of any other content type as text.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from agentos.domain import AnswerListener, Completion, Message, Parameters, Prompt, TextListener
from agentos.kernel.clock import Timeouts
from agentos.providers.http_client import HttpClient
from agentos.providers.upstream import UpstreamClient
from agentos.settings.loading import Settings, load_settings
from tests.support.scripted_transport import ScriptedTransport

FOLDER = Path(__file__).parent / "recorded"
KEY = "a-key-of-this-test"
REPLY_BYTES = 1_000_000
SECONDS = 20.0  # far more than any call here takes

MODELS = {
    "anthropic": "anthropic:claude-haiku-5-5",
    "azure-openai": "azure-openai:my-deployment",
    "bedrock": "bedrock:claude-haiku-4-5",
    "cerebras": "cerebras:gpt-oss-120b",
    "deepseek": "deepseek:deepseek-flash",
    "fireworks": "fireworks:glm-5p3-flash",
    "gemini": "gemini:flash-1.5",
    "glm4": "glm4:glm-4.7-flash",
    "groq": "groq:llama3-70b",
    "local": "local:smollm2",
    "mistral": "mistral:mistral-small-latest",
    "modelscope": "modelscope:Qwen/Qwen3-235B-A22B-Instruct-2507",
    "nvidia": "nvidia:nvidia/nemotron-3-super-120b-a12b",
    "ollama": "ollama:gpt-oss:20b",
    "openai": "openai:gpt-4o-mini",
    "openrouter": "openrouter:openai/gpt-oss-120b",
    "siliconflow": "siliconflow:zai-org/GLM-5.3-Flash",
    "together": "together:openai/gpt-oss-120b",
    "xai": "xai:grok-4.3",
}
"""A model of each provider."""

RESPONSES = "openai:gpt-6-luna"
"""A model that is asked in the format of Responses. What it answers is recorded under the name of the format."""

OTHER_FORMATS = {"anthropic", "bedrock", "gemini", "openai-responses"}
"""Providers with their own wire format, and the format of some models. All others have Chat Completions."""


@dataclass(frozen=True)
class Recording:
    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def content(self) -> bytes:
        """The body as it came from the provider."""
        as_text = isinstance(self.body, str) and "json" not in self.headers["content-type"]
        return (self.body if as_text else json.dumps(self.body)).encode()


def recording(case: str) -> Recording:
    """The recording called `<provider>/<case>`."""
    return Recording(**json.loads((FOLDER / f"{case}.json").read_text("utf-8")))


def all_cases() -> list[str]:
    return sorted(str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.glob("*/*.json"))


def provider_of(case: str) -> str:
    return case.partition("/")[0]


def model_of(case: str) -> str:
    """The model whose answer is recorded."""
    name = provider_of(case)
    return RESPONSES if name == "openai-responses" else MODELS[name]


@cache
def format_of(model: str) -> str:
    """A model's wire format, by the shipped configuration."""
    settings = load_settings({})
    target = settings.target(model, "test")
    return target.facts.format or settings.providers[target.provider].settings.format


def an_answer(model: str) -> bytes:
    """A good reply in a model's wire format."""
    return recording(f"{format_of(model)}/answer").content


def prompt(text: str = "Hello.", **parameters: Any) -> Prompt:
    return Prompt(messages=(Message(role="user", content=text),), parameters=Parameters(**parameters))


def settings_for(overlay: Path | None = None, **environment: str) -> Settings:
    """The shipped configuration, with a key, an endpoint or a region for every provider that needs one."""
    everything = {
        **{f"{name.upper().replace('-', '_')}_API_KEY": KEY for name in MODELS},
        "AZURE_OPENAI_ENDPOINT": "https://my-resource.openai.azure.test",
        "AWS_REGION": "eu-west-1",
        "OLLAMA_ENDPOINT": "http://localhost:11434/v1",
        "LOCAL_ENDPOINT": "http://127.0.0.1:8081/v1",
        **({"AGENTOS_CONFIG": str(overlay)} if overlay else {}),
        **environment,
    }
    return load_settings(everything)


@cache
def shipped_providers() -> frozenset[str]:
    """The providers in the shipped configuration that are reached over HTTP."""
    providers = load_settings({}).providers
    return frozenset(name for name, provider in providers.items() if provider.settings.format != "echo")


@dataclass
class Wire:
    """The real HTTP client on a scripted network that records the requests."""

    settings: Settings = field(default_factory=settings_for)
    answer: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(500)
    requests: list[httpx.Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.http = HttpClient(REPLY_BYTES, ScriptedTransport(self._handle))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answer(request)

    def reply(self, content: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """From now on, answer so."""
        self.answer = lambda _: httpx.Response(status, headers=dict(headers or {}), content=content)

    def ask(
        self,
        model: str,
        asked: Prompt | None = None,
        settings: Settings | None = None,
        listen: TextListener | None = None,
        on_reasoning: TextListener | None = None,
    ) -> Completion:
        """One attempt as production makes it. Raises UpstreamError."""
        known = settings or self.settings
        listener = AnswerListener(listen, on_reasoning) if listen else None
        return UpstreamClient(known, self.http).call(
            known.target(model, "test"), asked or prompt(), Timeouts(SECONDS, SECONDS), listener
        )

    @property
    def sent(self) -> httpx.Request:
        return self.requests[-1]

    @property
    def sent_json(self) -> Any:
        return json.loads(self.sent.content)

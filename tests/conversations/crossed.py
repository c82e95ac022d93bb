"""A conversation that begins at one provider and goes on at another, played on the whole stack.

What a client sends is data here (`Conversation`); so are the model's answers, which name a tool by its place among
those that the provider was offered: a name may have been changed on the way.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.conversations.fakes.bedrock import REGION
from tests.conversations.fakes.model import Answer, Call, Received, ScriptedModel
from tests.conversations.fakes.provider import FakeProvider, Sent
from tests.conversations.fakes.providers import HOSTS, PROVIDERS
from tests.conversations.fakes.rules import Refused
from tests.conversations.fakes.server import FakeServer
from tests.support import gateway
from tests.support.memory_dynamodb import MemoryTable
from tests.support.wiring import rewire

Body = dict[str, Any]

MODELS: dict[str, tuple[str, ...]] = {
    "openai": ("gpt-4o-mini", "gpt-5.4-mini", "gpt-6-luna"),
    "gemini": ("flash-1.5", "gemini-3.8-flash"),
    "anthropic": ("claude-haiku-5-5", "claude-sonnet-5-5", "claude-haiku-4-5"),
    "bedrock": ("claude-haiku-4-5", "claude-sonnet-5-5", "nova-2-lite"),
    "deepseek": ("deepseek-flash", "deepseek-v4-pro"),
    "mistral": ("mistral-small-latest", "codestral-latest"),
    "openrouter": ("google/gemini-3.8-flash", "openai/gpt-oss-120b"),
    "glm4": ("glm-5.3-flash", "glm-5.3"),
    "groq": ("qwen/qwen3.8-27b", "llama3-70b"),
    "ollama": ("qwen3-vl:8b", "gpt-oss:20b"),
}
"""The models of each provider that are asked, the first of them unless a conversation says otherwise."""

HOSTED = {"google": "gemini-3.8-flash", "together": "deepseek-ai/DeepSeek-V4.1-Flash"}
"""Models elsewhere that need back what came with their calls: a conversation may begin there."""

OUTAGES: dict[str, Sent] = {
    "429": Sent(b'{"error": {"message": "Slow down.", "code": 429}}', status=429),
    "402": Sent(b'{"error": {"message": "Pay first."}}', status=402),
    "401": Sent(b'{"error": {"message": "No."}}', status=401),
    "404": Sent(b'{"error": {"message": "No such model."}}', status=404),
    "html": Sent(b"<html>We will be back soon.</html>", "text/html"),
}
"""How a provider that is down answers: ways after which no second call is made there, which would take its time."""

SIMULATED = "simulated"
"""An outage of which no provider knows: our own header makes it, and it costs no call."""

OVERLAY = {
    "providers": {"bedrock": {"enabled": True}, "google": {"format": "openai"}},
    "routing": {"fallbacks": [], "rules": [], "simulation": True},
    "limits": {"attempts": 40},
    "health": {"failures": 1_000_000, "cacheSeconds": 3600},  # an outage is to leave no trace in the next example
}


@dataclass(frozen=True)
class Called:
    """A call that the model makes: of which tool, with which id where the provider lets a model choose it."""

    tool: int = 0
    id: str = "call_1"
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Says:
    """What a model answers. `starved`: its tokens ran out before its first word."""

    text: str = "Well."
    calls: tuple[Called, ...] = ()
    refused: bool = False
    starved: bool = False


@dataclass(frozen=True)
class Round:
    """What a client posts, and what the model answers. `content` None: the results of the calls that are open."""

    content: Any
    answer: Says = Says()
    role: str = "user"
    results: tuple[Any, ...] = ("Done.",)


@dataclass(frozen=True)
class Conversation:
    """A session: some rounds that the first provider answers, one that it does not, and perhaps one when it is back.

    `models`: which of a provider's models is asked, where it is not its first.
    """

    before: tuple[Round, ...] = ()
    then: Round = Round("And now?")
    back: Round | None = None
    tools: tuple[Body, ...] = ()
    config: Body = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    streamed: bool = False
    outage: str = SIMULATED

    def model(self, provider: str) -> str:
        return model_of(provider, self.models)


def model_of(provider: str, models: Mapping[str, str]) -> str:
    """As it is written."""
    return f"{provider}:{models.get(provider) or HOSTED.get(provider) or MODELS[provider][0]}"


class Scripted(ScriptedModel):
    """Answers as said, with tools that it was offered. A provider of a fixed form of ids makes its own."""

    def __init__(self, provider: str) -> None:
        super().__init__()
        self._provider = provider
        self.says: list[Says] = []
        self._made = 0

    def answer(self, received: Received) -> Answer:
        self.received = [received]
        says = self.says.pop(0) if self.says else Says()
        calls = tuple(self._call(one, received) for one in says.calls) if received.tools else ()
        if says.starved:
            return Answer("", finish="length")
        silent = calls or says.refused
        return Answer(says.text if silent else says.text or "Well.", calls, refused=says.refused).under(received)

    def _call(self, called: Called, received: Received) -> Call:
        self._made += 1
        name = received.tools[called.tool % len(received.tools)].name
        arguments = {"made": f"{self._provider} {self._made}", **called.arguments}
        return Call(_ID_OF.get(self._provider, "{id}").format(id=called.id, made=self._made), name, arguments)


_ID_OF = {
    "openai": "call_openai{made:014}",
    "gemini": "gemini{made}",
    "anthropic": "toolu_{made:024}",
    "bedrock": "tooluse_{made:022}",
    "mistral": "mis{made:06}",
}
"""The form of the ids that a provider makes itself. Elsewhere a model's own go through, such as `functions.f:0`."""


class World:
    """The stack with ten fakes behind it; `api` is what a client has."""

    def __init__(self, fakes: Mapping[str, FakeProvider], table: MemoryTable) -> None:
        self.fakes = fakes
        self.table = table
        self.api = QuickClient()
        for fake in fakes.values():
            fake.model.longest = 100_000  # whole events: how they are cut is not what this is about

    def forget(self) -> None:
        """As if nothing had happened."""
        self.table.items = {}
        for fake in self.fakes.values():
            fake.signed = {}
            fake.refusals = []
            fake.outage = None

    @property
    def refusals(self) -> list[tuple[str, Refused]]:
        return [(name, refused) for name, fake in self.fakes.items() for refused in fake.refusals]

    def says(self, provider: str, says: Says) -> None:
        """What the provider's model is to answer next."""
        model = self.fakes[provider].model
        assert isinstance(model, Scripted)
        model.says = [says]


@contextmanager
def world(environment: Any, overlay: str) -> Iterator[World]:
    """`environment`: a monkeypatch; `overlay`: where the configuration's file may be written."""
    fakes = {name: fake(Scripted(name)) for name, fake in {**PROVIDERS, **HOSTS}.items()}
    Path(overlay).write_text(json.dumps(OVERLAY))
    settings = {
        "AGENTOS_CONFIG": overlay,
        "TABLE_NAME": "crossed",
        "AWS_DEFAULT_REGION": REGION,
        "POWERTOOLS_METRICS_DISABLED": "true",
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    }
    with FakeServer(*fakes.values()):
        for fake in fakes.values():
            settings |= fake.environment
        for name, value in settings.items():
            environment.setenv(name, value)
        rewire()
        from agentos import wiring

        yield World(fakes, MemoryTable(wiring.dynamodb()))
        rewire()


@cache
def _shipped() -> Body:
    document: Body = yaml.safe_load((gateway.ROOT / "config" / "default.yaml").read_text())
    return document


def upstream(model: str) -> str:
    """What a provider calls its model, by the shipped configuration."""
    facts = _shipped()["models"].get(model) or {}
    return str(facts.get("upstream") or model.partition(":")[2])


class QuickClient(gateway.Client):
    """The functions, each loaded once."""

    def __call__(
        self,
        folder: str,
        body: Any = None,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        context: gateway.Context | None = None,
        **path: str,
    ) -> gateway.Answer:
        event = gateway.event(body, path or None, query, headers, self.tenant, f"/{folder}")
        response = _handler(folder)(event, context or gateway.Context())
        if isinstance(context, gateway.StreamingContext) and context.head:
            return gateway.Answer(
                context.head["statusCode"], context.head["headers"], b"".join(context.pieces).decode()
            )
        return gateway.Answer(response["statusCode"], response["headers"], response["body"])


_handler = cache(gateway.handler)

"""The whole stack with all fakes behind it: the client's API, and the providers to inspect."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from tests.conversations.crossed.conversation import Called, Says
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

OUTAGES: dict[str, Sent] = {
    "429": Sent(b'{"error": {"message": "Slow down.", "code": 429}}', status=429),
    "402": Sent(b'{"error": {"message": "Pay first."}}', status=402),
    "401": Sent(b'{"error": {"message": "No."}}', status=401),
    "404": Sent(b'{"error": {"message": "No such model."}}', status=404),
    "html": Sent(b"<html>We will be back soon.</html>", "text/html"),
}
"""How a provider that is down answers: ways after which no second call is made there, which would take its time."""

OVERLAY = {
    "providers": {"bedrock": {"enabled": True}, "google": {"format": "openai"}},
    "models": {
        "azure-openai:gpt-6-luna": {
            "format": "openai-responses",
            "maxOutputTokens": 128_000,
            "unsupported": ["temperature", "topP"],
            "reasoning": {"default": "medium", "levels": ["none", "low", "medium", "high", "xhigh", "max"]},
        },
    },
    "routing": {"fallbacks": [], "rules": [], "simulation": True},
    "limits": {"attempts": 40, "historyTokens": 1_000_000},  # nothing is cut: all that was said must arrive
    "health": {"failures": 1_000_000, "cacheSeconds": 3600},  # an outage must not affect the next example
}


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
    "azure-openai": "call_azure{made:014}",
    "gemini": "gemini{made}",
    "anthropic": "toolu_{made:024}",
    "bedrock": "tooluse_{made:022}",
    "mistral": "mis{made:06}",
}
"""The form of the ids that a provider makes itself. Elsewhere a model's own go through, such as `functions.f:0`."""


class World:
    """The stack with all fakes behind it; `api` is what a client has."""

    def __init__(self, fakes: Mapping[str, FakeProvider], table: MemoryTable) -> None:
        self.fakes = fakes
        self.table = table
        self.api = QuickClient()
        for fake in fakes.values():
            fake.model.longest = 100_000  # whole events: how they are cut is not what this is about

    def forget(self) -> None:
        """Reset the stack."""
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
        "AUTH_MODE": "none",
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

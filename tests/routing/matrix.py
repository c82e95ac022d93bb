"""An executor over the real adapters and the real HTTP client. The test controls its network and its clock."""

from collections.abc import Iterable
from typing import Any

import httpx

from agentos.domain import AgentConfig, Message, Plan, Prompt
from agentos.kernel.clock import Deadline
from agentos.providers.http_client import HttpClient
from agentos.providers.upstream import UpstreamClient
from agentos.routing.call import AttemptRunner, HealthGuard
from agentos.routing.execute import Executor, Outcome
from agentos.routing.plan import Facts, make_plan
from tests.routing.scripted import Unconcerned
from tests.routing.wire_formats import FORMATS, Behaviour
from tests.support.clock import FakeClock
from tests.support.scripted_transport import ScriptedTransport
from tests.support.settings import settings_of

EACH = 0.3
"""Seconds that every call takes, on the test's clock."""
PRIMARY, FALLBACK = "primary:one", "fallback:two"
PROMPT = Prompt(messages=(Message(role="user", content="Hello."),))


class Network:
    """One HTTP client and scripted hosts. Each step of a script happens once, and the last one repeats."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.requests: list[httpx.Request] = []
        self.scripts: dict[str, list[Behaviour]] = {}
        self.http = HttpClient(1_000_000, ScriptedTransport(self._handle))

    def start(self, scripts: dict[str, list[Behaviour]]) -> None:
        self.clock, self.requests, self.scripts = FakeClock(), [], {host: list(s) for host, s in scripts.items()}

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.clock.advance(EACH)
        script = self.scripts[request.url.host]
        step = script.pop(0) if len(script) > 1 else script[0]
        return step()


class Cell:
    """A primary of one wire format, a fallback of another, and the outcome of a message to them."""

    def __init__(
        self, network: Network, wire_format: str, script: Iterable[Behaviour], health: HealthGuard | None = None
    ):
        others = [name for name in FORMATS if name != wire_format]
        self.format, self.other = FORMATS[wire_format], FORMATS[others[0]]
        providers = {
            name: {"format": kind, "endpoint": f"http://{name}"}
            for name, kind in (("primary", wire_format), ("fallback", others[0]))
        }
        self.keys = {"PRIMARY_API_KEY": "key-of-primary", "FALLBACK_API_KEY": "key-of-fallback"}
        self.providers = providers
        self.network = network
        network.start({"primary": list(script), "fallback": [self.other.answer]})
        self.health = health or Unconcerned()

    def plan(self, fallbacks: tuple[str, ...], **keys: str) -> Plan:
        settings = settings_of(self.providers, environment={**self.keys, **keys})
        return make_plan(PRIMARY, AgentConfig(fallback_models=fallbacks), Facts(), settings)

    def run(self, *fallbacks: str, seconds: float = 26, also_on: tuple[str, ...] = (), **keys: str) -> Outcome:
        settings = settings_of(self.providers, environment={**self.keys, **keys})
        upstream = UpstreamClient(settings, self.network.http)
        clock = self.network.clock
        caller = AttemptRunner(upstream.call, self.health, Unconcerned(), clock)
        executor = Executor(caller, self.health, upstream.timeout_of, settings.limits, clock)
        return executor.run(self.plan(fallbacks, **keys), PROMPT, Deadline.after(seconds, clock), also_on)

    @property
    def called(self) -> list[str]:
        """The hosts in the order of the requests to them. Each request was in its host's format."""
        for request in self.network.requests:
            expected = self.format if request.url.host == "primary" else self.other
            assert request.url.path.endswith(expected.path)
        return [request.url.host for request in self.network.requests]


def trace(attempts: Iterable[Any]) -> list[tuple[str, str, int | None, int]]:
    """Model, outcome, status and milliseconds of each attempt, of an outcome or of an error's details."""
    shown = [one if isinstance(one, dict) else one.to_json() for one in attempts]
    return [(one["model"], one["outcome"], one["status"], one["latencyMs"]) for one in shown]

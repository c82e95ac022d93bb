"""A host that asks for keys, in front of two scripted providers: each test has a tenant of its own, so an empty one."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.hosting import Host, start
from tests.support.upstream import Reply, Upstream, answer

ALL_SCOPES = ("agents:read", "agents:write", "chat", "usage", "admin")
MODEL, FALLBACK = "openai:gpt-4o-mini", "groq:llama3-70b"


@dataclass(frozen=True)
class Tenant:
    """A tenant with a key, with which it calls."""

    name: str
    key: str
    key_id: str
    client: httpx.Client

    def call(self, method: str, path: str, **given: Any) -> httpx.Response:
        return self.client.request(method, path, headers={"authorization": f"Bearer {self.key}"}, **given)

    def get(self, path: str, **query: Any) -> Any:
        return self._body(self.call("GET", path, params=query))

    def agent(self, **fields: Any) -> str:
        """A new agent's id."""
        made = self._body(self.call("POST", "/agents", json={"name": "helper", "model": MODEL, **fields}))
        return str(made["agentId"])

    def session(self, agent_id: str, **fields: Any) -> str:
        """A new session's id."""
        return str(self._body(self.call("POST", f"/agents/{agent_id}/sessions", json=fields))["sessionId"])

    def say(self, agent_id: str, session_id: str, content: str = "Hello") -> dict[str, Any]:
        """The reply to a message."""
        path = f"/agents/{agent_id}/sessions/{session_id}/messages"
        return dict(self._body(self.call("POST", path, json={"content": content})))

    def _body(self, answered: httpx.Response) -> Any:
        assert answered.is_success, answered.text
        return answered.json()


@dataclass(frozen=True)
class Site:
    """The host, its first key, and its providers `openai` and `groq`."""

    host: Host
    admin: str
    openai: Upstream
    groq: Upstream
    numbers: Iterator[int]

    @property
    def url(self) -> str:
        return str(self.host.client.base_url).rstrip("/")

    def tenant(self, *scopes: str, **fields: Any) -> Tenant:
        """A tenant of which nothing is stored, whose key has these scopes, or all, and further fields."""
        name = f"tenant-{next(self.numbers)}"
        made = self.host.client.post(
            "/keys",
            json={"tenant": name, "name": f"console of {name}", "scopes": scopes or ALL_SCOPES, **fields},
            headers={"authorization": f"Bearer {self.admin}"},
        ).json()
        return Tenant(name, made["key"], made["keyId"], self.host.client)


def with_three_turns(site: Site) -> Tenant:
    """A tenant with three turns in a session, the first of which was answered by the fallback."""
    tenant = site.tenant()
    agent = tenant.agent(config={"fallbackModel": FALLBACK})
    session = tenant.session(agent)
    site.openai.script.append(Reply({"error": {"message": "no", "type": "invalid_request_error"}}, status=400))
    for _ in range(3):
        tenant.say(agent, session)
    return tenant


@contextmanager
def opened(folder: Path) -> Iterator[Site]:
    """A site, until the block ends."""
    with Upstream(default=answer("Hello from openai.")) as openai, Upstream(default=answer("Hello from groq.")) as groq:
        environment = {
            "AUTH": "keys",
            "OPENAI_API_KEY": "openai-key",
            "OPENAI_ENDPOINT": openai.url,
            "GROQ_API_KEY": "groq-key",
            "GROQ_ENDPOINT": groq.url,
        }
        host = start(folder, environment)
        try:
            printed = re.search(r"export AGENTOS_KEY=(\S+)", host.output)
            assert printed, host.output
            yield Site(host, printed[1], openai, groq, count(1))
        finally:
            host.end()

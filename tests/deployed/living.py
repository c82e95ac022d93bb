"""A stack that runs somewhere, as the tests of this folder see it: a URL, and what they may do behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.upstream import Upstream

Items = list[dict[str, Any]]


@dataclass(frozen=True)
class Control:
    """What a test can do behind the URL of a stack of its own."""

    primary: Upstream
    """The provider `xai`."""
    set_key: Callable[[str | None], None]
    """Give `xai` that key, or take it away."""
    items: Callable[[str], Items]
    """The table's items in which a text occurs, but for records and sums of usage, which stay."""


@dataclass(frozen=True)
class Living:
    """The model `local:smollm2` answers on each of them."""

    client: httpx.Client
    control: Control | None = None

    def agent(self, **fields: object) -> str:
        """A new agent's id."""
        return str(self._created("agents", {"name": "end-to-end", "model": "local:smollm2", **fields})["agentId"])

    def session(self, agent_id: str) -> str:
        """The path of a new session, without a leading slash: the URL may end in a path."""
        return f"agents/{agent_id}/sessions/{self._created(f'agents/{agent_id}/sessions', {})['sessionId']}"

    def say(self, session: str, content: str = "Hello") -> httpx.Response:
        return self.client.post(f"{session}/messages", json={"role": "user", "content": content})

    def _created(self, path: str, body: dict[str, object]) -> dict[str, Any]:
        response = self.client.post(path, json=body)
        assert response.status_code == 201, response.text
        found: dict[str, Any] = response.json()
        return found


def client(url: str, key: str | None) -> httpx.Client:
    """It sends the key. A first call may start a container on a busy machine."""
    headers = {"x-api-key": key} if key else {}
    return httpx.Client(base_url=f"{url.rstrip('/')}/", headers=headers, timeout=120, trust_env=False)

"""Two tenants side by side: keys of different scopes, budgets, and a provider's key of their own."""

import httpx
import pytest

from tests.deployed.living import Living
from tests.e2e.hosting import eventually

HOSTS = ("make-run", "emulator")
SERVERS, ACMES = "xai-of-the-server-0123456789", "xai-of-acme-0123456789"


class Tenant:
    """The API as a tenant's key sees it."""

    def __init__(self, stack: Living, name: str, *scopes: str) -> None:
        made = stack.client.post("keys", json={"tenant": name, "name": "test", "scopes": scopes})
        assert made.status_code == 201, made.text
        self.headers = {"x-api-key": "", "authorization": f"Bearer {made.json()['key']}"}
        self._client = stack.client

    def post(self, path: str, body: object) -> httpx.Response:
        return self._client.post(path, json=body, headers=self.headers)

    def get(self, path: str) -> httpx.Response:
        return self._client.get(path, headers=self.headers)

    def session(self) -> str:
        """The path of a new session of a new agent."""
        body = {"name": "n", "model": "xai:grok", "config": {"maxTokens": 100}}
        agent = self.post("agents", body).json()["agentId"]
        session = self.post(f"agents/{agent}/sessions", {}).json()["sessionId"]
        return f"agents/{agent}/sessions/{session}"

    def say(self, session: str) -> httpx.Response:
        return self.post(f"{session}/messages", {"content": "Hello"})


@pytest.mark.usefixtures("control")
def test_two_tenants_side_by_side(place: str, stack: Living) -> None:
    control = stack.control
    assert control
    control.set_key(SERVERS)
    asked = control.primary
    acme = Tenant(stack, "acme", "chat", "agents:write", "usage")
    globex = Tenant(stack, "globex", "chat", "agents:write", "usage")
    reader = Tenant(stack, "globex", "agents:read")
    assert stack.client.put("tenants/acme/providers/xai", json={"apiKey": ACMES}).status_code == 200
    small = {"period": "month", "tokens": 20, "allowUnpriced": True}
    assert stack.client.put("budgets/tenant/globex", json=small).status_code == 200

    acmes, globexs = acme.session(), globex.session()
    assert acme.say(acmes).status_code == 200
    assert asked.headers[-1]["authorization"] == f"Bearer {ACMES}"
    refused = globex.say(globexs)
    assert (refused.status_code, refused.json()["code"]) == (429, "budget_exceeded")
    assert stack.client.put("budgets/tenant/globex", json=small | {"tokens": 100_000}).status_code == 200
    assert globex.say(globexs).status_code == 200
    assert asked.headers[-1]["authorization"] == f"Bearer {SERVERS}"
    spent = stack.client.get("budgets/tenant/globex").json()["spentTokens"]
    assert 0 < spent < 1000

    assert reader.post("agents", {"name": "n", "model": "xai:grok"}).status_code == 403
    assert reader.get(globexs).status_code == 403
    assert reader.get(globexs.partition("/sessions")[0]).status_code == 200
    assert acme.get(globexs).status_code == globex.get(acmes).status_code == 404
    assert acme.get("keys").status_code == acme.get("usage?tenant=globex").status_code == 403
    for tenant in (acme, globex):
        eventually(lambda tenant=tenant: tenant.get("usage").json()["total"]["turns"] >= 1)
    assert ACMES not in str(control.items("")) + stack.client.get("tenants/acme/providers").text
    assert stack.client.delete("tenants/acme/providers/xai").status_code == 204
    control.set_key(None)

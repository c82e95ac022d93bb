"""Two tenants with providers' keys of their own under `make run AUTH=keys`, and after a restart."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.hosting import Host, copy_of_what_runs
from tests.support.seed import KEY
from tests.support.upstream import Upstream

SERVER_KEY, ACME_KEY = "sk-of-the-server-0123456789", "sk-of-acme-0123456789"
MODEL = "openai:gpt-4o-mini"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return copy_of_what_runs(tmp_path)


def headers_of(host: Host, tenant: str) -> dict[str, str]:
    """Those of a caller of the tenant."""
    asked = {"tenant": tenant, "name": "test", "scopes": ["chat"]}
    made = host.client.post("/keys", json=asked, headers={"x-api-key": KEY})
    assert made.status_code == 201, made.text
    return {"x-api-key": made.json()["key"]}


def ask(host: Host, headers: dict[str, str]) -> Any:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]}
    answer = host.client.post("/v1/chat/completions", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def sent_keys(upstream: Upstream) -> list[str]:
    return [headers["authorization"].removeprefix("Bearer ") for headers in upstream.headers]


@pytest.mark.parametrize("store", ["", "disk"])
def test_each_tenant_uses_its_own_key(store: str, start_host: Callable[..., Host], checkout: Path) -> None:
    with Upstream() as server, Upstream() as own:
        variables = {"AUTH": "keys", "AGENTOS_ADMIN_KEY": KEY, "STORE": store}
        variables |= {"OPENAI_API_KEY": SERVER_KEY, "OPENAI_ENDPOINT": server.url}
        host = start_host(variables, "--root", str(checkout))
        path, admin = "/tenants/acme/providers", {"x-api-key": KEY}
        body = {"apiKey": ACME_KEY, "endpoint": own.url}
        acme, globex = headers_of(host, "acme"), headers_of(host, "globex")
        assert host.client.put(f"{path}/openai", json=body, headers=acme).status_code == 403
        put = host.client.put(f"{path}/openai", json=body, headers=admin)
        assert put.status_code == 200, put.text
        refused = host.client.put(f"{path}/openai", json={**body, "endpoint": "https://10.0.0.1"}, headers=admin)
        assert refused.status_code == 400

        for caller in (acme, globex):
            ask(host, caller)
        assert (sent_keys(own), sent_keys(server)) == ([ACME_KEY], [SERVER_KEY])

        if store:
            host.end()
            host = start_host(variables, "--root", str(checkout))
            ask(host, acme)
            assert (sent_keys(own), sent_keys(server)) == ([ACME_KEY] * 2, [SERVER_KEY])
        listed = host.client.get(path, headers=admin)
        assert [one["provider"] for one in listed.json()["data"]] == ["openai"]
        assert host.client.delete(f"{path}/openai", headers=admin).status_code == 204
        assert host.client.get(path, headers=admin).json() == {"data": []}
        assert ACME_KEY not in host.output + put.text + listed.text

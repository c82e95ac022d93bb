"""`make run AUTH=jwt`: callers show tokens of an issuer."""

from collections.abc import Callable
from pathlib import Path

from tests.e2e.hosting import Host
from tests.support.issuer import Issuer


def test_tokens_of_the_issuer_are_taken(start_host: Callable[..., Host], tmp_path: Path) -> None:
    overlay = tmp_path / "tokens.yaml"
    with Issuer() as issuer:
        overlay.write_text(issuer.configuration)
        host = start_host({"AUTH": "jwt", "AGENTOS_CONFIG": str(overlay)})

        def bearer(**claims: object) -> dict[str, str]:
            return {"authorization": f"Bearer {issuer.token(**claims)}"}

        acme, globex = bearer(scope="agents:write chat"), bearer(tenant="globex", scope="agents:read")
        made = host.client.post("/agents", json={"name": "n", "model": "echo:echo"}, headers=acme)
        agent = f"/agents/{made.json()['agentId']}"
        session = host.client.post(f"{agent}/sessions", json={}, headers=acme).json()["sessionId"]
        reply = host.client.post(f"{agent}/sessions/{session}/messages", json={"content": "Hello"}, headers=acme)
        assert (made.status_code, reply.status_code, reply.json()["model"]) == (201, 200, "echo:echo")
        refused = [globex, bearer(scope="usage"), bearer(exp=1), bearer(aud="another"), {}]
        assert [host.client.get(agent, headers=one).status_code for one in refused] == [404, 403, 401, 401, 401]
        assert host.client.get("/health").status_code == 200

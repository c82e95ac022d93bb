"""The authorizer alone decides whose data a call may see, and nothing that a client sends."""

from typing import Any

from tests.support.gateway import Client, event, invoke

CLAIMS = {"x-tenant": "acme", "tenant": "acme", "x-agentos-tenant": "acme", "authorization": "Bearer acme"}


def test_tenants_do_not_see_one_another(api: Any, upstream: Any) -> None:
    acme, globex = Client("acme"), Client("globex")
    agent_id = acme.agent(name="acme's")
    session_id = acme.session(agent_id)
    assert acme.say(agent_id, session_id).status == 200
    path = {"agentId": agent_id, "sessionId": session_id}

    for stranger in (globex, api):
        for folder in ("get_agent", "get_session", "list_sessions", "list_messages", "delete_session", "delete_agent"):
            assert stranger(folder, **path).status == 404, folder
        assert stranger("update_agent", {"name": "mine"}, **path).status == 404
        assert stranger("create_session", {}, **path).status == 404
        assert stranger("explain_route", {"content": "hi"}, **path).status == 404
        assert stranger.say(agent_id, session_id).status == 404
        assert stranger("list_agents").json["data"] == []

    assert acme("get_agent", **path).json["name"] == "acme's"
    assert len(acme("list_messages", **path).json["data"]) == 2
    assert len(upstream.requests) == 1


def test_a_tenant_that_a_client_claims_is_ignored(api: Any) -> None:
    agent_id = Client("acme").agent()
    for claim in (
        event(None, {"agentId": agent_id}, {"tenant": "acme"}, CLAIMS),
        event('{"tenant":"acme"}', {"agentId": agent_id, "tenant": "acme"}, None, CLAIMS),
    ):
        assert invoke("get_agent", claim).status == 404
    created = invoke("create_agent", event({"name": "n", "model": "local:a"}, None, {"tenant": "acme"}, CLAIMS))
    assert created.status == 201
    assert len(Client("acme")("list_agents").json["data"]) == 1
    assert len(api("list_agents").json["data"]) == 1


def test_a_cursor_of_one_tenant_shows_another_nothing_but_its_own(api: Any) -> None:
    acme, globex = Client("acme"), Client("globex")
    theirs = {acme.agent() for _ in range(3)}
    ours = {globex.agent() for _ in range(3)}
    stolen = acme("list_agents", query={"limit": "1"}).json["nextCursor"]
    for order in ("asc", "desc"):
        seen = globex("list_agents", query={"after": stolen, "order": order}).json["data"]
        assert {agent["agentId"] for agent in seen} <= ours
        assert not {agent["agentId"] for agent in seen} & theirs

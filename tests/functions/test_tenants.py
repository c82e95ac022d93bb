"""The authorizer alone decides whose data a call may see, and nothing that a client sends."""

import re
from collections.abc import Callable
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


def test_a_cursor_of_another_tenant_is_refused_as_a_forged_one_is(api: Any) -> None:
    acme, globex = Client("acme"), Client("globex")
    for tenant in (acme, globex, api):
        for _ in range(2):
            tenant.agent()
    for owner in (acme, api):
        stolen = owner("list_agents", query={"limit": "1"}).json["nextCursor"]
        answers = [globex("list_agents", query={"after": cursor}) for cursor in (stolen, "forged")]
        assert {answer.status for answer in answers} == {400}
        assert len({answer.json["message"] for answer in answers}) == 1


def test_idempotency_keys_of_two_tenants_are_independent(api: Any) -> None:
    body, headers = {"name": "n", "model": "local:a"}, {"idempotency-key": "the-same"}
    made = {
        tenant: [Client(tenant)("create_agent", body, headers=headers).json["agentId"] for _ in range(2)]
        for tenant in ("acme", "globex")
    }
    assert all(len(set(ids)) == 1 for ids in made.values())
    assert made["acme"] != made["globex"]
    assert Client("globex")("create_agent", {**body, "name": "other"}, headers=headers).status == 422


def test_answers_of_a_door_are_kept_for_their_tenant_alone(api: Any, upstream: Any) -> None:
    body = {"model": "local:a", "messages": [{"role": "user", "content": "Hello"}]}
    headers = {"idempotency-key": "the-same"}
    ids = [
        Client(tenant)("chat_completions", body, headers=headers).json["id"] for tenant in ("acme", "globex", "acme")
    ]
    assert ids[0] == ids[2] != ids[1]
    assert len(upstream.requests) == 2


def test_the_default_tenant_is_stored_as_it_was_before_there_were_tenants(
    queue: Any, api: Any, upstream: Any, stored: Callable[[], list[dict[str, Any]]]
) -> None:
    """Those who upgrade find everything again: these partitions are what earlier versions wrote."""
    agent_id = api.agent()
    session_id = api.session(agent_id, userId="ann")
    api("create_agent", {"name": "n", "model": "local:a"}, headers={"idempotency-key": "k"})
    body = {"model": "local:a", "messages": [{"role": "user", "content": "Hello"}]}
    assert api("chat_completions", body, headers={"idempotency-key": "k"}).status == 200
    assert api.say(agent_id, session_id).status == 200

    session = f"TENANT#default#AGENT#{agent_id}#SESSION#{session_id}"
    shapes = {re.sub("KEY#[0-9a-f]{40}", "KEY#hash", item["pk"]["S"]) for item in stored()}
    assert shapes == {"TENANT#default#AGENTS", session, "TENANT#default#KEY#hash"}
    (listed,) = [item for item in stored() if item["sk"]["S"] == "SESSION"]
    assert listed["agentSessions"]["S"] == f"TENANT#default#AGENT#{agent_id}"
    assert listed["userSessions"]["S"] == f"TENANT#default#AGENT#{agent_id}#USER#ann"

"""Every route of template.yaml, with the ids of another tenant: the answer is that for ids that nobody has.

A route that is added later is covered as well. Its path parameters must be known here, and its function must have a
recorded event `events/<function>/ok.json`, whose body is sent.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agentos.domain.response_ids import RESPONSES_AGENT, ResponseId, conversation_id
from agentos.kernel.ids import new_id
from local.template import Route, load_template
from tests.support.gateway import ROOT, Answer, Client, Context, event, handler, invoke

IDS = {"agentId", "sessionId", "turnId", "responseId", "conversationId", "itemId"}
"""The path parameters that belong to a tenant."""
SHARED = {"model", "proxy", "keyId", "tenant", "provider", "file"}
"""The path parameters that belong to nobody, or to an admin."""


def _owned() -> Iterator[Route]:
    for route in load_template(ROOT / "template.yaml", "any").routes:
        names = set(re.findall(r"{(\w+)\+?}", route.path))
        assert names <= IDS | SHARED, f"{route.path}: whose is this parameter?"
        reads = route.method != "OPTIONS" and route.function.folder.name != "unknown_route"
        if names & IDS and reads:
            yield route


# Those that delete come last, and a session before its agent.
OWNED = sorted(_owned(), key=lambda route: (route.method == "DELETE", -len(route.path), route.path))


def test_the_routes_of_sessions_and_agents_are_among_them() -> None:
    assert len(OWNED) >= 17


def ask(tenant: str, route: Route, ids: dict[str, str]) -> Answer:
    """The route's answer for that tenant."""
    folder = route.function.folder.name
    body = json.loads((ROOT / "events" / folder / "ok.json").read_text())["body"]
    if body and "messageId" in (fields := json.loads(body)):
        body = json.dumps(fields | {"messageId": ids["messageId"]})
    path = {name: ids[name] for name in re.findall(r"{(\w+)}", route.path)}
    an_event = event(body, path, None, None, tenant, route.path) | {"httpMethod": route.method}
    return invoke(folder, an_event)


def told(answer: Answer, ids: dict[str, str]) -> tuple[int, str]:
    """Status and body, with the names of the ids in the place of the ids."""
    text = answer.text
    for name, value in ids.items():
        text = text.replace(value, name)
    return answer.status, text


@pytest.fixture
def ids(queue: Any, api: Any, upstream: Any) -> dict[str, str]:
    """An agent, a session, a turn, a response in the background and a conversation of the tenant acme."""
    acme = Client("acme")
    agent_id = acme.agent()
    session_id = acme.session(agent_id)
    said = acme.say(agent_id, session_id)
    assert said.status == 200
    path = {"agentId": agent_id, "sessionId": session_id}
    later = acme("create_response", {"model": "local:any", "input": "Hello", "background": True})
    assert handler("run_turn")(queue.event(), Context(seconds=900)) == {"batchItemFailures": []}
    item = {"type": "message", "role": "user", "content": "Remember me."}
    conversation = acme("create_conversation", {"items": [item]})
    [found] = acme("list_conversation_items", conversationId=conversation.json["id"]).json["data"]
    accepted = acme("send_message", {"content": "Later"}, headers={"prefer": "respond-async"}, **path)
    assert accepted.status == 202
    made = {"responseId": later.json["id"], "conversationId": conversation.json["id"], "itemId": found["id"]}
    return {**path, **made, "turnId": accepted.json["turnId"], "messageId": said.json["messageId"]}


def nobodys_ids() -> dict[str, str]:
    """Ids that nobody has."""
    agent_id, session_id = new_id("agent"), new_id("sess")
    return {
        "agentId": agent_id,
        "sessionId": session_id,
        "turnId": new_id("turn"),
        "messageId": new_id("msg"),
        "responseId": ResponseId(agent_id, session_id, new_id("msg")).text,
        "conversationId": conversation_id(RESPONSES_AGENT, session_id),
        "itemId": new_id("msg"),
    }


def test_another_tenants_ids_are_told_from_nothing(
    ids: dict[str, str], upstream: Any, stored: Callable[[], list[dict[str, Any]]]
) -> None:
    nobodys = nobodys_ids()
    before, called = stored(), len(upstream.requests)
    for stranger in ("globex", "default"):
        for route in OWNED:
            crossed = ask(stranger, route, ids)
            assert crossed.status == 404, route
            assert told(crossed, ids) == told(ask(stranger, route, nobodys), nobodys), route
    assert stored() == before
    assert len(upstream.requests) == called


def test_their_own_tenant_reaches_them_all(ids: dict[str, str]) -> None:
    """So that the other test shows what it says: only the tenant differs."""
    for route in OWNED:
        answer = ask("acme", route, ids)
        assert answer.status < 300, (route, answer.text)

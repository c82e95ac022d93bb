"""Every route of template.yaml, with the ids of another tenant: the answer is that for ids that nobody has.

A route that is added later is covered as well. Its path parameters must be known here, and its function must have a
recorded event `events/<function>/ok.json`, whose body is sent.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agentos.kernel.ids import new_id
from local.template import Route, load_template
from tests.support.gateway import ROOT, Answer, Client, event, invoke

IDS = {"agentId": "agent", "sessionId": "sess", "turnId": "turn"}
"""The path parameters that belong to a tenant, and the kinds of their ids."""
SHARED = {"model", "proxy", "keyId", "tenant", "provider"}
"""The path parameters that belong to nobody, or to an admin."""


def _owned() -> Iterator[Route]:
    for route in load_template(ROOT / "template.yaml", "any").routes:
        names = set(re.findall(r"{(\w+)\+?}", route.path))
        assert names <= IDS.keys() | SHARED, f"{route.path}: whose is this parameter?"
        if names & IDS.keys() and route.method != "OPTIONS":  # a preflight reads nothing
            yield route


# Those that delete come last, and a session before its agent.
OWNED = sorted(_owned(), key=lambda route: (route.method == "DELETE", -len(route.path), route.path))


def test_the_routes_of_sessions_and_agents_are_among_them() -> None:
    assert len(OWNED) >= 11


def ask(tenant: str, route: Route, ids: dict[str, str]) -> Answer:
    """The route's answer for that tenant."""
    folder = route.function.folder.name
    body = json.loads((ROOT / "events" / folder / "ok.json").read_text())["body"]
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
    """An agent, a session and a turn of the tenant acme."""
    acme = Client("acme")
    agent_id = acme.agent()
    session_id = acme.session(agent_id)
    assert acme.say(agent_id, session_id).status == 200
    path = {"agentId": agent_id, "sessionId": session_id}
    accepted = acme("send_message", {"content": "Later"}, headers={"prefer": "respond-async"}, **path)
    assert accepted.status == 202
    return {**path, "turnId": accepted.json["turnId"]}


def test_another_tenants_ids_are_told_from_nothing(
    ids: dict[str, str], upstream: Any, stored: Callable[[], list[dict[str, Any]]]
) -> None:
    nobodys = {name: new_id(kind) for name, kind in IDS.items()}
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

"""Every route of template.yaml under AUTH_MODE=keys: without a key, with a wrong one, without the scope, with it."""

import json
from typing import Any

import pytest

from agentos import wiring
from agentos.domain.api_keys import IssuedKey, NewApiKey, new_key
from agentos.domain.callers import SCOPES, Scope, granted
from local.template import Route, load_template
from tests.support.gateway import ROOT, Answer, Client, Context, event, handler, invoke
from tests.support.wiring import rewire

ROUTES = load_template(ROOT / "template.yaml", "any").routes
DOORS = "/v1/"
ANTHROPICS = "/v1/messages"


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


def access_of(route: Route) -> str:
    return str(vars(handler(route.function.folder.name))["declared"].access)


OPEN = {"open", "optional"}
CLOSED = [route for route in ROUTES if access_of(route) not in OPEN]


def test_only_these_routes_are_open() -> None:
    found = {named(route) for route in ROUTES if access_of(route) in OPEN and route.method != "OPTIONS"}
    unknown = {named(route) for route in ROUTES if route.function.name == "UnknownRouteFunction"}
    assert found - unknown == {"GET /health", "GET /openapi.json", "GET /console", "GET /console/{file+}"}


@pytest.fixture
def keyed(api: Client, environment: pytest.MonkeyPatch) -> Client:
    environment.setenv("AUTH_MODE", "keys")
    rewire()
    return api


def issue(*scopes: Scope, tenant: str = "acme", **fields: Any) -> IssuedKey:
    return wiring.api_keys().create(NewApiKey(tenant=tenant, name="test", scopes=scopes, **fields))


def ask(route: Route, headers: dict[str, str]) -> Answer:
    """The route's answer to its recorded request, with these headers."""
    folder = route.function.folder.name
    recorded = json.loads((ROOT / "events" / folder / "ok.json").read_text())
    asked = event(recorded["body"], recorded["pathParameters"], None, headers, None, route.path)
    return invoke(folder, asked | {"httpMethod": route.method})


def bearer(key: IssuedKey | str) -> dict[str, str]:
    return {"authorization": f"Bearer {key if isinstance(key, str) else key.key}"}


def code(route: Route, answer: Answer) -> str:
    """The error's code, from the envelope of the route's door."""
    if route.path.startswith(ANTHROPICS):
        assert answer.json["request_id"] == answer.headers["request-id"]
        return str(answer.json["agentos"]["code"])
    if route.path.startswith(DOORS):
        return str(answer.json["error"]["code"])
    return str(answer.json["code"])


@pytest.mark.parametrize("route", CLOSED, ids=named)
def test_without_a_valid_key_every_route_is_closed_in_the_same_words(route: Route, keyed: Client) -> None:
    revoked = issue(*SCOPES)
    wiring.api_keys().revoke(revoked.key_id)
    cut = issue(*SCOPES).key[:-1]
    answers = [ask(route, headers) for headers in ({}, bearer("x"), bearer(new_key()), bearer(cut), bearer(revoked))]
    assert {answer.status for answer in answers} == {401}
    assert {answer.text for answer in answers} == {answers[0].text}
    assert code(route, answers[0]) == "unauthorized"
    assert {answer.headers["www-authenticate"] for answer in answers} == {'Bearer realm="agentos"'}


@pytest.mark.parametrize("route", CLOSED, ids=named)
def test_each_route_asks_for_its_scope(route: Route, keyed: Client) -> None:
    access = access_of(route)
    for scope in SCOPES:
        answer = ask(route, bearer(issue(scope)))
        if access == "any" or access in granted({scope}):
            assert answer.status not in (401, 403), scope
        else:
            assert answer.status == 403, scope
            assert code(route, answer) == "forbidden"
            assert access in answer.text


def test_a_wrong_key_is_refused_before_the_body_is_read(keyed: Client) -> None:
    assert keyed("create_agent", "no json", headers=bearer("x")).status == 401


def test_health_is_short_for_whom_we_do_not_know(keyed: Client) -> None:
    for headers in ({}, bearer(new_key())):
        answer = keyed("health", headers=headers)
        assert (answer.status, set(answer.json)) == (200, {"status", "version"})
    assert "providers" in keyed("health", headers=bearer(issue("chat"))).json


def test_a_key_speaks_for_its_tenant(keyed: Client) -> None:
    acme, globex = (bearer(issue("agents:write", tenant=tenant)) for tenant in ("acme", "globex"))
    agent = keyed("create_agent", {"name": "n", "model": "local:a"}, headers=acme).json["agentId"]
    assert keyed("get_agent", headers=acme, agentId=agent).status == 200
    assert keyed("get_agent", headers={"x-api-key": acme["authorization"][7:]}, agentId=agent).status == 200
    assert keyed("get_agent", headers=globex, agentId=agent).status == 404
    assert keyed("list_agents", headers=globex).json["data"] == []


def test_an_authorizer_names_no_tenant_where_keys_do(keyed: Client) -> None:
    key = issue("agents:read")
    asked = event(None, None, None, bearer(key), "globex", "/agents")
    assert invoke("list_agents", asked).status == 200
    assert invoke("list_agents", event(None, None, None, {}, "globex", "/agents")).status == 401


class TestCurrentKey:
    """`GET /keys/current`"""

    @pytest.mark.parametrize("scope", SCOPES)
    def test_a_key_of_any_scope_may_know_itself(self, keyed: Client, scope: Scope) -> None:
        key = issue(scope, models=("openai:*",), expires_at="2036-01-01T00:00:00Z", requests_per_minute=9)
        answer = keyed("get_current_key", headers=bearer(key))
        assert (answer.status, answer.json) == (
            200,
            {
                "tenant": "acme",
                "keyId": key.key_id,
                "name": "test",
                "scopes": [one for one in SCOPES if one in granted([scope])],
                "models": ["openai:*"],
                "requestsPerMinute": 9,
                "expiresAt": "2036-01-01T00:00:00.000Z",
            },
        )
        assert key.key not in answer.text

    def test_nobody_else_is_told_anything(self, keyed: Client) -> None:
        assert keyed("get_current_key").status == keyed("get_current_key", headers=bearer(new_key())).status == 401

    def test_everybody_has_all_scopes_where_no_key_is_asked_for(self, api: Client) -> None:
        asked = event(None, None, None, {}, "globex", "/keys/current")
        shown = invoke("get_current_key", asked).json
        assert (shown["tenant"], shown["keyId"], shown["scopes"]) == ("globex", None, list(SCOPES))
        assert (shown["models"], shown["expiresAt"]) == (None, None)

    def test_a_signature_has_all_scopes(self, api: Client, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("AUTH_MODE", "iam")
        environment.setenv("IAM_TENANT", "acme")
        rewire()
        asked = event(None, None, None, {}, None, "/keys/current")
        assert invoke("get_current_key", asked).status == 401
        arn = "arn:aws:iam::123456789012:user/ann"
        asked["requestContext"]["identity"] = {"userArn": arn}
        shown = invoke("get_current_key", asked).json
        assert (shown["tenant"], shown["keyId"], shown["scopes"]) == ("acme", arn, list(SCOPES))


class TestKeys:
    """`/keys`"""

    def test_a_key_is_shown_once_listed_and_revoked(self, keyed: Client) -> None:
        admin = bearer(issue("admin", tenant="ops"))
        asked = {"tenant": "acme", "name": "backend", "scopes": ["chat", "agents:write"], "models": ["openai:*"]}
        made = keyed("create_key", asked, headers=admin)
        assert made.status == 201, made.text
        key = made.json.pop("key")
        assert made.json | asked == made.json
        assert keyed("list_agents", headers=bearer(key)).status == 200

        (listed,) = [one for one in keyed("list_keys", headers=admin).json["data"] if one["tenant"] == "acme"]
        assert listed == {name: value for name, value in made.json.items() if name != "key"}
        assert key not in keyed("list_keys", headers=admin).text

        assert keyed("delete_key", headers=admin, keyId=listed["keyId"]).status == 204
        rewire()  # another environment, which has not read the key
        assert keyed("list_agents", headers=bearer(key)).status == 401
        (listed,) = [one for one in keyed("list_keys", headers=admin).json["data"] if one["tenant"] == "acme"]
        assert listed["revokedAt"]

    def test_an_idempotency_key_is_refused(self, keyed: Client) -> None:
        headers = {**bearer(issue("admin")), "idempotency-key": "1"}
        answer = keyed("create_key", {"tenant": "acme", "name": "n", "scopes": ["chat"]}, headers=headers)
        assert (answer.status, answer.json["code"]) == (400, "unsupported")

    def test_a_key_that_nobody_has_is_a_404(self, keyed: Client) -> None:
        admin = bearer(issue("admin"))
        for key_id in ("x", "0" * 16, "../x"):
            assert keyed("delete_key", headers=admin, keyId=key_id).status == 404


class TestModels:
    """What a key's patterns of models allow."""

    ALLOWED = ("local:a*",)

    @pytest.fixture
    def chat(self, keyed: Client, upstream: Any) -> dict[str, str]:
        return bearer(issue("chat", "agents:write", models=self.ALLOWED))

    def talk(self, keyed: Client, headers: dict[str, str], model: str, *fallbacks: str) -> Answer:
        body = {"name": "n", "model": model, "config": {"fallbackModels": list(fallbacks)}}
        agent = keyed("create_agent", body, headers=headers).json["agentId"]
        session = keyed("create_session", {}, headers=headers, agentId=agent).json["sessionId"]
        return keyed("send_message", {"content": "Hi"}, headers=headers, agentId=agent, sessionId=session)

    def test_others_are_skipped(self, keyed: Client, chat: dict[str, str]) -> None:
        reply = self.talk(keyed, chat, "local:b", "local:a1").json
        assert reply["route"]["served"] == "local:a1"
        assert reply["route"]["skipped"][0] == {
            "model": "local:b",
            "reason": "not_allowed: the caller's key does not allow it",
        }

    def test_where_nothing_is_left_it_is_forbidden(self, keyed: Client, chat: dict[str, str], upstream: Any) -> None:
        refused = self.talk(keyed, chat, "local:b", "local:c")
        assert (refused.status, refused.json["code"]) == (403, "forbidden")
        assert {skip["model"] for skip in refused.json["details"]["skipped"]} >= {"local:b", "local:c"}
        door = keyed(
            "chat_completions", {"model": "local:b", "messages": [{"role": "user", "content": "Hi"}]}, headers=chat
        )
        assert (door.status, door.json["error"]["type"]) == (403, "permission_error")
        assert not upstream.requests

    def test_the_list_of_models_has_what_is_left(self, keyed: Client, providers: Any) -> None:
        everything = keyed("list_models", headers=bearer(issue("chat"))).json["data"]
        names = [model["id"] for model in everything]
        assert names
        some = bearer(issue("chat", models=(names[0],)))
        assert [model["id"] for model in keyed("list_models", headers=some).json["data"]] == names[:1]
        assert keyed("get_model", headers=some, model=names[0]).status == 200
        for other in names[1:]:
            assert keyed("get_model", headers=some, model=other).status == 404

    def test_a_background_turn_keeps_to_them(self, queue: Any, keyed: Client, chat: dict[str, str]) -> None:
        body = {"name": "n", "model": "local:b", "config": {"fallbackModels": ["local:a1"]}}
        agent = keyed("create_agent", body, headers=chat).json["agentId"]
        session = keyed("create_session", {}, headers=chat, agentId=agent).json["sessionId"]
        path = {"agentId": agent, "sessionId": session}
        headers = {**chat, "prefer": "respond-async"}
        turn = keyed("send_message", {"content": "Hi"}, headers=headers, **path).json["turnId"]
        handler("run_turn")(queue.event(), Context())
        reply = keyed("get_turn", headers=chat, turnId=turn, **path).json["reply"]
        assert reply["route"]["served"] == "local:a1"


def test_an_unknown_mode_opens_nothing(api: Client, environment: pytest.MonkeyPatch) -> None:
    for mode in ("", "open", "None"):
        environment.setenv("AUTH_MODE", mode)
        rewire()
        assert api("list_agents").status in (401, 500)

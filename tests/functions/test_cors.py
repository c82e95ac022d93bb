"""CORS: which pages may call, on every route and for every kind of answer."""

import json
from typing import Any

import pytest

from agentos.api.cors import EXPOSED, Origins
from local.template import load_template
from tests.support.gateway import ROOT, Answer, Client, StreamingContext, event, invoke
from tests.support.wiring import rewire

ROUTES = load_template(ROOT / "template.yaml", "any").routes
APP = "https://app.example.com"


@pytest.fixture
def pages(api: Client, environment: pytest.MonkeyPatch) -> Client:
    environment.setenv("CORS_ORIGINS", f"{APP}, https://*.example.org/")
    rewire()
    return api


def ask(origin: str | None, folder: str = "health", **headers: str) -> Answer:
    asked = event(None, None, None, headers | ({"Origin": origin} if origin else {}), None, f"/{folder}")
    return invoke(folder, asked)


def test_every_path_answers_preflights() -> None:
    """A route that is added later needs an event in template.yaml: API Gateway falls back to no other resource."""
    answered = {route.path for route in ROUTES if route.method == "OPTIONS"}
    assert answered == {route.path for route in ROUTES}
    assert {route.function.folder.name for route in ROUTES if route.method == "OPTIONS"} == {"preflight"}


@pytest.mark.parametrize("origin", [APP, "https://a.example.org", "https://a.b.example.org"])
def test_an_allowed_page_is_told_so(origin: str, pages: Client) -> None:
    headers = ask(origin).headers
    assert (headers["access-control-allow-origin"], headers["vary"]) == (origin, "Origin")
    assert set(headers["access-control-expose-headers"].split(", ")) == set(EXPOSED)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "https://evil.com",
        "http://app.example.com",
        f"{APP}:8443",
        f"{APP}.evil.com",
        "https://example.org",
        "https://evil.com/.example.org",
    ],
)
def test_another_page_is_not(origin: str | None, pages: Client) -> None:
    for headers in (ask(origin).headers, ask(origin, "preflight").headers):
        assert headers["vary"] == "Origin"
        assert not [name for name in headers if name.startswith("access-control")]


def test_without_origins_nothing_is_said(api: Client) -> None:
    for folder in ("health", "preflight"):
        headers = ask(APP, folder).headers
        assert "vary" not in headers
        assert "access-control-allow-origin" not in headers


def test_errors_and_streams_have_the_headers(pages: Client, upstream: Any, environment: pytest.MonkeyPatch) -> None:
    origin = {"origin": APP}
    missing = pages("get_agent", headers=origin, agentId="agent_x")
    assert (missing.status, missing.headers["access-control-allow-origin"]) == (404, APP)
    path = {"agentId": (agent := pages.agent()), "sessionId": pages.session(agent)}
    streamed = pages("send_message", {"content": "Hi"}, query={"stream": "true"}, headers=origin,
                     context=StreamingContext(), **path)  # fmt: skip
    assert (streamed.status, streamed.headers["access-control-allow-origin"]) == (200, APP)
    environment.setenv("AUTH_MODE", "keys")
    rewire()
    refused = pages("list_agents", headers=origin)
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (401, APP)


@pytest.mark.parametrize(
    ("wanted", "allowed"),
    [
        ("authorization, content-type", "authorization, content-type"),
        ("X-Api-Key", "X-Api-Key"),
        (None, "content-type"),
        ("a\r\nset-cookie: b", "content-type"),
        ("", "content-type"),
    ],
)
def test_a_preflight_allows_what_is_asked(wanted: str | None, allowed: str, pages: Client) -> None:
    answer = ask(APP, "preflight", **({} if wanted is None else {"Access-Control-Request-Headers": wanted}))
    assert answer.status == 200
    assert answer.headers["access-control-allow-headers"] == allowed
    assert answer.headers["access-control-allow-methods"] == "DELETE, GET, PATCH, POST, PUT"


def test_patterns() -> None:
    assert Origins.of("") == Origins()
    anyone = Origins.of("*").response_headers("https://a.com")
    assert anyone["access-control-allow-origin"] == "https://a.com"
    local = Origins.of("http://localhost:*")
    assert "access-control-allow-origin" in local.response_headers("http://localhost:3000")
    assert "access-control-allow-origin" not in local.response_headers("http://localhost:3000.evil.com/x")


def test_gateway_responses_have_the_headers_where_origins_are_given(environment: pytest.MonkeyPatch) -> None:
    from tests.stack.translated import of_type, translate

    environment.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    def headers(**parameters: str) -> list[Any]:
        (api,) = of_type(translate(**parameters), "AWS::ApiGateway::RestApi").values()
        responses = api["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"]
        return [json.dumps(one.get("responseParameters", {})) for one in responses.values()]

    assert all("method.request.header.Origin" in one for one in headers(CorsOrigins=APP))
    assert not any("Origin" in one for one in headers())

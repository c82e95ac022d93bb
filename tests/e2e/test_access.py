"""Lambda authorizers and CORS at the local host. tests/sam_local/test_access.py compares them with `sam local`'s."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.authorizers import AccessDenied, InvalidPolicy, Unauthorized, authorize
from local.events import Event, HttpRequest, to_event
from local.template import Function, Template, load_template
from tests.e2e.hosting import ROOT, Host

GUARDED = ROOT / "tests" / "sam_local" / "guarded"


def template(tmp_path: Path, old: str, new: str) -> Template:
    """The guarded stack, changed."""
    text = (GUARDED / "template.yaml").read_text()
    assert old in text
    (tmp_path / "template.yaml").write_text(text.replace(old, new))
    return load_template(tmp_path / "template.yaml", "any")


CORS = """      Cors:
        AllowOrigin: "'https://app.example'"
        AllowMethods: "'GET,OPTIONS,POST'"
        AllowHeaders: "'authorization,content-type'"
        AllowCredentials: true
        MaxAge: "'600'"
"""


def test_cors_needs_only_an_origin(tmp_path: Path) -> None:
    """The methods are then those of each path."""
    preflights = template(tmp_path, CORS, "      Cors: \"'*'\"\n").preflights
    assert {preflight.path: preflight.headers for preflight in preflights} == {
        path: {"access-control-allow-origin": "*", "access-control-allow-methods": methods}
        for path, methods in {
            "/token/{itemId}": "GET,OPTIONS,POST",
            "/request": "OPTIONS,POST",
            "/open": "GET,OPTIONS",
        }.items()
    }


def test_without_cors_there_is_no_preflight(tmp_path: Path) -> None:
    assert template(tmp_path, CORS, "").preflights == ()


def test_a_function_may_answer_options_itself(tmp_path: Path) -> None:
    changed = template(tmp_path, "Method: GET, Path: /open", "Method: OPTIONS, Path: /open")
    assert [preflight.path for preflight in changed.preflights] == ["/token/{itemId}", "/request"]


def test_a_preflight_is_authorized_unless_the_template_says_otherwise(tmp_path: Path) -> None:
    """As SAM has it; browsers send no credentials with it, so it then fails here as it would when deployed."""
    assert {preflight.authorizer for preflight in load_template(GUARDED / "template.yaml", "any").preflights} == {None}
    asked = template(tmp_path, "        AddDefaultAuthorizerToCorsPreflight: false\n", "")
    assert all(preflight.authorizer for preflight in asked.preflights)


def test_an_authorizer_decides_over_a_real_socket(start_host: Callable[..., Host]) -> None:
    host = start_host({"PYTHONPATH": str(ROOT / "shared")}, "--root", str(GUARDED))
    wishes = ["", "Bearer allow", "Bearer deny", "Bearer unauthorized", "Bearer broken"]
    statuses = [host.client.get("/token/a", headers={"authorization": wish}).status_code for wish in wishes]
    assert statuses == [401, 200, 403, 401, 500]
    assert "InvalidPolicy: policyDocument must have a list of statements" in host.output
    assert host.client.options("/token/a").headers["access-control-allow-origin"] == "https://app.example"


AUTHORIZERS = {route.path: route.authorizer for route in load_template(GUARDED / "template.yaml", "any").routes}


def ask(answer: Any, path: str = "/token/a", headers: tuple[tuple[str, str], ...] = (("authorization", "Bearer a"),)):
    """What `authorize` makes of that answer, and what was asked."""
    asked: list[Event] = []

    def invoke(function: Function, question: Event) -> Any:
        asked.append(question)
        if isinstance(answer, Exception):
            raise answer
        return answer

    event = to_event(HttpRequest("GET", path, "tenant=acme", list(headers), b"secret"), path, {}, "v1")
    authorizer = AUTHORIZERS["/request" if path == "/request" else "/token/{itemId}"]
    assert authorizer
    return authorize(authorizer, event, invoke), asked


def allowing(**context: object) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "execute-api:*", "Resource": ["*"]}
    return {"principalId": "me", "policyDocument": {"Statement": [statement]}, "context": context}


def test_the_context_arrives_as_text() -> None:
    reported, _ = ask(allowing(text="é", number=1.5, yes=True))
    assert reported == {"principalId": "me", "text": "é", "number": "1.5", "yes": "true"}


def test_no_authorizer_receives_the_body() -> None:
    _, (question,) = ask(allowing(), "/request")
    assert (question["type"], question["queryStringParameters"]) == ("REQUEST", {"tenant": "acme"})
    assert question["methodArn"].endswith("/v1/GET/request")
    assert "secret" not in str(question)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Exception("Unauthorized"), Unauthorized),
        (ValueError("something else"), ValueError),
        (None, InvalidPolicy),
        ({"policyDocument": {"Statement": []}}, InvalidPolicy),
        ({"principalId": "me", "policyDocument": {"Statement": "all"}}, InvalidPolicy),
        (allowing(nested={}), InvalidPolicy),
        ({"principalId": "me", "policyDocument": {"Statement": []}}, AccessDenied),
        ({"principalId": "me", "policyDocument": {"Statement": [{"Effect": "Allow", "Action": "*"}]}}, AccessDenied),
    ],
)
def test_authorizer_answers_that_refuse_the_call(answer: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        ask(answer)


@pytest.mark.parametrize("headers", [(), (("authorization", ""),), (("authorization", "Basic a"),)])
def test_the_authorizer_is_not_called_without_a_token(headers: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(Unauthorized):
        ask(AssertionError("asked"), headers=headers)

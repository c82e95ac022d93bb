"""Lambda authorizers and CORS: the local host accepts and refuses the same requests as `sam local`.

Where they differ the local host follows API Gateway; the tables here name every difference, and none that is not.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sam_local.hosts import EVERYWHERE, Answer, differences, on_the_local_host, send, under_sam_local

STACK = Path(__file__).with_name("guarded")

Call = tuple[str, str]


@pytest.fixture(scope="module")
def ports(bridge: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """Of `sam local`, and of the local host."""
    with under_sam_local(STACK) as sams, on_the_local_host(STACK, tmp_path_factory.mktemp("local")) as ours:
        yield sams, ours


def ask(port: int, call: Call, wish: str = "", body: bytes = b"") -> Answer:
    return send(port, *call, [("Authorization", wish)] if wish else [], body)


TOKEN, REQUEST, OPEN = ("GET", "/token/a"), ("POST", "/request?tenant=acme"), ("GET", "/open")

SAME = [
    (OPEN, "", 200),
    (TOKEN, "", 401),
    (TOKEN, "Basic allow", 401),
    (TOKEN, "Bearer allow", 200),
    (TOKEN, "Bearer allow-by-pattern", 200),
    (TOKEN, "Bearer allow-elsewhere", 403),
    (TOKEN, "Bearer allow-another-action", 403),
    (TOKEN, "Bearer deny", 403),
    (("POST", "/token/a"), "Bearer allow", 200),
    (("PUT", "/token/a"), "Bearer allow", 403),
    (REQUEST, "Bearer allow", 200),
    (REQUEST, "Bearer deny", 403),
    (REQUEST, "", 401),
    (("POST", "/request"), "Bearer allow", 401),
    (("POST", "/request?tenant="), "Bearer allow", 401),
]

DIFFERENT = [
    ("Bearer unauthorized", 502, 401),  # an exception of that text asks for a 401
    ("Bearer broken", 502, 500),
    ("Bearer object-in-context", 200, 500),  # only plain values are taken
    ("Bearer allow-and-deny", 200, 403),  # to deny wins
]
"""What the authorizer says, and the statuses of `sam local` and of the local host."""


@pytest.mark.parametrize(("call", "wish", "status"), SAME)
def test_both_hosts_give_the_same_status(ports: tuple[int, int], call: Call, wish: str, status: int) -> None:
    assert [ask(port, call, wish).status for port in ports] == [status, status]


@pytest.mark.parametrize(("wish", "sams", "ours"), DIFFERENT)
def test_sam_local_differs_only_where_the_table_says(ports: tuple[int, int], wish: str, sams: int, ours: int) -> None:
    assert [ask(port, TOKEN, wish).status for port in ports] == [sams, ours]


def test_refusals_are_the_templates_own(ports: tuple[int, int]) -> None:
    _, ours = ports
    bodies = {wish: json.loads(ask(ours, TOKEN, wish).body) for wish in ("", "Bearer deny", "Bearer broken")}
    assert bodies == {"": {"code": "refused"}, "Bearer deny": {"code": "refused"}, "Bearer broken": {"code": "failed"}}


def authorizer_of(answer: Answer) -> dict[str, Any]:
    """What the function received about the caller. The authorizer's own event is decoded."""
    received: dict[str, Any] = json.loads(answer.body)["requestContext"]["authorizer"]
    return received | {"asked": json.loads(received["asked"])}


def without_api_id(arn: str) -> str:
    """Either host makes up its own."""
    before, _, after = arn.partition("/")
    return f"{before.rpartition(':')[0]}/{after}"


def test_same_token_question_and_same_caller(ports: tuple[int, int]) -> None:
    sams, ours = (authorizer_of(ask(port, TOKEN, "Bearer allow")) for port in ports)
    for received in (sams, ours):
        received["asked"]["methodArn"] = without_api_id(received["asked"]["methodArn"])
    assert sams == ours
    assert (ours["principalId"], ours["tenant"]) == ("me", "acme")


def test_same_request_question(ports: tuple[int, int]) -> None:
    """Except for the body, which no authorizer receives."""
    sams, ours = (authorizer_of(ask(port, REQUEST, "Bearer allow", b"{}"))["asked"] for port in ports)
    assert differences(sams, ours) == EVERYWHERE.keys() | {"methodArn", "body", "isBase64Encoded"}
    assert without_api_id(sams["methodArn"]) == without_api_id(ours["methodArn"])
    assert (sams["body"], ours.get("body")) == ("{}", None)


PREFLIGHT = [("Origin", "https://app.example"), ("Access-Control-Request-Method", "GET")]


def cors_of(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize("path", ["/token/a", "/request", "/open"])
def test_same_preflight(ports: tuple[int, int], path: str) -> None:
    """No authorizer is asked, as the template wants it."""
    sams, ours = (send(port, "OPTIONS", path, PREFLIGHT) for port in ports)
    assert (sams.status, ours.status) == (200, 200)
    assert cors_of(sams) == cors_of(ours)
    assert cors_of(ours) == {
        "access-control-allow-origin": "https://app.example",
        "access-control-allow-methods": "GET,OPTIONS,POST",
        "access-control-allow-headers": "authorization,content-type",
        "access-control-allow-credentials": "true",
        "access-control-max-age": "600",
    }


def test_no_preflight_of_unknown_routes(ports: tuple[int, int]) -> None:
    assert [send(port, "OPTIONS", "/nope", PREFLIGHT).status for port in ports] == [403, 403]


def test_only_sam_local_adds_cors_headers_to_a_functions_answer(ports: tuple[int, int]) -> None:
    """With API Gateway it is for the function to send them, so a host that adds them hides that it does not."""
    sams, ours = (send(port, *OPEN, PREFLIGHT[:1]) for port in ports)
    assert cors_of(sams)["access-control-allow-origin"] == "https://app.example"
    assert cors_of(ours) == {}

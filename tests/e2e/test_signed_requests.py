"""AUTH=iam under `make run`: requests are signed with the host's own credentials, as API Gateway checks them."""

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.events import HttpRequest
from local.signatures import BadSignature, SignatureCheck, Unsigned
from tests.e2e.hosting import Host, start

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
CHECK = SignatureCheck(KEY, SECRET)
BODY = json.dumps({"name": "signed", "model": "echo:echo"}).encode()
URL = "http://localhost:8080/v1/models/openai%2Fa%20b?limit=2&after=%C3%BC&empty="


@pytest.fixture(scope="module")
def signed_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    credentials = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    host = start(tmp_path_factory.mktemp("host"), {"AUTH": "iam", **credentials})
    yield host
    host.end()


def curl(host: Host, path: str, *arguments: str) -> Any:
    """The status and the JSON that curl gets."""
    command = ["curl", "-s", "-w", "\n%{http_code}", f"{host.client.base_url}{path}", *arguments]
    body, _, status = subprocess.run(command, capture_output=True, text=True, check=True).stdout.rpartition("\n")
    return int(status), json.loads(body)


def test_a_signed_request_is_served(signed_host: Host) -> None:
    """curl signs by itself."""
    signing = ["--aws-sigv4", "aws:amz:eu-west-1:execute-api", "--user", f"{KEY}:{SECRET}"]
    made = curl(signed_host, "/agents", *signing, "-H", "content-type: application/json", "-d", BODY.decode())
    assert made[0] == 201, made
    assert curl(signed_host, f"/agents/{made[1]['agentId']}", *signing)[0] == 200
    assert curl(signed_host, "/agents?limit=5&order=asc", *signing)[0] == 200


STRANGERS = [(f"{KEY}:wrong", "execute-api"), (f"stranger:{SECRET}", "execute-api"), (f"{KEY}:{SECRET}", "s3")]


@pytest.mark.parametrize(("user", "service"), STRANGERS, ids=["secret", "access key", "service"])
def test_another_signature_is_refused(signed_host: Host, user: str, service: str) -> None:
    status, answer = curl(signed_host, "/agents", "--aws-sigv4", f"aws:amz:eu-west-1:{service}", "--user", user)
    assert (status, answer["code"]) == (403, "forbidden")


def test_an_unsigned_request_is_told_so_and_open_routes_stay_open(signed_host: Host) -> None:
    unsigned = signed_host.client.get("/agents")
    assert unsigned.status_code == 404
    assert "sign" in unsigned.json()["message"]
    assert signed_host.client.get("/health").status_code == 200
    preflight = {"origin": "http://localhost:3000", "access-control-request-method": "GET"}
    assert signed_host.client.options("/agents", headers=preflight).status_code == 200


def signed(method: str = "POST", url: str = URL, body: bytes = BODY, **headers: str) -> HttpRequest:
    """A request as botocore signs it."""
    request = AWSRequest(method, url, {"content-type": "application/json", **headers}, body)
    SigV4Auth(Credentials(KEY, SECRET), "execute-api", "eu-west-1").add_auth(request)
    parts = httpx.URL(url)
    sent = [("host", parts.netloc.decode()), *((name, str(value)) for name, value in request.headers.items())]
    path, _, query = parts.raw_path.decode().partition("?")
    return HttpRequest(method, path, query, sent, body)


def altered(request: HttpRequest, **changes: Any) -> HttpRequest:
    fields = {name: getattr(request, name) for name in ("method", "path", "query", "headers", "body")}
    return HttpRequest(**(fields | changes))


def test_botocores_signature_names_the_sender() -> None:
    assert CHECK.identity(signed())["userArn"].startswith("arn:aws:iam::")
    assert CHECK.identity(signed("GET", "http://localhost/agents", b""))["accessKey"] == KEY


CHANGES: dict[str, Callable[[HttpRequest], dict[str, Any]]] = {
    "method": lambda _: {"method": "PUT"},
    "path": lambda _: {"path": "/v1/models/other"},
    "query": lambda _: {"query": "limit=3"},
    "body": lambda _: {"body": BODY + b" "},
    "host": lambda one: {"headers": [(n, "elsewhere" if n == "host" else v) for n, v in one.headers]},
    "a signed header": lambda one: {"headers": [(n, "x" if n == "content-type" else v) for n, v in one.headers]},
    "a header that is missing": lambda one: {"headers": [(n, v) for n, v in one.headers if n != "content-type"]},
    "no date": lambda one: {"headers": [(n, v) for n, v in one.headers if n.lower() != "x-amz-date"]},
    "an odd date": lambda one: {"headers": [(n, "now" if n.lower() == "x-amz-date" else v) for n, v in one.headers]},
    "half a signature": lambda one: {
        "headers": [(n, v[:-3] if n.lower() == "authorization" else v) for n, v in one.headers]
    },
    "a digest of another body": lambda one: {"headers": [*one.headers, ("x-amz-content-sha256", "0" * 64)]},
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_after_signing_is_refused(name: str) -> None:
    request = signed()
    with pytest.raises(BadSignature):
        CHECK.identity(altered(request, **CHANGES[name](request)))


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_signature_is_refused(minutes: int) -> None:
    request = signed()
    with pytest.raises(BadSignature):
        CHECK.identity(request, datetime.now(UTC) + timedelta(minutes=minutes))


@pytest.mark.parametrize("headers", [[], [("authorization", "Bearer agos_x")]])
def test_what_is_not_signed_at_all_is_told_apart(headers: list[tuple[str, str]]) -> None:
    with pytest.raises(Unsigned):
        CHECK.identity(HttpRequest("GET", "/agents", "", [("host", "localhost"), *headers], b""))

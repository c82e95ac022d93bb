"""The event that the local host makes of a request, compared field by field with the one that `sam local` makes.

Where they differ the local host follows API Gateway; the tables here name every difference, and none that is not.
"""

import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import process
from local.sam import cli, docker
from tests.e2e.hosting import Host, free_port, start
from tests.support.gateway import ROOT

STACK = Path(__file__).with_name("capture")
START_SECONDS = 60

JSON = ("Content-Type", "application/json")
TEXT = ("Content-Type", "text/plain; charset=utf-8")
FORM = ("Content-Type", "application/x-www-form-urlencoded")
BYTES = ("Content-Type", "application/octet-stream")

REQUESTS: dict[str, tuple[str, str, list[tuple[str, str]], bytes]] = {
    "no body": ("GET", "/items", [], b""),
    "path parameters": ("GET", "/items/a1/parts/b2", [], b""),
    "plus in the path": ("GET", "/items/a+b", [], b""),
    "encoded path": ("GET", "/items/caf%C3%A9%20x", [], b""),
    "encoded percent sign": ("GET", "/items/100%25", [], b""),
    "encoded slash": ("GET", "/items/a%2Fb", [], b""),
    "trailing slash": ("GET", "/items/", [], b""),
    "repeated query keys": ("GET", "/items?a=1&a=2&b=3", [], b""),
    "empty query values": ("GET", "/items?a=&b&c=1", [], b""),
    "encoded query": ("GET", "/items?q=%E6%97%A5&r=x+y&s%5B0%5D=%26", [], b""),
    "header names": ("GET", "/items", [("x-cUstom-THING", "one"), ("etag", '"a, b"')], b""),
    "repeated headers": ("GET", "/items", [("X-Multi", "1"), ("X-Multi", "2")], b""),
    "json body": ("POST", "/items", [JSON], '{"name": "日本 👩‍🚀"}'.encode()),
    "text body": ("POST", "/items", [TEXT], "é\r\n\x00".encode()),
    "form body": ("POST", "/items", [FORM], b"a=1&a=2"),
    "binary body": ("POST", "/items", [BYTES], b"\xff\xfe\x00"),
    "empty body": ("POST", "/items", [JSON], b""),
    "body of a PATCH": ("PATCH", "/items/a1", [JSON], b"{}"),
    "body of a DELETE": ("DELETE", "/items/a1", [JSON], b"{}"),
}

EVERYWHERE = {
    "headers.X-Amzn-Trace-Id": "sam local adds none",
    "multiValueHeaders.X-Amzn-Trace-Id": "sam local adds none",
    "headers.X-Forwarded-For": "sam local adds none",
    "multiValueHeaders.X-Forwarded-For": "sam local adds none",
    "headers.X-Forwarded-Port": "each has its own port",
    "multiValueHeaders.X-Forwarded-Port": "each has its own port",
    "requestContext.apiId": "made up by either",
    "requestContext.resourceId": "made up by either",
    "requestContext.requestId": "random; sam local keeps one for all requests",
    "requestContext.extendedRequestId": "sam local has none",
    "requestContext.requestTime": "the time; sam local keeps that of its start",
    "requestContext.requestTimeEpoch": "the time; sam local keeps that of its start",
    "requestContext.identity.userAgent": "sam local always says Custom User Agent String",
    "requestContext.identity.accessKey": "sam local leaves it out",
    "requestContext.identity.cognitoIdentityId": "sam local leaves it out",
    "requestContext.identity.principalOrgId": "sam local leaves it out",
}
"""Fields that differ for every request, and why."""

PATH = {"requestContext.path"}
"""sam local puts the route's pattern there."""

DIFFERENT: dict[str, set[str]] = {
    "path parameters": PATH,
    "plus in the path": PATH,
    "trailing slash": PATH,
    "body of a PATCH": PATH,
    "body of a DELETE": PATH,
    "encoded path": PATH | {"path"},  # sam local decodes it
    "encoded percent sign": PATH | {"path"},
    "repeated headers": {"headers.X-Multi", "multiValueHeaders.X-Multi"},  # sam local joins them: "1,2"
}
"""Fields that differ as well, by request."""

REFUSED = {
    "encoded slash": 403,  # sam local decodes before it looks for a route
    "binary body": 502,  # sam local takes what is not UTF-8 only with BinaryMediaTypes
}
"""What sam local answers where the local host calls the function."""


@pytest.fixture(scope="module")
def sam_port(bridge: str) -> Iterator[int]:
    port = free_port()
    images, _ = cli.image_options("auto")
    options = [*images, "--parameter-overrides", f"Architecture={docker.architecture()}", "--warm-containers", "LAZY"]
    command = [*cli.COMMAND, "local", "start-api", "--template", str(STACK / "template.yaml"), *options]
    with process.running([*command, "--port", str(port)], subprocess.DEVNULL, cli.environment()) as sam:
        process.wait_until(lambda: process.listens(port), START_SECONDS, sam)
        yield port


@pytest.fixture(scope="module")
def local_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    environment = {"LOCAL_MODEL": "0", "PYTHONPATH": str(ROOT / "shared")}
    host: Host = start(tmp_path_factory.mktemp("local"), environment, "--root", str(STACK))
    yield int(host.client.base_url.port or 0)
    host.end()


def send(port: int, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> tuple[int, bytes]:
    """Status and body. By hand: a client library would tidy up what is to be tested."""
    length = [("Content-Length", str(len(body)))] if method != "GET" else []
    fixed = [("Host", "localhost"), ("User-Agent", "probe/1"), ("Accept", "*/*"), ("Connection", "close")]
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in [*fixed, *headers, *length])]
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, answer = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), answer


def differences(one: Any, other: Any, path: str = "") -> set[str]:
    """The paths of the values that are not equal; a list is one value."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return set() if one == other else {path}
    absent = object()
    names = one.keys() | other.keys()
    here = path + "." if path else ""
    return set().union(*(differences(one.get(name, absent), other.get(name, absent), here + name) for name in names))


@pytest.mark.parametrize("name", REQUESTS.keys() - REFUSED.keys())
def test_same_event(name: str, sam_port: int, local_port: int) -> None:
    (sam_status, sam_event), (local_status, local_event) = (
        send(port, *REQUESTS[name]) for port in (sam_port, local_port)
    )
    assert (sam_status, local_status) == (200, 200)
    found = differences(json.loads(sam_event), json.loads(local_event))
    assert found == EVERYWHERE.keys() | DIFFERENT.get(name, set())


@pytest.mark.parametrize("name", REFUSED)
def test_what_sam_local_refuses(name: str, sam_port: int, local_port: int) -> None:
    assert send(sam_port, *REQUESTS[name])[0] == REFUSED[name]
    assert send(local_port, *REQUESTS[name])[0] == 200


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nope"), ("PUT", "/items"), ("GET", "/items//parts/b"), ("OPTIONS", "/items")]
)
def test_same_refusal_of_unknown_routes(method: str, path: str, sam_port: int, local_port: int) -> None:
    """OPTIONS with the rest: there is no CORS as long as the template has none. The body is the template's own, which
    sam local does not know."""
    statuses = {send(port, method, path, [("Origin", "http://elsewhere")], b"")[0] for port in (sam_port, local_port)}
    assert statuses == {403}


def test_the_source_address_is_not_the_clients_to_choose(local_port: int) -> None:
    """As with API Gateway: the peer's address, appended to what the client sent."""
    _, body = send(local_port, "GET", "/items", [("X-Forwarded-For", "203.0.113.9")], b"")
    event = json.loads(body)
    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"
    assert event["headers"]["X-Forwarded-For"] == "203.0.113.9, 127.0.0.1"

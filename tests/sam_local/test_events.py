"""The event that the local host makes of a request, compared field by field with the one that `sam local` makes.

Where they differ the local host follows API Gateway; the tables here name every difference, and none that is not.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sam_local.hosts import EVERYWHERE, differences, on_the_local_host, send, under_sam_local

STACK = Path(__file__).with_name("capture")

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
    with under_sam_local(STACK) as port:
        yield port


@pytest.fixture(scope="module")
def local_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with on_the_local_host(STACK, tmp_path_factory.mktemp("local")) as port:
        yield port


@pytest.mark.parametrize("name", [name for name in REQUESTS if name not in REFUSED])
def test_same_event(name: str, sam_port: int, local_port: int) -> None:
    sams, ours = (send(port, *REQUESTS[name]) for port in (sam_port, local_port))
    assert (sams.status, ours.status) == (200, 200)
    found = differences(json.loads(sams.body), json.loads(ours.body))
    assert found == EVERYWHERE.keys() | DIFFERENT.get(name, set())


@pytest.mark.parametrize("name", REFUSED)
def test_sam_local_refuses_what_the_table_says(name: str, sam_port: int, local_port: int) -> None:
    assert send(sam_port, *REQUESTS[name]).status == REFUSED[name]
    assert send(local_port, *REQUESTS[name]).status == 200


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nope"), ("PUT", "/items"), ("GET", "/items//parts/b"), ("OPTIONS", "/items")]
)
def test_same_refusal_of_unknown_routes(method: str, path: str, sam_port: int, local_port: int) -> None:
    """OPTIONS with the rest: there is no CORS as long as the template has none. The body is the template's own, which
    sam local does not know."""
    origin = [("Origin", "http://elsewhere")]
    statuses = {send(port, method, path, origin).status for port in (sam_port, local_port)}
    assert statuses == {403}


def test_the_source_address_is_not_the_clients_to_choose(local_port: int) -> None:
    """As with API Gateway: the peer's address, appended to what the client sent."""
    event = json.loads(send(local_port, "GET", "/items", [("X-Forwarded-For", "203.0.113.9")]).body)
    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"
    assert event["headers"]["X-Forwarded-For"] == "203.0.113.9, 127.0.0.1"

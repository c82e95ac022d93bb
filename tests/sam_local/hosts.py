"""Two hosts of one small stack, `sam local` and the local one, and what is needed to compare them."""

import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import process
from local.sam import cli, docker
from tests.e2e.hosting import start
from tests.support.gateway import ROOT
from tests.support.ports import free_port

START_SECONDS = 60

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


@dataclass(frozen=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@contextmanager
def under_sam_local(stack: Path) -> Iterator[int]:
    """The port at which `sam local` serves the stack in that folder."""
    port = free_port()
    images, _ = cli.image_options("auto")
    options = [*images, "--parameter-overrides", f"Architecture={docker.architecture()}", *cli.WARM]
    command = [*cli.COMMAND, "local", "start-api", "--template", str(stack / "template.yaml"), *options]
    with process.running([*command, "--port", str(port)], subprocess.DEVNULL, cli.environment()) as sam:
        process.wait_until(lambda: process.listens(port), START_SECONDS, sam)
        yield port


@contextmanager
def on_the_local_host(stack: Path, folder: Path) -> Iterator[int]:
    """The port at which the local host serves it; `folder` takes its log."""
    host = start(folder, {"LOCAL_MODEL": "0", "PYTHONPATH": str(ROOT / "shared")}, "--root", str(stack))
    yield int(host.client.base_url.port or 0)
    host.end()


def send(port: int, method: str, path: str, headers: Sequence[tuple[str, str]] = (), body: bytes = b"") -> Answer:
    """By hand: a client library would tidy up what is to be tested."""
    length = [("Content-Length", str(len(body)))] if method != "GET" else []
    fixed = [("Host", "localhost"), ("User-Agent", "probe/1"), ("Accept", "*/*"), ("Connection", "close")]
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in [*fixed, *headers, *length])]
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, answer = received.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in rest)
    return Answer(int(first.split()[1]), {name.lower(): value for name, _, value in pairs}, answer)


def differences(one: Any, other: Any, path: str = "") -> set[str]:
    """The paths of the values that are not equal; a list is one value."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return set() if one == other else {path}
    absent = object()
    names = one.keys() | other.keys()
    here = path + "." if path else ""
    return set().union(*(differences(one.get(name, absent), other.get(name, absent), here + name) for name in names))

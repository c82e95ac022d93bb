"""The guard in tests/conftest.py: a test's process connects to loopback alone, and resolves no other name."""

import socket
from collections.abc import Callable

import httpx
import pytest

ELSEWHERE = "192.0.2.1"
"""TEST-NET-1, which no host uses (RFC 5737)."""


def _connect(kind: socket.SocketKind) -> None:
    with socket.socket(type=kind) as one:
        one.settimeout(1)
        one.connect((ELSEWHERE, 9))


def _send() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as one:
        one.sendto(b"x", (ELSEWHERE, 9))


@pytest.mark.parametrize(
    "reach",
    [
        lambda: _connect(socket.SOCK_STREAM),
        lambda: _connect(socket.SOCK_DGRAM),
        _send,
        lambda: socket.getaddrinfo("api.example.com", 443),
        lambda: httpx.get(f"http://{ELSEWHERE}/", trust_env=False),
        lambda: httpx.get("http://api.example.com/", trust_env=False),
    ],
    ids=["tcp", "udp", "datagram", "name", "http", "http by name"],
)
def test_other_addresses_cannot_be_reached(reach: Callable[[], object]) -> None:
    with pytest.raises(AssertionError, match="which is not loopback"):
        reach()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_can_be_reached(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection((host, server.getsockname()[1])):
        pass

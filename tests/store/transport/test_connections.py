"""Connections are kept, for a while, and nothing on them waits or grows without a bound."""

import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)

from agentos.store.transport.connections import IDLE_SECONDS, MAX_IDLE, Connections
from agentos.store.transport.messages import Timeouts
from agentos.store.transport.tls import context
from tests.store.transport.conftest import GENEROUS
from tests.support.canned_dynamodb import DROPPED, CannedServer, Reply


class Wall:
    """The time of day."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def connections(server: CannedServer, wall: Wall) -> Connections:
    return Connections(server.url, GENEROUS, context, wall)


def post(connections: Connections, body: bytes = b"{}") -> Any:
    return connections.post({"host": connections.host}, body)


def test_a_connection_serves_one_request_after_another(connections: Connections, server: CannedServer) -> None:
    server.default = Reply(200, b'{"a": 1}', {"X-Amzn-RequestId": "R1"})
    answers = [post(connections) for _ in range(3)]
    assert {(one.status, one.body, one.headers["x-amzn-requestid"]) for one in answers} == {(200, b'{"a": 1}', "R1")}
    assert [seen.connection for seen in server.seen] == [1, 1, 1]


@pytest.mark.parametrize(("seconds", "used"), [(IDLE_SECONDS, 1), (IDLE_SECONDS + 1, 2), (-1, 2)])
def test_one_that_was_idle_for_long_is_not_used_again(
    connections: Connections, server: CannedServer, wall: Wall, seconds: float, used: int
) -> None:
    """Lambda may have frozen the process, or the clock was set."""
    post(connections)
    wall.now += seconds
    post(connections)
    assert [seen.connection for seen in server.seen] == [1, used]


@pytest.mark.parametrize("reply", [Reply(close=True, headers={"connection": "close"}), Reply(204, b"", {}, close=True)])
def test_one_that_the_server_has_closed_is_not_used_again(
    connections: Connections, server: CannedServer, reply: Reply
) -> None:
    """The second reply does not say that it closes."""
    server.script = [reply]
    post(connections)
    server.closed.acquire(timeout=60)
    post(connections)
    assert [seen.connection for seen in server.seen] == [1, 2]


def test_one_whose_answer_was_lost_is_not_used_again(connections: Connections, server: CannedServer) -> None:
    server.script = [DROPPED]
    with pytest.raises(ConnectionClosedError):
        post(connections)
    post(connections)
    assert [seen.connection for seen in server.seen] == [1, 2]


def test_one_that_brought_more_than_an_answer_is_not_used_again(connections: Connections, server: CannedServer) -> None:
    server.script = [Reply(200, b"{}and more", {"content-length": "2"})]
    assert post(connections).body == b"{}"
    post(connections)
    assert [seen.connection for seen in server.seen] == [1, 2]


def test_each_thread_has_a_connection_and_few_are_kept(connections: Connections, server: CannedServer) -> None:
    together = threading.Barrier(MAX_IDLE + 10, timeout=60)
    server.before = together.wait
    with ThreadPoolExecutor(MAX_IDLE + 10) as pool:
        list(pool.map(lambda _: post(connections), range(MAX_IDLE + 10)))
    assert server.connections == MAX_IDLE + 10
    assert len(connections._idle) == MAX_IDLE
    connections.close()
    assert not connections._idle


def test_a_forked_process_makes_connections_of_its_own(
    connections: Connections, server: CannedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(connections)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    post(connections)
    assert [seen.connection for seen in server.seen] == [1, 2]


def test_a_body_in_chunks_is_read(connections: Connections, server: CannedServer) -> None:
    server.script = [Reply(200, b"3\r\n{} \r\n2\r\n  \r\n0\r\n\r\n", {"transfer-encoding": "chunked"})]
    assert post(connections).body == b"{}   "
    post(connections)
    assert [seen.connection for seen in server.seen] == [1, 1]


def test_a_body_is_read_to_a_bound(
    connections: Connections, server: CannedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentos.store.transport.connections.MAX_ANSWER_BYTES", 1000)
    server.script = [Reply(200, b"x" * 5000)]
    assert len(post(connections).body) <= 1000
    post(connections)
    assert [seen.connection for seen in server.seen] == [1, 2]


@pytest.mark.parametrize(
    "raw",
    [b"no http\r\n\r\n", b"HTTP/1.1 x\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 20_000, b"\x00" * 70_000, b""],
)
def test_an_answer_that_is_no_http_is_none(raw: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(raw)

        thread = threading.Thread(target=answer)
        thread.start()
        connections = Connections(f"http://127.0.0.1:{listening.getsockname()[1]}", GENEROUS, context)
        with pytest.raises(ConnectionClosedError):
            post(connections)
        thread.join()


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(EndpointConnectionError):
        post(Connections(f"http://127.0.0.1:{port}", GENEROUS, context))


def test_nobody_accepts() -> None:
    """The queue of a listening socket is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.socket() as first, socket.socket() as second:
        for one in (first, second):
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        with pytest.raises(ConnectTimeoutError):
            post(Connections(f"http://127.0.0.1:{full.getsockname()[1]}", Timeouts(0.05, 60), context))


def test_nobody_answers(server: CannedServer) -> None:
    server.hang = True
    with pytest.raises(ReadTimeoutError):
        post(Connections(server.url, Timeouts(60, 0.05), context))


def test_no_tls_where_tls_is_expected(server: CannedServer) -> None:
    with pytest.raises(SSLError):
        post(Connections(server.url.replace("http:", "https:"), GENEROUS, context))


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "127.0.0.1:8000", "http://"])
def test_an_address_that_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no http or https URL"):
        Connections(url, GENEROUS, context)

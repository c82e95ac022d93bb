"""`make crowd` counts the clients that keep a server waiting, over real connections."""

import socket
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from bench.chaos.blocked import PROCESS_BUFFER, TABLE, blocked, kernel_bytes
from tests.e2e.hosting import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the table of connections is Linux's")

RECEIVED = 10_000


class Pair:
    """A server with one client, which has received some bytes."""

    def __init__(self, listener: socket.socket, client: socket.socket) -> None:
        self.client = client
        self.server_port, self.client_port = listener.getsockname()[1], client.getsockname()[1]
        self._connection = listener.accept()[0]
        self._connection.sendall(b"x" * RECEIVED)
        eventually(lambda: self.in_kernels() == RECEIVED)

    def close(self) -> None:
        self._connection.close()

    def in_kernels(self) -> int:
        return kernel_bytes(TABLE.read_text(), self.server_port)[self.client_port]

    def blocked(self, response_bytes: int) -> int:
        return blocked(self.server_port, [self.client_port], response_bytes)


@pytest.fixture
def pair() -> Iterator[Pair]:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
        closing(Pair(listener, client)) as made,
    ):
        yield made


def test_bytes_count_until_the_client_reads_them(pair: Pair) -> None:
    assert pair.client.recv(RECEIVED - 1, socket.MSG_WAITALL)
    eventually(lambda: pair.in_kernels() == 1)


def test_a_client_keeps_the_server_waiting_with_more_than_the_buffers_take(pair: Pair) -> None:
    assert pair.blocked(RECEIVED + PROCESS_BUFFER) == 0
    assert pair.blocked(RECEIVED + PROCESS_BUFFER + 1) == 1


def test_a_client_that_is_not_connected_keeps_nobody_waiting(pair: Pair) -> None:
    assert blocked(pair.client_port, [pair.client_port], 1_000_000) == 0

"""Kept HTTP connections to one host.

A connection is used by one request at a time. One that was not used for 30 seconds is closed: Lambda may have frozen
this process, and the other side may have given the connection up meanwhile.
"""

import os
import select
import socket
import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)

from agentos.store.transport.http import read_answer, request_bytes
from agentos.store.transport.messages import Answer, Timeouts

if TYPE_CHECKING:
    from ssl import SSLContext

IDLE_SECONDS = 30
MAX_IDLE = 50
"""Connections that are kept, one for each thread of a busy process."""

MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""A BatchGetItem answers with 16 MB at most, which base64 and JSON's escapes make longer.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
"""


class _Idle(NamedTuple):
    connection: HTTPConnection
    since: float
    process: int


class Connections:
    """Connections to the host of a URL, for any number of threads.

    `tls` returns the context of a new connection. `now` is in seconds since the epoch: the wall clock goes on while
    Lambda freezes a process, and nothing says that of any other clock.
    """

    def __init__(
        self, url: str, timeouts: Timeouts, tls: "Callable[[], SSLContext]", now: Callable[[], float] = time.time
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no http or https URL")
        self.url = url
        self.path = parts.path or "/"
        self.host = parts.netloc.rpartition("@")[2]
        self._address = (parts.hostname, parts.port)
        self._tls = tls if parts.scheme == "https" else None
        self._timeouts = timeouts
        self._now = now
        self._idle: deque[_Idle] = deque()
        weakref.finalize(self, _close, self._idle)

    def post(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to one request. Raises botocore's ConnectionError or HTTPClientError."""
        connection = self._kept() or self._new()
        try:
            answer, kept = self._exchange(connection, headers, body)
        except BaseException:
            connection.close()
            raise
        if kept:
            self._keep(connection)
        else:
            connection.close()
        return answer

    def close(self) -> None:
        """Close all connections that are not in use."""
        _close(self._idle)

    def _exchange(self, connection: HTTPConnection, headers: Mapping[str, str], body: bytes) -> tuple[Answer, bool]:
        """The answer, and whether the connection can be used again."""
        try:
            connection.sock.sendall(request_bytes(self.path, headers, body))
            return read_answer(connection.sock, MAX_ANSWER_BYTES)
        except TimeoutError as error:
            raise ReadTimeoutError(endpoint_url=self.url, error=error) from error
        except (OSError, HTTPException) as error:
            raise ConnectionClosedError(endpoint_url=self.url, error=error) from error

    def _kept(self) -> HTTPConnection | None:
        """The connection that was used last, if it can still be used."""
        now, process = self._now(), os.getpid()
        while self._idle:
            try:
                connection, since, owner = self._idle.pop()
            except IndexError:  # another thread took it
                return None
            if owner == process and 0 <= now - since <= IDLE_SECONDS and not _has_ended(connection):
                return connection
            connection.close()
        return None

    def _keep(self, connection: HTTPConnection) -> None:
        if len(self._idle) < MAX_IDLE:
            self._idle.append(_Idle(connection, self._now(), os.getpid()))
        else:
            connection.close()

    def _new(self) -> HTTPConnection:
        host, port = self._address
        connection = (
            HTTPSConnection(host, port, timeout=self._timeouts.connect, context=self._tls())
            if self._tls
            else HTTPConnection(host, port, timeout=self._timeouts.connect)
        )
        try:
            connection.connect()
        except TimeoutError as error:
            raise ConnectTimeoutError(endpoint_url=self.url, error=error) from error
        except OSError as error:
            refused = SSLError if type(error).__module__ == "ssl" else EndpointConnectionError
            raise refused(endpoint_url=self.url, error=error) from error
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.sock.settimeout(self._timeouts.read)
        return connection


def _close(idle: deque[_Idle]) -> None:
    while idle:
        idle.pop().connection.close()


def _has_ended(connection: HTTPConnection) -> bool:
    """The other side has closed it, or sent what nobody asked for."""
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))

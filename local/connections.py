"""Connections of the web server, with bounds for clients that are idle, send slowly or do not read.

uvicorn closes a connection that is idle after a response. It waits without limit for the first request, for the rest of
a request's head, and for a client that does not read. Each of those would cost a connection, and the last one the
thread of a handler.
"""

import asyncio
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.environment import Environment

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol as HttpProtocol
else:
    from uvicorn.protocols.http.auto import AutoHTTPProtocol as HttpProtocol

SEND_BUFFER_BYTES = 128 * 1024
"""The kernel's buffer for each client. It reports progress when a third of its buffer has been sent, so that with its
default of up to 4 MB a slow client would seem to take nothing for a long time. A client that reads less than about
10 KB/s counts as one that does not read.
https://man7.org/linux/man-pages/man7/tcp.7.html (tcp_wmem)
"""
LONGEST_CHECK_SECONDS = 1.0
NO_LINGER = struct.pack("ii", 1, 0)
"""On, for 0 seconds: https://man7.org/linux/man-pages/man7/socket.7.html (SO_LINGER)."""


class InvalidLimit(Exception):
    """A variable of the environment is not a number of seconds. The text says which."""


@dataclass(frozen=True)
class ClientLimits:
    """How long a client may keep the host waiting, in seconds."""

    stall: float = 10.0
    """A client that takes nothing of its response for this long counts as gone, as in lambda_streaming."""
    body: float = 30.0
    """The time for a request's body, from its head to its last byte."""
    idle: float = 60.0
    """A connection without a request is closed after this time. A head that is not complete is no request."""

    @classmethod
    def of(cls, environment: Environment) -> "ClientLimits":
        """Those that the environment sets. Raises InvalidLimit."""
        return cls(
            _seconds("CLIENT_STALL_SECONDS", environment.get("CLIENT_STALL_SECONDS"), cls.stall),
            _seconds("REQUEST_BODY_SECONDS", environment.get("REQUEST_BODY_SECONDS"), cls.body),
            _seconds("IDLE_CONNECTION_SECONDS", environment.get("IDLE_CONNECTION_SECONDS"), cls.idle),
        )


def _seconds(name: str, text: str, default: float) -> float:
    try:
        seconds = float(text or default)
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise InvalidLimit(f"{name} must be a number of seconds over 0, not {text!r}")
    return seconds


class Connections:
    """The open connections, which one timer checks: they are many, and most are idle."""

    def __init__(self, limits: ClientLimits) -> None:
        self.limits = limits
        self._seconds = min(LONGEST_CHECK_SECONDS, limits.stall / 4, limits.idle / 4)
        self._open: set[BoundedConnection] = set()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, connection: "BoundedConnection") -> None:
        self._open.add(connection)
        if self._timer is None:
            self._wait(connection.loop)

    def remove(self, connection: "BoundedConnection") -> None:
        self._open.discard(connection)

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(self._seconds, self._check, loop) if self._open else None

    def _check(self, loop: asyncio.AbstractEventLoop) -> None:
        self._wait(loop)
        for connection in tuple(self._open):
            connection.check(loop.time())


class BoundedConnection(HttpProtocol):
    """uvicorn's connection, which is closed when its client is idle or takes nothing for too long.

    Closing it tells the application that the client is gone, and ends what waits for the client.
    """

    def __init__(self, connections: Connections, **given: Any) -> None:
        super().__init__(**given)
        self._open_connections = connections
        self._limits = connections.limits

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._unsent = 0
        self._idle_since = self._stalled_since = self.loop.time()
        self._open_connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open_connections.remove(self)
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        self._stalled_since = self.loop.time()
        super().resume_writing()

    def check(self, now: float) -> None:
        """Close it if its client has had its time. `now`: of the event loop's clock."""
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0 or unsent < self._unsent:  # the client has taken something, or there is nothing to take
            self._stalled_since = now
        self._unsent = unsent
        if unsent or (self.cycle is not None and not self.cycle.response_complete):
            self._idle_since = now
        if now - self._stalled_since >= self._limits.stall:
            self._reset()
        elif now - self._idle_since >= self._limits.idle:
            self.transport.close()

    def _reset(self) -> None:
        """Close the connection without what is still to be sent. The kernel would keep that for minutes."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.transport.abort()

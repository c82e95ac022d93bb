"""Sockets whose timeout bounds everything until they get another one, not each single read.

A server that sends one byte a second never exceeds the timeout of a single read. Here `settimeout` sets a moment, and
each read waits for what is left until then. So a library that sets a timeout before it reads a response reads the whole
response in that time.
"""

import socket
import ssl
import time
from typing import Any

SHORTEST_WAIT = 1e-6
"""Seconds. What has arrived by the moment is still read; 0 would make the socket non-blocking."""


class _Bounded(socket.socket):
    _ends_at: float | None = None

    def settimeout(self, seconds: float | None) -> None:
        """All reads from now on must end within so many seconds; None sets no bound."""
        self._ends_at = None if seconds is None else time.monotonic() + seconds
        super().settimeout(seconds)

    def end_at(self, moment: float) -> None:
        """The same with a moment on the monotonic clock."""
        self._ends_at = moment

    def recv_into(self, *arguments: Any, **options: Any) -> int:
        """Raises TimeoutError once the moment has passed and nothing is there to be read."""
        if self._ends_at is not None:
            super().settimeout(max(self._ends_at - time.monotonic(), SHORTEST_WAIT))
        return super().recv_into(*arguments, **options)


class BoundedSocket(_Bounded):
    """Without TLS."""


class BoundedTlsSocket(_Bounded, ssl.SSLSocket):
    """With TLS. `SSLContext.sslsocket_class` makes a context create these."""

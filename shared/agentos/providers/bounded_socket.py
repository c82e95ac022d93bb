"""Sockets whose timeout bounds everything until they get another one, not each single read.

A server that sends one byte a second never exceeds the timeout of a single read. Here `settimeout` sets a moment, and
each read waits for what is left until then. So a library that sets a timeout before it reads a response reads the whole
response in that time.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

SHORTEST_WAIT = 1e-6
"""Seconds. What has arrived by the moment is still read; 0 would make the socket non-blocking."""


ABORT_SECONDS = 0.5
"""How often it is asked whether an exchange has been aborted, where that can be."""

_aborted: ContextVar[Callable[[], bool] | None] = ContextVar("aborted", default=None)


@contextmanager
def aborted_by(aborted: Callable[[], bool]) -> Iterator[None]:
    """Within it, reads of this thread end with TimeoutError soon after `aborted` returns True."""
    token = _aborted.set(aborted)
    try:
        yield
    finally:
        _aborted.reset(token)


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
        if self._ends_at is None:
            return super().recv_into(*arguments, **options)
        aborted = _aborted.get()
        while True:
            left = self._ends_at - time.monotonic()
            wait = left if aborted is None else min(left, ABORT_SECONDS)
            super().settimeout(max(wait, SHORTEST_WAIT))
            try:
                return super().recv_into(*arguments, **options)
            except TimeoutError:
                if aborted is None or left <= ABORT_SECONDS or aborted():
                    raise


class BoundedSocket(_Bounded):
    """Without TLS."""


class BoundedTlsSocket(_Bounded, ssl.SSLSocket):
    """With TLS. `SSLContext.sslsocket_class` makes a context create these."""

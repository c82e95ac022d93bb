"""Connections to a provider's address: the name is looked up and each address is tried in bounded time.

A name is looked up once for a connection, all its addresses are checked, and the connection goes to one of those that
were checked. So a name that leads elsewhere at the second look-up (DNS rebinding) leads nowhere. The pool knows the
connection by its name: TLS checks the certificate for the name, and the header `Host` has it.
"""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from agentos.providers.bounded_socket import BoundedSocket

CONNECT_SECONDS = 3.0
"""For each address but the last, so that one that does not answer leaves time for the others."""

Resolver = Callable[[str, int], Sequence[str]]
"""The addresses of a host. Raises OSError."""

Dial = Callable[[str, int, float], socket.socket]
"""A connection to an address and port, in so many seconds. Raises OSError."""


class NotPublicError(OSError):
    """The host has an address that is not public."""


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of the host by the system's resolver, those of IPv4 first: Lambda reaches no IPv6 by itself."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for family, *_, address in sorted(found, key=lambda one: one[0] != socket.AF_INET)]


def dial(address: str, port: int, seconds: float) -> socket.socket:
    """A connection that sends small pieces at once."""
    plain = socket.create_connection((address, port), timeout=seconds)
    bounded = BoundedSocket(plain.family, plain.type, plain.proto, fileno=plain.detach())
    bounded.settimeout(seconds)
    bounded.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return bounded


class Network:
    """Connects to addresses for which `allowed` holds, and to no others."""

    def __init__(
        self, resolver: Resolver = resolve, dial: Dial = dial, allowed: Callable[[str], bool] = lambda _: True
    ) -> None:
        self._resolver = resolver
        self._dial = dial
        self._allowed = allowed

    def connect(self, host: str, port: int, seconds: float) -> socket.socket:
        """A connection to one of the host's addresses. Raises NotPublicError, TimeoutError, OSError."""
        ends_at = time.monotonic() + seconds
        addresses = list(dict.fromkeys(_in_time(lambda: self._resolver(host, port), seconds)))
        if not addresses or not all(map(self._allowed, addresses)):
            raise NotPublicError("the endpoint's address is not public")
        *others, last = addresses
        for address in others:
            try:
                return self._dial(address, port, min(CONNECT_SECONDS, _left(ends_at)))
            except OSError:
                continue
        return self._dial(last, port, _left(ends_at))


def _left(ends_at: float) -> float:
    """Seconds until then. Raises TimeoutError."""
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError("no connection in time")
    return left


def _in_time(call: Callable[[], Sequence[str]], seconds: float) -> Sequence[str]:
    """What the call returns or raises. It runs in a thread, since a look-up cannot be interrupted. Raises
    TimeoutError."""
    ended: Future[Any] = Future()

    def run() -> None:
        try:
            ended.set_result(call())
        except BaseException as error:
            ended.set_exception(error)

    threading.Thread(target=run, name="look-up", daemon=True).start()
    found: Sequence[str] = ended.result(seconds)
    return found

"""Connections to public addresses alone, for endpoints that tenants name.

A name is looked up once for a connection, all its addresses are checked, and the connection goes to one of those that
were checked. So a name that leads elsewhere at the second look-up (DNS rebinding) leads nowhere. The pool knows the
connection by its name: TLS checks the certificate for the name, and the header `Host` has it. No proxy of the
environment is used, because a proxy would look the name up by itself.
"""

import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import anyio
import httpcore
import httpx

from agentos.domain.endpoints import is_public
from agentos.providers.http_client import POOL

CONNECT_SECONDS = 3.0
"""For each address but the last, so that one that does not answer leaves time for the others."""

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host. Raises OSError."""


class NotPublicError(OSError):
    """The host has an address that is not public."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of the host by the system's resolver, those of IPv4 first: Lambda reaches no IPv6 by itself."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for family, *_, address in sorted(found, key=lambda one: one[0] != socket.AF_INET)]


class PublicNetwork(httpcore.AsyncNetworkBackend):
    """Connects over `network` to addresses for which `allowed` holds, and to no others."""

    def __init__(
        self,
        resolver: Resolver = resolve,
        network: httpcore.AsyncNetworkBackend | None = None,
        allowed: Callable[[str], bool] = is_public,
    ) -> None:
        self._resolver = resolver
        self._network = network or httpcore.AnyIOBackend()
        self._allowed = allowed

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to one of the host's addresses. Raises NotPublicError, OSError, httpcore.ConnectError."""
        addresses = list(dict.fromkeys(await self._resolver(host, port)))
        if not addresses or not all(map(self._allowed, addresses)):
            raise NotPublicError("the endpoint's address is not public")
        *others, last = addresses
        for address in others:
            try:
                return await self._network.connect_tcp(address, port, CONNECT_SECONDS, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._network.connect_tcp(last, port, timeout, local_address, socket_options)

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        raise NotPublicError("a socket of this machine is not public")

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


class PublicTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over a PublicNetwork. httpx has no argument for it, so the pool is made here."""

    def __init__(self, network: PublicNetwork | None = None, tls: ssl.SSLContext | None = None) -> None:
        context = tls or httpx.create_ssl_context()
        super().__init__(verify=context, limits=POOL, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=POOL.max_connections,
            max_keepalive_connections=POOL.max_keepalive_connections,
            keepalive_expiry=POOL.keepalive_expiry,
            network_backend=network or PublicNetwork(),
        )

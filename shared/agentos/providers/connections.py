"""Connections to providers that are kept: urllib3's pools over sockets that bound a whole exchange.

A pool belongs to a scheme, host and port. Redirects are not followed, and nothing is sent twice.
"""

import logging
import os
import ssl
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, ProxyManager, Retry, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, LocationParseError, NewConnectionError
from urllib3.util import parse_url

from agentos.kernel.certificates import tls_context
from agentos.kernel.clock import Clock
from agentos.providers.bounded_socket import BoundedTlsSocket
from agentos.providers.network import Network
from agentos.providers.transport import HttpRequest

IDLE_SECONDS = 30
"""A connection that is idle for longer is not used again, because the server may have closed it."""

KEPT = 20
"""Idle connections that are kept for each host. There may be more at once; those are closed after their use."""

_NO_RETRIES = Retry(total=False, redirect=False)

logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # it warns of each that is not kept


class Extend(Protocol):
    """Moves the end of an exchange to a moment on the monotonic clock."""

    def __call__(self, moment: float) -> object: ...


class Exchange(NamedTuple):
    """A response whose headers have arrived. Reading its body raises what urllib3 raises."""

    response: BaseHTTPResponse
    end_at: Extend


class Transport(Protocol):
    """Sends requests."""

    def post(self, request: HttpRequest, seconds: float) -> Exchange:
        """The response, which must be read within `seconds` from now. Raises what urllib3 raises, and ValueError."""
        ...

    def close(self) -> None:
        """Close what is idle."""


class Connections:
    """The network. `clock` tells how long connections were idle. `proxies`: whether those of the environment are used
    (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`)."""

    def __init__(
        self,
        clock: Clock | None = None,
        network: Network | None = None,
        tls: ssl.SSLContext | None = None,
        *,
        proxies: bool = True,
    ) -> None:
        self._options: dict[str, Any] = {"network": network or Network(), "clock": clock or Clock()}
        self._tls = tls or tls_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        self._tls.sslsocket_class = BoundedTlsSocket
        self._proxies = proxies
        self._pools: dict[tuple[str, str, int | None], HTTPConnectionPool] = {}

    def post(self, request: HttpRequest, seconds: float) -> Exchange:
        """The response, which must be read within `seconds` from now. Raises what urllib3 raises, and ValueError."""
        origin, path = _origin_and_path(request.url)
        pool = self._pools.get(origin) or self._pools.setdefault(origin, self._pool(*origin))
        forwarded = pool.proxy is not None and origin[0] == "http"  # such a proxy is told the whole address
        response = pool.urlopen(
            "POST",
            request.url if forwarded else path,
            body=request.body,
            headers={"accept-encoding": "gzip, deflate", **request.headers},
            retries=_NO_RETRIES,
            redirect=False,
            assert_same_host=False,
            timeout=Timeout(total=seconds),
            preload_content=False,
        )
        connection: Any = response.connection
        return Exchange(response, connection.bounded.end_at)

    def close(self) -> None:
        """Close what is idle."""
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()

    def _pool(self, scheme: str, host: str, port: int | None) -> HTTPConnectionPool:
        if proxy := _proxy_for(scheme, host) if self._proxies else None:
            manager = ProxyManager(proxy, maxsize=KEPT, ssl_context=self._tls)
            manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
            return manager.connection_from_host(host, port, scheme)
        if scheme == "https":
            return _TlsPool(host, port, maxsize=KEPT, ssl_context=self._tls, **self._options)
        return _Pool(host, port, maxsize=KEPT, **self._options)


class _Kept(HTTPConnection):
    """A connection over our network, which is not used again once it was idle for too long by the time of day.

    A monotonic clock may stand still while Lambda freezes the process between invocations.
    """

    def __init__(self, *arguments: Any, network: Network | None = None, clock: Clock | None = None, **options: Any):
        super().__init__(*arguments, **options)
        self._network = network or Network()
        self._clock = clock or Clock()
        self._used_at = 0.0
        self._unsent: list[bytes] | None = None
        self.bounded: Any = None

    def connect(self) -> None:
        super().connect()
        self.bounded = self.sock  # http.client drops `sock` where the server will close the connection

    def request(self, *arguments: Any, **options: Any) -> None:
        """Send head and body as one piece, where http.client would send two."""
        self._unsent = []
        try:
            super().request(*arguments, **options)
            whole = b"".join(self._unsent)
        finally:
            self._unsent = None
        super().send(whole)

    def send(self, data: Any) -> None:
        if self._unsent is None:
            super().send(data)
        else:
            self._unsent.append(data)

    def getresponse(self) -> Any:
        response = super().getresponse()
        self._used_at = self._clock.time()
        return response

    @property
    def is_connected(self) -> bool:
        return super().is_connected and self._clock.time() - self._used_at <= IDLE_SECONDS

    def _new_conn(self) -> Any:
        try:
            return self._network.connect(self.host, self.port or self.default_port, float(self.timeout or 0))
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "no connection in time") from error
        except OSError as error:
            raise NewConnectionError(self, type(error).__name__) from error


class _KeptTls(_Kept, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Kept


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _KeptTls


@lru_cache(maxsize=256)
def _origin_and_path(url: str) -> tuple[tuple[str, str, int | None], str]:
    """Scheme, host and port, and the rest. Raises LocationParseError."""
    parsed = parse_url(url)
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise LocationParseError(url)
    return (parsed.scheme, parsed.host, parsed.port), parsed.request_uri


def _proxy_for(scheme: str, host: str) -> str | None:
    """The proxy that the environment names for a host."""
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    return None if proxy_bypass(host) else proxies.get(scheme) or proxies.get("all")

"""Connections to public addresses alone, for endpoints that tenants name.

No proxy of the environment is used, because a proxy would look the name up by itself.
"""

import ssl

from agentos.domain.endpoints import is_public
from agentos.kernel.clock import Clock
from agentos.providers.connections import Connections
from agentos.providers.network import Dial, Network, Resolver, dial, resolve


def public_connections(
    clock: Clock | None = None,
    resolver: Resolver = resolve,
    dial: Dial = dial,
    tls: ssl.SSLContext | None = None,
) -> Connections:
    """Connections to hosts all of whose addresses are public."""
    return Connections(clock, Network(resolver, dial, is_public), tls, proxies=False)

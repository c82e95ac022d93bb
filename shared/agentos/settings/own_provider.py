"""A provider as a tenant has it that brings a key of its own, and perhaps an endpoint."""

import hashlib
from collections.abc import Sequence
from functools import cached_property

from pydantic import SecretStr

from agentos.domain import Account
from agentos.domain.endpoints import endpoint_problem, host_of, is_allowed
from agentos.settings.provider import Provider, Status
from agentos.settings.tenant_keys import OwnKey


class OwnProvider(Provider):
    """The server's provider with the tenant's key in the place of the server's.

    The server's key is never sent to a tenant's endpoint, because a tenant brings no endpoint without a key. `hosts`
    are patterns of those that need not be public. `readable`: this process may read keys, so a missing key is a fault.
    """

    def __init__(self, server: Provider, tenant: str, own: OwnKey, hosts: Sequence[str], *, readable: bool) -> None:
        vars(self).update({name: value for name, value in vars(server).items() if name not in _CACHED})
        endpoint = own.stored.endpoint
        self.key = own.key or SecretStr("")
        self.endpoint = server.endpoint if endpoint is None else endpoint.rstrip("/")
        self.guarded = endpoint is not None and not is_allowed(host_of(endpoint), hosts)
        self._key_version = None
        self._missing = readable and own.key is None
        self._problem = endpoint_problem(endpoint, hosts) if endpoint is not None else None
        identity = f"{tenant} {self.endpoint} {own.stored.revision}"
        self.account = Account(tenant, hashlib.sha256(identity.encode()).hexdigest()[:16])

    @cached_property
    def availability(self) -> tuple[Status, str | None]:
        """The status, and the reason if it is not `available`."""
        if not self.enabled:
            return "disabled", "configuration says enabled: false"
        if self._missing:
            return "not-configured", "the tenant's own key cannot be read"
        if not self.endpoint:
            return "not-configured", "the tenant's own key has no endpoint"
        if self._problem:  # the setting may have changed since it was stored
            return "not-configured", f"the tenant's own endpoint {self._problem}"
        return "available", None

    @cached_property
    def fingerprint(self) -> str:
        """A hash that differs for every tenant, endpoint and key, and reveals none of them."""
        return self.account.fingerprint if self.account else ""


_CACHED = ("availability", "fingerprint")
"""What a Provider computes when it is first asked, and keeps."""

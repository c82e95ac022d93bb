"""Tenants' own keys of providers: put, list, delete.

The key goes to the parameter store, and the table is told of it after that. A process reads the key again when the
table says that it is new. So every key that the table knows has been stored before, whatever dies in between, and a
request that has failed can be sent again.
"""

from agentos.domain.callers import tenant_name
from agentos.domain.endpoints import endpoint_problem
from agentos.domain.tenant_providers import NewTenantProvider, StoredTenantProvider, TenantProvider, TenantProviders
from agentos.kernel.clock import Clock
from agentos.kernel.errors import MAX_FIELD, InvalidRequest, NotFound, Unsupported
from agentos.kernel.ids import new_id
from agentos.kernel.logs import hide_secrets, logger
from agentos.settings.loading import Settings
from agentos.settings.provider import key_variable
from agentos.settings.tenant_secrets import TenantSecrets
from agentos.store.tenant_providers import TenantProviderStore


class TenantProviderKeys:
    """What `/tenants/{tenant}/providers` does. Without `secrets`, there is nowhere to put a key."""

    def __init__(
        self, store: TenantProviderStore, secrets: TenantSecrets | None, settings: Settings, clock: Clock
    ) -> None:
        self._store = store
        self._secrets = secrets
        self._settings = settings
        self._clock = clock

    def put(self, tenant: str, provider: str, request: NewTenantProvider) -> TenantProvider:
        """The tenant's calls to the provider go with this key from now on, within a minute everywhere.

        Raises InvalidRequest, NotFound, Unsupported, Throttled and Unavailable.
        """
        hide_secrets(request.api_key.get_secret_value())
        tenant = _tenant(tenant)
        self._check(provider, request.endpoint)
        if self._secrets is None:
            raise Unsupported("There is no parameter store here, so that a tenant's key cannot be kept.")
        version = self._secrets.put(tenant, key_variable(provider), request.api_key)
        revision = new_id("rev")
        stored = StoredTenantProvider(
            endpoint=request.endpoint, revision=revision, version=version, updated_at=self._clock.now()
        )
        self._store.put(tenant, provider, stored)
        logger.info("a tenant's key was stored", extra={"tenant": tenant, "provider": provider, "revision": revision})
        return stored.listed(provider)

    def list(self, tenant: str) -> TenantProviders:
        """The providers for which the tenant has keys. Raises InvalidRequest, Throttled, Unavailable."""
        stored = self._store.of(_tenant(tenant))
        return TenantProviders(data=tuple(stored[name].listed(name) for name in sorted(stored)))

    def delete(self, tenant: str, provider: str) -> None:
        """The server's key is used again, within a minute everywhere.

        Raises InvalidRequest, NotFound, Throttled, Unavailable.
        """
        tenant = _tenant(tenant)
        if provider not in self._settings.provider_names and provider not in self._store.of(tenant):
            raise _unknown(provider)
        try:
            self._store.delete(tenant, provider)
        finally:  # a deletion that died half way is finished by the next one, which finds nothing in the table
            if self._secrets:
                self._secrets.delete(tenant, key_variable(provider))
        logger.info("a tenant's key was removed", extra={"tenant": tenant, "provider": provider})

    def _check(self, provider: str, endpoint: str | None) -> None:
        """Raises InvalidRequest, NotFound."""
        known = self._settings.providers.get(provider)
        if known is None:
            raise _unknown(provider)
        if known.settings.format == "echo" or known.settings.auth in ("none", "iam"):
            raise InvalidRequest(f"The provider {provider} takes no key.")
        if endpoint is None:
            if not known.endpoint:
                raise InvalidRequest.of("endpoint", "is required, as the server has none for this provider")
        elif problem := endpoint_problem(endpoint, self._settings.access.provider_hosts):
            raise InvalidRequest.of("endpoint", problem)


def _tenant(text: str) -> str:
    """Raises InvalidRequest."""
    try:
        return tenant_name(text)
    except ValueError as error:
        raise InvalidRequest.of("tenant", str(error)) from error


def _unknown(provider: str) -> NotFound:
    return NotFound("There is no such provider.", {"provider": provider[:MAX_FIELD]})

"""The providers as a tenant sees them that brings keys of its own.

What the table says of a tenant's keys is read once per environment and tenant, and again after CHECK_SECONDS. The keys
themselves are read from the parameter store only where the table has said that they are new. So a tenant without keys
of its own costs one small read of the table a minute, and the parameter store is not asked at all.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pydantic import SecretStr

from agentos.domain.tenant_providers import StoredTenantProvider
from agentos.kernel.clock import Clock
from agentos.kernel.errors import Throttled, Unavailable
from agentos.kernel.logs import hide_secrets, logger
from agentos.kernel.recent import Recent
from agentos.settings.provider import key_variable
from agentos.settings.secrets import Parameters
from agentos.settings.tenant_secrets import TenantSecrets

CHECK_SECONDS = 60.0
"""For how long what was read of a tenant holds: a key is in force, or no longer, after this time at most."""
RETRY_SECONDS = 10.0
"""The shortest time between two reads after a refused key or a failed read."""
MAX_TENANTS = 1000
"""How many tenants a process remembers; the one that was unused for the longest time leaves first."""

TenantIndex = Callable[[str], Mapping[str, StoredTenantProvider]]
"""For which providers a tenant has keys of its own, by their names. Raises Throttled, Unavailable."""


class OwnKey(NamedTuple):
    """A tenant's key. `key` is None where this process cannot read it, and `stored` says what the table has of it."""

    stored: StoredTenantProvider
    key: SecretStr | None


OwnKeys = Mapping[str, OwnKey]
"""By the provider's name."""

NO_KEYS: OwnKeys = {}


class _Read(NamedTuple):
    """What was read of a tenant, when, and when it is to be read again (epoch seconds).

    `doubted`: a provider has refused a key, so the values are to be read again as well.
    """

    keys: OwnKeys
    at: float
    due: float
    doubted: bool = False


class TenantKeys:
    """Tenants' own keys. Without `secrets`, it knows which there are and not what they are."""

    def __init__(self, index: TenantIndex, secrets: TenantSecrets | None, clock: Clock) -> None:
        self._index = index
        self._secrets = secrets
        self._clock = clock
        self._tenants: Recent[str, _Read] = Recent(MAX_TENANTS)

    @property
    def reads_values(self) -> bool:
        """Whether this process reads the keys themselves."""
        return self._secrets is not None

    def of(self, tenant: str) -> OwnKeys:
        """The tenant's keys. Raises Throttled, Unavailable where nothing is known of the tenant yet."""
        now = self._clock.time()
        read = self._tenants.get(tenant)
        if read is None or now >= read.due:
            read = self._tenants.put(tenant, self._read(tenant, read, now))
        return read.keys

    def refresh(self, tenant: str) -> None:
        """Read the tenant's keys again at their next use, unless they were read within RETRY_SECONDS.

        Their values are read as well, whether or not the table says that they are new.
        """
        if read := self._tenants.get(tenant):
            again = read._replace(due=min(read.due, read.at + RETRY_SECONDS), doubted=True)
            self._tenants.put(tenant, again)

    def _read(self, tenant: str, before: _Read | None, now: float) -> _Read:
        try:
            stored = self._index(tenant)
        except (Throttled, Unavailable) as error:
            if before is None:
                raise
            logger.warning("a tenant's keys could not be looked up", extra={"tenant": tenant, "reason": error.code})
            return before._replace(due=now + RETRY_SECONDS)
        if self._secrets is None:
            return _Read({name: OwnKey(one, None) for name, one in stored.items()}, now, now + CHECK_SECONDS)
        had = before.keys if before else NO_KEYS
        known = {name: own for name, own in had.items() if own.key and own.stored == stored.get(name)}
        if known.keys() != stored.keys() or (before and before.doubted):
            known |= _with_values(stored, self._secrets.read(tenant) or {})
        unread = {name: OwnKey(one, None) for name, one in stored.items() if name not in known}
        return _Read({**known, **unread}, now, now + (RETRY_SECONDS if unread else CHECK_SECONDS))


def _with_values(stored: Mapping[str, StoredTenantProvider], values: Parameters) -> dict[str, OwnKey]:
    """The keys that were read. One that is older than the table says is not the tenant's key any more."""
    found = {name: values.get(key_variable(name)) for name in stored}
    read = {
        name: OwnKey(stored[name], SecretStr(parameter.value))
        for name, parameter in found.items()
        if parameter is not None and parameter.version >= stored[name].version
    }
    hide_secrets(*(own.key.get_secret_value() for own in read.values() if own.key))
    return read

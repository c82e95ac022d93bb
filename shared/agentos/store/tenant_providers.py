"""For which providers a tenant has a key of its own: one item for each tenant, with an attribute for each provider.

The keys themselves are not in the table. One read tells that a tenant has none, which is what most turns ask.
"""

from collections.abc import Mapping

from agentos.domain.tenant_providers import StoredTenantProvider
from agentos.kernel import json_text
from agentos.kernel.errors import NotFound
from agentos.store import keys
from agentos.store.dynamodb import Table
from agentos.store.faults import ConditionFailed
from agentos.store.items import Item, text
from agentos.store.reading import item_reader, stored_value

PREFIX = "provider_"
"""Of a provider's attribute. Providers' names have no underscore, and expressions take no hyphen."""
ALWAYS = "attribute_exists(pk) OR attribute_not_exists(pk)"


class TenantProviderStore:
    """Put, delete and read. Reads are consistent, so that a key that was deleted is not taken for one that is there."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def of(self, tenant: str) -> Mapping[str, StoredTenantProvider]:
        """What is stored, by the providers' names. Raises Throttled, Unavailable."""
        item = self._table.get(keys.tenant_providers(tenant))
        return {} if item is None else _stored(item)

    def put(self, tenant: str, provider: str, stored: StoredTenantProvider) -> None:
        """Store it in the place of any. Raises Throttled, Unavailable."""
        changes = f"SET {_attribute(provider)} = :stored"
        self._table.update(keys.tenant_providers(tenant), changes, ALWAYS, {":stored": text(stored.to_json())})

    def delete(self, tenant: str, provider: str) -> None:
        """Remove it. Raises NotFound where there is none."""
        name = _attribute(provider)
        try:
            self._table.update(keys.tenant_providers(tenant), f"REMOVE {name}", f"attribute_exists({name})", {})
        except ConditionFailed as error:
            raise NotFound("The tenant has no key of its own for this provider.") from error


def _attribute(provider: str) -> str:
    return PREFIX + provider.replace("-", "_")


@item_reader
def _stored(item: Item) -> dict[str, StoredTenantProvider]:
    """Raises Unavailable where the item cannot be read."""
    return {
        name.removeprefix(PREFIX).replace("_", "-"): stored_value(StoredTenantProvider, json_text.load(value["S"]))
        for name, value in item.items()
        if name.startswith(PREFIX)
    }

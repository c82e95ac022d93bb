"""For which providers a tenant has keys: what is put is read, by that tenant alone, and holds nothing of a key."""

import pytest

from agentos.domain.tenant_providers import StoredTenantProvider
from agentos.kernel.errors import NotFound, Unavailable
from agentos.store import keys
from agentos.store.tenant_providers import TenantProviderStore
from tests.store.conftest import Store


def stored(revision: str, endpoint: str | None = None) -> StoredTenantProvider:
    return StoredTenantProvider(endpoint=endpoint, revision=revision, version=1, updated_at="2026-11-27T12:00:00.000Z")


@pytest.fixture
def providers(store: Store) -> TenantProviderStore:
    return TenantProviderStore(store.table)


def test_what_is_put_is_read_by_its_tenant_alone(providers: TenantProviderStore) -> None:
    assert providers.of("acme") == {}
    providers.put("acme", "azure-openai", stored("1", "https://acme.example.com"))
    providers.put("acme", "glm4", stored("2"))
    providers.put("acme", "glm4", stored("3"))
    providers.put("acme-2", "glm4", stored("4"))
    assert providers.of("acme") == {"azure-openai": stored("1", "https://acme.example.com"), "glm4": stored("3")}
    assert providers.of("acme-2") == {"glm4": stored("4")}


def test_one_provider_is_removed_at_a_time(providers: TenantProviderStore) -> None:
    for name in ("azure-openai", "openai"):
        providers.put("acme", name, stored(name))
    providers.delete("acme", "azure-openai")
    assert providers.of("acme") == {"openai": stored("openai")}
    providers.delete("acme", "openai")
    assert providers.of("acme") == {}
    for tenant in ("acme", "globex"):
        with pytest.raises(NotFound):
            providers.delete(tenant, "openai")


def test_what_a_newer_version_has_stored_is_read_as_far_as_it_is_known(
    store: Store, providers: TenantProviderStore
) -> None:
    newer = '{"endpoint": null, "revision": "1", "version": 1, "updatedAt": "then", "more": 1}'
    store.table.put({**keys.tenant_providers("acme"), "provider_openai": {"S": newer}, "other": {"N": "1"}})
    assert providers.of("acme") == {"openai": stored("1").model_copy(update={"updated_at": "then"})}
    store.table.write({**keys.tenant_providers("acme"), "provider_openai": {"S": "{"}})
    with pytest.raises(Unavailable):
        providers.of("acme")

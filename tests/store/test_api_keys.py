"""Callers' keys in the table: only a hash is stored, a revoked one stays for 30 days, pages are in order."""

import json
from typing import Any

import pytest

from agentos.domain.api_keys import ApiKey, hash_of_key, id_of_key, new_key
from agentos.kernel.clock import timestamp
from agentos.kernel.errors import InvalidRequest, NotFound
from agentos.kernel.ids import new_id
from agentos.store import keys
from agentos.store.api_keys import KEPT_SECONDS, ApiKeyStore, StoredKey
from tests.store.conftest import Store
from tests.support.clock import START

MONTH = 30 * 24 * 3600


@pytest.fixture
def api_keys(store: Store) -> ApiKeyStore:
    return ApiKeyStore(store.table, store.clock)


def add(api_keys: ApiKeyStore, **fields: Any) -> tuple[str, ApiKey]:
    """A stored key: its text and what is listed of it."""
    key = new_key()
    api_key = ApiKey(
        key_id=str(id_of_key(key)),
        **{
            "tenant": "acme", "name": "n", "scopes": ("chat",), "models": None, "expires_at": None,
            "created_at": timestamp(START), **fields,
        },
    )  # fmt: skip
    api_keys.add(StoredKey(api_key, hash_of_key(key)))
    return key, api_key


def test_a_key_is_found_by_its_id_and_stored_as_a_hash(store: Store, api_keys: ApiKeyStore) -> None:
    key, api_key = add(api_keys, models=("openai:*",), expires_at=timestamp(START + 10))
    assert api_keys.find(api_key.key_id) == StoredKey(api_key, hash_of_key(key))
    assert api_keys.find(str(id_of_key(new_key()))) is None
    items = store.client.call("Scan", TableName=store.table_name)["Items"]
    assert key.rpartition("_")[2] not in json.dumps(items)


def test_a_revoked_key_keeps_the_time_of_its_first_revocation(store: Store, api_keys: ApiKeyStore) -> None:
    _, api_key = add(api_keys)
    api_keys.revoke(api_key.key_id)
    store.clock.advance(MONTH - 1)
    api_keys.revoke(api_key.key_id)
    (listed,) = api_keys.page(20, None, "desc").data
    assert listed == api_key.model_copy(update={"revoked_at": timestamp(START)})
    found = api_keys.find(api_key.key_id)
    assert found is not None
    assert found.api_key.revoked_at == timestamp(START)


@pytest.mark.parametrize("expires_in", [None, 60, 10 * MONTH])
def test_a_revoked_key_is_listed_for_thirty_days(store: Store, api_keys: ApiKeyStore, expires_in: int | None) -> None:
    _, api_key = add(api_keys, expires_at=expires_in and timestamp(START + expires_in))
    api_keys.revoke(api_key.key_id)
    assert KEPT_SECONDS == MONTH
    store.clock.advance(MONTH - 1)
    assert len(api_keys.page(20, None, "desc").data) == 1
    store.clock.advance(1)
    assert api_keys.page(20, None, "desc").data == ()


def test_an_expired_key_is_listed_for_thirty_days(store: Store, api_keys: ApiKeyStore) -> None:
    add(api_keys, expires_at=timestamp(START + 60))
    store.clock.advance(MONTH + 59)
    assert len(api_keys.page(20, None, "desc").data) == 1
    store.clock.advance(1)
    assert api_keys.page(20, None, "desc").data == ()


@pytest.mark.parametrize("key_id", ["", "x", "é" * 16, pytest.param(id_of_key(new_key()), id="unknown")])
def test_a_key_that_does_not_exist_cannot_be_revoked(store: Store, api_keys: ApiKeyStore, key_id: str) -> None:
    with pytest.raises(NotFound):
        api_keys.revoke(key_id)
    assert store.client.call("Scan", TableName=store.table_name)["Items"] == []


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_are_in_order(api_keys: ApiKeyStore, order: str) -> None:
    made = sorted(add(api_keys)[1].key_id for _ in range(5))
    seen: list[str] = []
    cursor = None
    while True:
        page = api_keys.page(2, cursor, order)
        seen += [entry.key_id for entry in page.data]
        cursor = page.next_cursor
        assert page.has_more == (cursor is not None)
        if cursor is None:
            break
    assert seen == (made if order == "asc" else made[::-1])


@pytest.mark.parametrize(
    "cursor",
    ["", "garbage", pytest.param(keys.cursor("default", new_id("agent")), id="agents"), keys.cursor("acme", "0" * 16)],
)
def test_a_cursor_of_another_list_is_refused(api_keys: ApiKeyStore, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        api_keys.page(20, cursor, "desc")

"""Callers' keys in the table: their hashes, and what they allow."""

from typing import NamedTuple

from agentos.domain import Page
from agentos.domain.api_keys import ApiKey, is_key_id
from agentos.domain.callers import DEFAULT_TENANT
from agentos.kernel import json_text
from agentos.kernel.clock import Clock, epoch
from agentos.kernel.errors import NotFound
from agentos.store import keys
from agentos.store.dynamodb import Table
from agentos.store.faults import ConditionFailed
from agentos.store.items import Item, gone, number, text
from agentos.store.pages import take_page
from agentos.store.reading import item_reader, stored_value

KEPT_SECONDS = 30 * 24 * 3600
"""How long a key is listed after it was revoked or has expired."""


class StoredKey(NamedTuple):
    """A key and the hash of its text."""

    api_key: ApiKey
    digest: str


class ApiKeyStore:
    """Add, find, list and revoke. Reads are consistent, so that a key that was revoked is not read as valid."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def add(self, stored: StoredKey) -> None:
        """Store a new key."""
        self._table.put(_item(stored))

    def find(self, key_id: str) -> StoredKey | None:
        """The key of that id, revoked or not, with one read. None where there is none."""
        item = self._table.get(keys.api_key(key_id))
        return None if item is None else _stored_key(item)

    def revoke(self, key_id: str) -> None:
        """From now on the key is revoked. One that is already keeps its time. Raises NotFound."""
        if not is_key_id(key_id):
            raise NotFound("There is no such key.", {"keyId": key_id})
        try:
            self._table.update(
                keys.api_key(key_id),
                "SET revokedAt = if_not_exists(revokedAt, :now), expiresAt = if_not_exists(keptUntil, :until),"
                " keptUntil = if_not_exists(keptUntil, :until)",
                "attribute_exists(pk)",
                {":now": {"S": self._clock.now()}, ":until": number(int(self._clock.time()) + KEPT_SECONDS)},
            )
        except ConditionFailed as error:
            raise NotFound("There is no such key.", {"keyId": key_id}) from error

    def page(self, limit: int, after: str | None, order: str) -> "Page[ApiKey]":
        """By time of creation, revoked ones for 30 days. Raises InvalidRequest for a bad cursor."""
        start = None if after is None else keys.api_key(keys.api_key_position(after))
        values = {":pk": {"S": keys.API_KEYS}}
        found = self._table.query("pk = :pk", values, forward=order == "asc", page=limit + 1, start=start)
        now = self._clock.time()
        items, more = take_page((item for item in found if not gone(item, now)), limit)
        return Page(
            data=tuple(_stored_key(item).api_key for item in items),
            has_more=more,
            next_cursor=keys.cursor(DEFAULT_TENANT, items[-1]["sk"]["S"]) if more else None,
        )


def _item(stored: StoredKey) -> Item:
    """A key that expires is removed some time after that. A revocation sets another time, once (`keptUntil`)."""
    api_key = stored.api_key
    item = {**keys.api_key(api_key.key_id), "digest": {"S": stored.digest}, "body": text(api_key.to_json())}
    if api_key.expires_at is not None:
        item["expiresAt"] = number(int(epoch(api_key.expires_at)) + KEPT_SECONDS)
    return item


@item_reader
def _stored_key(item: Item) -> StoredKey:
    """Raises Unavailable where the item cannot be read."""
    document = json_text.load(item["body"]["S"])
    if "revokedAt" in item:
        document["revokedAt"] = item["revokedAt"]["S"]
    return StoredKey(stored_value(ApiKey, document), item["digest"]["S"])

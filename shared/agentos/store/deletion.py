"""Deletion that leaves nothing: first a tombstone, on which late writers fail, then everything that belonged to it.

The request that deletes removes what it can within its time. The sweeper, fed by the table's stream, removes the rest.
Every step may be done twice. An item that time-to-live has removed has no tombstone. It gets one before what belonged
to it is removed, so that nothing new can begin under its id in the meantime.
"""

import secrets
from collections.abc import Callable, Iterator
from itertools import chain

from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.logs import logger
from agentos.store import keys
from agentos.store.dynamodb import BATCH_WRITE_MAX, Table
from agentos.store.faults import ConditionFailed, retry_until_deadline
from agentos.store.items import Item, number
from agentos.store.pages import chunks

TOMBSTONE_SECONDS = 7 * 24 * 3600
"""How long a deleted item still refuses late writers. A turn lasts minutes at most. When time-to-live removes the
tombstone itself, the sweeper looks for everything once more, beyond any lag of an index and any failure of a sweep."""

RESERVATION_SECONDS = 15 * 60
"""How long an id is reserved for a session whose messages are being copied: longer than any function runs."""

ALIVE = "attribute_exists(pk) AND attribute_not_exists(deletedAt)"

RESERVE_SECONDS = 2
"""With less time left than this, no further request is made."""

KEYS_AT_ONCE = 4 * BATCH_WRITE_MAX


def reservation(key: Item, clock: Clock) -> Item:
    """A tombstone for every reader and writer, but not for the sweeper: a session is about to be created there."""
    return _tombstone(key, clock, RESERVATION_SECONDS) | {"held": {"BOOL": True}}


class Deletion:
    """Writes tombstones, and removes what belonged to them."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def mark_deleted(self, key: Item, deadline: Deadline) -> None:
        """Put a tombstone in the place of a living item. Raises ConditionFailed where there is none, Throttled,
        Unavailable."""
        tombstone = self._tombstone(key)
        retry_until_deadline(lambda: self._table.put(tombstone, ALIVE), deadline)

    def begin_session(self, key: Item, deadline: Deadline) -> None:
        """Remove what belonged to a deleted session, as far as time allows."""
        self._begin(lambda: self._remove(self._belongings(key), self._table.delete_many, deadline))

    def begin_agent(self, tenant: str, agent_id: str, deadline: Deadline) -> None:
        """Delete the sessions of a deleted agent, as far as time allows. Their running turns cannot be committed."""
        self._begin(lambda: self._remove(self._sessions(tenant, agent_id), self._mark_all_deleted, deadline))

    def sweep(self, key: Item, deadline: Deadline) -> bool:
        """Remove what belonged to the session or agent at `key`, unless it lives. Whether all of it is done."""
        if key["sk"]["S"] == keys.SESSION_SORT:
            return self._sweep(key, self._belongings(key), self._table.delete_many, deadline)
        if (tenant := keys.tenant_of_agent(key)) is None:
            return True
        agent_id = key["sk"]["S"]
        versions = self._keys_in(keys.agent_versions(tenant, agent_id))
        return self._sweep(key, versions, self._table.delete_many, deadline) and self._sweep(
            key, self._sessions(tenant, agent_id), self._mark_all_deleted, deadline
        )

    def _begin(self, work: Callable[[], bool]) -> None:
        """Do the work. With the tombstone the item is deleted, so an error from then on is left to the sweeper."""
        try:
            work()
        except Exception as error:
            logger.warning("a deletion is left to the sweeper", extra={"reason": type(error).__name__})

    def _sweep(
        self, owner: Item, found: Iterator[Item], remove: Callable[[list[Item]], None], deadline: Deadline
    ) -> bool:
        first = next(found, None)
        if first is None or not self._ensure_tombstone(owner):
            return True
        return self._remove(chain((first,), found), remove, deadline)

    def _remove(self, found: Iterator[Item], remove: Callable[[list[Item]], None], deadline: Deadline) -> bool:
        for chunk in chunks(found, BATCH_WRITE_MAX):
            if deadline.remaining() < RESERVE_SECONDS:
                return False
            remove(chunk)
        return True

    def _ensure_tombstone(self, key: Item) -> bool:
        """Whether there is a tombstone, written now if there was no item."""
        try:
            self._table.put(self._tombstone(key))
        except ConditionFailed as error:
            item = error.item or {}
            return "deletedAt" in item and "held" not in item
        return True

    def _mark_all_deleted(self, sessions: list[Item]) -> None:
        """Replace the sessions of a deleted agent, which gets no new ones, whatever their state."""
        self._table.put_many([self._tombstone(key) for key in sessions])

    def _tombstone(self, key: Item) -> Item:
        return _tombstone(key, self._clock, TOMBSTONE_SECONDS)

    def _belongings(self, session: Item) -> Iterator[Item]:
        """The keys of everything in a session's partition except the session's own."""
        return (key for key in self._keys_in(session["pk"]["S"]) if key != session)

    def _keys_in(self, partition: str) -> Iterator[Item]:
        values = {":pk": {"S": partition}}
        return self._table.query("pk = :pk", values, forward=True, page=KEYS_AT_ONCE, keys_only=True)

    def _sessions(self, tenant: str, agent_id: str) -> Iterator[Item]:
        return self._table.query(
            "agentSessions = :agent",
            {":agent": {"S": keys.agent_sessions(tenant, agent_id)}},
            forward=True,
            page=KEYS_AT_ONCE,
            index="SessionsByAgent",
            keys_only=True,
        )


def _tombstone(key: Item, clock: Clock, seconds: int) -> Item:
    """It holds nothing of the deleted item. By `deletion` a repeated request knows its own work."""
    return {
        **key,
        "deletedAt": {"S": clock.now()},
        "deletion": {"S": secrets.token_hex(8)},
        "expiresAt": number(int(clock.time()) + seconds),
    }

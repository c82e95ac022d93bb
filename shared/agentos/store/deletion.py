"""Deletion that leaves nothing: a tombstone at once, on which late writers fail, then all that hung on it.

Whoever deletes begins, as far as its time goes; the sweeper, fed by the table's stream, does the rest. Every
step may be done twice. What time-to-live has taken away has no tombstone; it gets one before anything of it is
removed, so that nothing new can begin in its place meanwhile.
"""

import secrets
from collections.abc import Callable, Iterator
from itertools import chain

from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.logs import logger
from agentos.store import keys
from agentos.store.dynamodb import BATCH_WRITE_MAX, ConditionFailed, Table, retry_until_deadline
from agentos.store.items import Item, number
from agentos.store.pages import chunks

TOMBSTONE_SECONDS = 7 * 24 * 3600
"""How long a deleted item still refuses late writers. A turn lasts minutes at most; and when time-to-live takes the
tombstone itself, everything is looked for once more, beyond any lag of an index and any failure of a sweep."""

RESERVATION_SECONDS = 15 * 60
"""How long a place is held for a session that is being copied together: longer than any function runs."""

ALIVE = "attribute_exists(pk) AND attribute_not_exists(deletedAt)"

RESERVE_SECONDS = 2
"""With less time left no further request is begun."""

KEYS_AT_ONCE = 4 * BATCH_WRITE_MAX


def reservation(key: Item, clock: Clock) -> Item:
    """A tombstone to everybody, under which nothing is removed: a session is about to be there."""
    return _tombstone(key, clock, RESERVATION_SECONDS) | {"held": {"BOOL": True}}


class Deletion:
    """Tombstones, and what goes with them."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def mark_deleted(self, key: Item, deadline: Deadline) -> None:
        """Put a tombstone in the place of what lives there. Raises ConditionFailed where nothing does, Throttled."""
        tombstone = self._tombstone(key)
        retry_until_deadline(lambda: self._table.put(tombstone, ALIVE), deadline)

    def begin_session(self, key: Item, deadline: Deadline) -> None:
        """Remove what a buried session holds, as far as time goes."""
        self._begin(lambda: self._remove(self._held_by(key), self._table.delete_many, deadline))

    def begin_agent(self, tenant: str, agent_id: str, deadline: Deadline) -> None:
        """Bury a buried agent's sessions, as far as time goes: their running turns fail to commit."""
        self._begin(lambda: self._remove(self._sessions(tenant, agent_id), self._mark_all_deleted, deadline))

    def sweep(self, key: Item, deadline: Deadline) -> bool:
        """Remove what hung on the session or agent at `key`, unless it lives; whether that is all done."""
        if key["sk"]["S"] == keys.SESSION_SORT:
            return self._sweep(key, self._held_by(key), self._table.delete_many, deadline)
        if (tenant := keys.tenant_of_agent(key)) is None:
            return True
        agent_id = key["sk"]["S"]
        versions = self._keys_in(keys.agent_versions(tenant, agent_id))
        return self._sweep(key, versions, self._table.delete_many, deadline) and self._sweep(
            key, self._sessions(tenant, agent_id), self._mark_all_deleted, deadline
        )

    def _begin(self, work: Callable[[], bool]) -> None:
        """Deleted is deleted once the tombstone stands: what goes wrong from then on is the sweeper's."""
        try:
            work()
        except Exception:
            logger.warning("a deletion is left to the sweeper", exc_info=True)

    def _sweep(
        self, owner: Item, found: Iterator[Item], remove: Callable[[list[Item]], None], deadline: Deadline
    ) -> bool:
        first = next(found, None)
        if first is None or not self._kept_from_living(owner):
            return True
        return self._remove(chain((first,), found), remove, deadline)

    def _remove(self, found: Iterator[Item], remove: Callable[[list[Item]], None], deadline: Deadline) -> bool:
        for chunk in chunks(found, BATCH_WRITE_MAX):
            if deadline.remaining() < RESERVE_SECONDS:
                return False
            remove(chunk)
        return True

    def _kept_from_living(self, key: Item) -> bool:
        """Whether a tombstone stands there, from now on if not before."""
        try:
            self._table.put(self._tombstone(key))
        except ConditionFailed as error:
            standing = error.item or {}
            return "deletedAt" in standing and "held" not in standing
        return True

    def _mark_all_deleted(self, sessions: list[Item]) -> None:
        """Of an agent that is deleted, to which no session can be added: whatever stands there may go."""
        self._table.put_many([self._tombstone(key) for key in sessions])

    def _tombstone(self, key: Item) -> Item:
        return _tombstone(key, self._clock, TOMBSTONE_SECONDS)

    def _held_by(self, session: Item) -> Iterator[Item]:
        """The keys of everything in a session's partition but its own."""
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
    """Nothing of what it stands for is left in it. By `deletion` a repeated request knows its own work."""
    return {
        **key,
        "deletedAt": {"S": clock.now()},
        "deletion": {"S": secrets.token_hex(8)},
        "expiresAt": number(int(clock.time()) + seconds),
    }

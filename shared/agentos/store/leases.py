"""The lease of a session: at most one turn runs at a time.

A lease is three attributes of the session's item: `lease` is the running turn's id, `leaseUntil` the moment (epoch
milliseconds) from which another turn may take over, `leaseKey` the turn's Idempotency-Key. It is short, and the turn
renews it while it runs, so that a session is soon free again when a turn's process dies. A turn can only be committed
while its id is in `lease`.
"""

import math
from typing import NamedTuple

from agentos.domain import IdempotencyKey, Session
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import ApiError, IdempotencyInFlight, NotFound, SessionBusy
from agentos.kernel.ids import is_id
from agentos.store import keys
from agentos.store.dynamodb import Table
from agentos.store.faults import ConditionFailed, retry_until_deadline
from agentos.store.idempotency import mismatch
from agentos.store.items import Item, gone, number, session_of
from agentos.store.keys import SessionPath
from agentos.store.reading import item_reader

LONGEST_ADVICE_SECONDS = 5
"""The most that a `Retry-After` advises. A turn usually ends long before its lease does."""

REMOVE_LEASE = "REMOVE lease, leaseUntil, leaseKey"


class Lease(NamedTuple):
    """The right to add the next turn to a session, as the session was when the lease was taken."""

    tenant: str
    turn_id: str
    session: Session
    key: IdempotencyKey | None = None

    @property
    def session_path(self) -> SessionPath:
        return self.tenant, self.session.agent_id, self.session.session_id

    @property
    def session_key(self) -> Item:
        return keys.session(*self.session_path)

    @property
    def partition(self) -> str:
        return keys.session_partition(*self.session_path)


class LeaseStore:
    """Acquire, renew, release. `seconds`: how long a lease lasts unless it is renewed."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def acquire(
        self, path: SessionPath, turn_id: str, seconds: float, deadline: Deadline, key: IdempotencyKey | None = None
    ) -> Lease:
        """The lease, for a turn of this id.

        Raises NotFound, SessionBusy, IdempotencyInFlight and IdempotencyMismatch where the lease was not taken. After
        any other error it may have been taken.
        """
        if not is_id("sess", path[2]):
            raise no_session(path[2])
        try:
            item = retry_until_deadline(lambda: self._acquire(path, turn_id, seconds, key), deadline)
        except ConditionFailed as error:
            raise refusal(path[2], error.item, self._clock.time(), key) from error
        session = session_of(item, self._clock.time())
        if session is None:
            raise no_session(path[2])
        return Lease(path[0], turn_id, session, key)

    def _acquire(self, path: SessionPath, turn_id: str, seconds: float, key: IdempotencyKey | None) -> Item:
        now = self._clock.time()
        values = {
            ":turn": {"S": turn_id},
            ":until": _milliseconds(now + seconds),
            ":now": number(int(now)),
            ":nowMs": number(int(now * 1000)),
        }
        if key:
            values[":key"] = {"S": f"{key.name} {key.body}"}
        return self._table.update(
            keys.session(*path),
            "SET lease = :turn, leaseUntil = :until" + (", leaseKey = :key" if key else " REMOVE leaseKey"),
            "attribute_exists(pk) AND attribute_not_exists(deletedAt)"
            " AND (attribute_not_exists(expiresAt) OR expiresAt > :now)"
            " AND (attribute_not_exists(lease) OR leaseUntil <= :nowMs)",
            values,
            mark={"lease": {"S": turn_id}},
        )

    def renew(self, path: SessionPath, turn_id: str, seconds: float) -> None:
        """Extend the lease. Raises NotFound or SessionBusy where the turn has it no more, and Conflict."""
        values = {":turn": {"S": turn_id}, ":until": _milliseconds(self._clock.time() + seconds)}
        condition = "lease = :turn AND attribute_not_exists(deletedAt)"
        try:
            self._table.update(keys.session(*path), "SET leaseUntil = :until", condition, values)
        except ConditionFailed as error:
            raise refusal(path[2], error.item, self._clock.time()) from error

    def release(self, path: SessionPath, turn_id: str, deadline: Deadline) -> None:
        """Give the lease back, if the turn has it. The session is as it was before."""

        def write() -> Item:
            return self._table.update(keys.session(*path), REMOVE_LEASE, "lease = :turn", {":turn": {"S": turn_id}})

        try:
            retry_until_deadline(write, deadline)
        except ConditionFailed:
            return


@item_reader
def refusal(session_id: str, item: Item | None, now: float, key: IdempotencyKey | None = None) -> ApiError:
    """Why a turn cannot have the lease, or has lost it. `item` is the session's. Raises Unavailable if unreadable."""
    if item is None or gone(item, now):
        return no_session(session_id)
    left = int(item["leaseUntil"]["N"]) / 1000 - now if "leaseUntil" in item else 1
    name, _, body = item.get("leaseKey", {"S": ""})["S"].partition(" ")
    if key and key.name == name:
        return _in_flight(left) if key.body == body else mismatch()
    return _busy(left)


def no_session(session_id: str) -> NotFound:
    return NotFound("There is no such session.", {"sessionId": session_id})


def _in_flight(seconds: float) -> IdempotencyInFlight:
    message = "The first request with this Idempotency-Key is still being answered; send it again afterwards."
    return IdempotencyInFlight(message, headers=_retry_after(seconds))


def _busy(seconds: float) -> SessionBusy:
    message = "Another message of this session is being answered; send this one again afterwards."
    return SessionBusy(message, headers=_retry_after(seconds))


def _retry_after(seconds: float) -> dict[str, str]:
    return {"retry-after": str(max(1, min(LONGEST_ADVICE_SECONDS, math.ceil(seconds))))}


def _milliseconds(seconds: float) -> Item:
    return number(math.ceil(seconds * 1000))

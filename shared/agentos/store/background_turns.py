"""Background turns, in their session's partition: what was asked, and why the turn failed if it did.

The record of the turn's key says whether it was answered. That record is a part of the turn's commit, so a message of
the queue is answered once, however often it is delivered.
"""

from typing import Any, NamedTuple

from agentos.domain import Failure, IdempotencyKey
from agentos.kernel import json_text
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.ids import is_id
from agentos.store import keys
from agentos.store.dynamodb import Table
from agentos.store.faults import ConditionFailed
from agentos.store.idempotency import body_hash, mismatch
from agentos.store.items import Item, checked, gone, number, text
from agentos.store.keys import SessionPath
from agentos.store.leases import REMOVE_LEASE
from agentos.store.messages import pack, unpack
from agentos.store.reading import item_reader, stored_value
from agentos.store.turns import NOT_ANSWERED

RECORD_SECONDS = 7 * 24 * 3600
"""How long a turn can be asked about. The queue keeps a message for 4 days."""

SPARE_BYTES = 64 * 1024
"""Room in the item for the failure."""


class BackgroundTurn(NamedTuple):
    """A turn as it was accepted. `document`: what was asked, as JSON. `running`: whether it has the session's lease."""

    turn_id: str
    key: IdempotencyKey
    document: Any
    created_at: str
    failure: Failure | None = None
    running: bool = False


class BackgroundTurnStore:
    """Add, read, fail."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def add(self, session_path: SessionPath, turn_id: str, key: IdempotencyKey, document: Any) -> BackgroundTurn:
        """The turn, or the one that was added under its id before. Raises IdempotencyMismatch, PayloadTooLarge."""
        now = self._clock.time()
        item = {
            **keys.turn(keys.session_partition(*session_path), turn_id),
            "keyName": {"S": key.name},
            "bodyHash": {"S": key.body},
            "body": {"B": pack(json_text.dump(document).encode())},
            "createdAt": {"S": self._clock.now()},
            "expiresAt": number(int(now) + RECORD_SECONDS),
        }
        checked(item, "message", SPARE_BYTES)
        try:
            self._table.put(item, "attribute_not_exists(pk) OR expiresAt <= :now", {":now": number(int(now))})
        except ConditionFailed as error:
            if error.item is None or body_hash(error.item) != key.body:
                raise mismatch() from error
            item = error.item
        return background_turn(turn_id, item, None, now)

    def get(self, session_path: SessionPath, turn_id: str) -> BackgroundTurn | None:
        """The turn; None where there is none, or it was accepted too long ago."""
        if not is_id("turn", turn_id):
            return None
        partition, now = keys.session_partition(*session_path), self._clock.time()
        session, item = self._table.get_many([keys.session(*session_path), keys.turn(partition, turn_id)])
        return None if item is None or gone(item, now) else background_turn(turn_id, item, session, now)

    def stop(self, session_path: SessionPath, turn: BackgroundTurn) -> None:
        """Take the session's lease from the turn, if it has it. Its worker sees that when it renews the lease."""
        holder = {":holder": {"S": f"{turn.key.name} {turn.key.body}"}}
        try:
            self._table.update(keys.session(*session_path), REMOVE_LEASE, "leaseKey = :holder", holder)
        except ConditionFailed:
            return

    def fail(self, session_path: SessionPath, turn: BackgroundTurn, failure: Failure, deadline: Deadline) -> None:
        """Record that the turn failed, unless it was answered or has failed before. It can no longer be answered."""
        partition = keys.session_partition(*session_path)
        condition = "attribute_exists(pk) AND attribute_not_exists(failure)"
        values = {":failure": text(failure.to_json())}
        failed = self._table.change(keys.turn(partition, turn.turn_id), "SET failure = :failure", condition, values)
        unanswered = self._table.check(keys.answered(partition, turn.key.name), NOT_ANSWERED)
        try:
            self._table.transact([failed, unanswered], deadline)
        except ConditionFailed:
            return


@item_reader
def background_turn(turn_id: str, item: Item, session: Item | None, now: float) -> BackgroundTurn:
    key = IdempotencyKey(name=item["keyName"]["S"], body=item["bodyHash"]["S"], turn_id=turn_id)
    holder = (session or {}).get("leaseKey", {"S": ""})["S"]
    return BackgroundTurn(
        turn_id=turn_id,
        key=key,
        document=json_text.load(unpack(item["body"]["B"])),
        created_at=item["createdAt"]["S"],
        failure=stored_value(Failure, json_text.load(item["failure"]["S"])) if "failure" in item else None,
        running=holder.partition(" ")[0] == key.name and int((session or {})["leaseUntil"]["N"]) > now * 1000,
    )

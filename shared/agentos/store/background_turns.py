"""Turns that are run later, in their session's partition: what was asked, and why it failed if it did.

That one was answered is told by its key's record, which is part of the turn's own commit; so it is by the same record
that no message of the queue, however often it is delivered, is answered twice.
"""

import json
from dataclasses import dataclass
from typing import Any

from agentos.domain import Failure, IdempotencyKey
from agentos.kernel import json_text
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.ids import is_id
from agentos.store import keys
from agentos.store.dynamodb import ConditionFailed, Table
from agentos.store.idempotency import mismatch
from agentos.store.items import Item, checked, gone, number, text
from agentos.store.messages import pack, unpack
from agentos.store.turns import NOT_ANSWERED

RECORD_SECONDS = 7 * 24 * 3600
"""How long a turn can be asked about; no queue keeps a message longer than 14 days, ours 4."""

SessionPath = tuple[str, str, str]
"""Tenant, agent, session."""


@dataclass(frozen=True)
class BackgroundTurn:
    """A turn as it was accepted. `document`: what was asked, as JSON. `running`: whether it has its session's lease."""

    turn_id: str
    key: IdempotencyKey
    document: Any
    created_at: str
    failure: Failure | None = None
    running: bool = False


class BackgroundTurnStore:
    """Accept, read, give up."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def add(self, session_path: SessionPath, turn_id: str, key: IdempotencyKey, document: Any) -> BackgroundTurn:
        """The turn, or the one that was accepted under its id before. Raises IdempotencyMismatch, PayloadTooLarge."""
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
            if error.item is None or error.item["bodyHash"]["S"] != key.body:
                raise mismatch() from error
            item = error.item
        return _background_turn(turn_id, item, None, now)

    def get(self, session_path: SessionPath, turn_id: str) -> BackgroundTurn | None:
        """None where it was never accepted, or that is too long ago."""
        if not is_id("turn", turn_id):
            return None
        partition, now = keys.session_partition(*session_path), self._clock.time()
        session, item = self._table.get_many([keys.session(*session_path), keys.turn(partition, turn_id)])
        return None if item is None or gone(item, now) else _background_turn(turn_id, item, session, now)

    def fail(self, session_path: SessionPath, turn: BackgroundTurn, failure: Failure, deadline: Deadline) -> None:
        """Give it up, unless it has been answered or given up before: from now on it cannot be answered."""
        partition = keys.session_partition(*session_path)
        condition = "attribute_exists(pk) AND attribute_not_exists(failure)"
        values = {":failure": text(failure.to_json())}
        given_up = self._table.change(keys.turn(partition, turn.turn_id), "SET failure = :failure", condition, values)
        unanswered = self._table.check(keys.answered(partition, turn.key.name), NOT_ANSWERED)
        try:
            self._table.transact([given_up, unanswered], deadline)
        except ConditionFailed:
            return


SPARE_BYTES = 64 * 1024
"""Room for why it failed."""


def _background_turn(turn_id: str, item: Item, session: Item | None, now: float) -> BackgroundTurn:
    key = IdempotencyKey(name=item["keyName"]["S"], body=item["bodyHash"]["S"], turn_id=turn_id)
    holder = (session or {}).get("leaseKey", {"S": ""})["S"]
    return BackgroundTurn(
        turn_id=turn_id,
        key=key,
        document=json.loads(unpack(item["body"]["B"])),
        created_at=item["createdAt"]["S"],
        failure=Failure.model_validate(json.loads(item["failure"]["S"])) if "failure" in item else None,
        running=holder.partition(" ")[0] == key.name and int((session or {})["leaseUntil"]["N"]) > now * 1000,
    )

"""Answers of the doors under their Idempotency-Keys: a key is claimed, then answered once, then replayed for a week.

A claim is a lease like that of a session: short, renewed while its request lives, given back if the request fails. A
request that takes over a claim has another id, and the first request can no longer store an answer.
"""

import math
from typing import NamedTuple

from agentos.domain import IdempotencyKey, Reply
from agentos.kernel import json_text
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import IdempotencyInFlight
from agentos.kernel.ids import new_id
from agentos.kernel.logs import logger
from agentos.store import keys
from agentos.store.dynamodb import Table
from agentos.store.faults import ConditionFailed, retry_until_deadline
from agentos.store.idempotency import KEY_SECONDS, body_hash, mismatch
from agentos.store.items import Item, number
from agentos.store.messages import PART_BYTES, pack, unpack
from agentos.store.reading import item_reader, stored_value
from agentos.store.turns import RecordedReply

FREE = "attribute_not_exists(pk) OR expiresAt <= :now OR (attribute_not_exists(body) AND claimedUntilMs <= :nowMs)"
"""Of a key's record: there is none, or a claim that was given back or has lapsed."""

CLAIMED = "claimId = :claim AND attribute_not_exists(body)"
"""Of a key's record: this claim has it, and has not answered it."""


class Claim(NamedTuple):
    """The right to answer a key."""

    key: Item
    claim_id: str
    body_hash: str
    expires_at: int
    """Epoch seconds; the answer is replayed until then."""

    def item(self, **attributes: Item) -> Item:
        """The key's record."""
        own = {"bodyHash": {"S": self.body_hash}, "claimId": {"S": self.claim_id}}
        return {**self.key, **own, "expiresAt": number(self.expires_at), **attributes}


class CompletionRecords:
    """Acquire, renew, release a claim; keep its answer. `seconds`: how long a claim lasts unless it is renewed."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def new_claim(self, tenant: str, key: IdempotencyKey) -> Claim:
        """A claim that is still to be acquired."""
        now = self._clock.time()
        return Claim(keys.completion(tenant, key.name), new_id("turn", now), key.body, int(now) + KEY_SECONDS)

    def acquire(self, claim: Claim, seconds: float, deadline: Deadline) -> RecordedReply | None:
        """None where the claim is taken; how the key was answered, if it was.

        Raises IdempotencyMismatch and IdempotencyInFlight where the claim was not taken. After any other error it may
        have been taken.
        """
        try:
            retry_until_deadline(lambda: self._acquire(claim, seconds), deadline)
            return None
        except ConditionFailed as error:
            standing = error.item or {}
        if body_hash(standing) != claim.body_hash:
            raise mismatch()
        if "body" not in standing:
            raise _in_flight(_claimed_until(standing) - self._clock.time())
        return self._recorded(standing)

    def _acquire(self, claim: Claim, seconds: float) -> None:
        now = self._clock.time()
        values = {":now": number(int(now)), ":nowMs": number(int(now * 1000))}
        try:
            self._table.put(claim.item(claimedUntilMs=_milliseconds(now + seconds)), FREE, values)
        except ConditionFailed as error:
            if (error.item or {}).get("claimId") != {"S": claim.claim_id}:
                raise

    def renew(self, claim: Claim, seconds: float) -> None:
        """Extend the claim. Raises IdempotencyInFlight where another request has taken it over, and Conflict."""
        values = {":claim": {"S": claim.claim_id}, ":until": _milliseconds(self._clock.time() + seconds)}
        try:
            self._table.update(claim.key, "SET claimedUntilMs = :until", CLAIMED, values)
        except ConditionFailed as error:
            raise _in_flight(1) from error

    def release(self, claim: Claim, deadline: Deadline) -> None:
        """Give the claim back, if the request has it: the key can be used again at once.

        The claim's id goes, so that a renewal that is still on its way does not bring the claim back.
        """
        values = {":claim": {"S": claim.claim_id}, ":none": number(0)}
        try:
            retry_until_deadline(
                lambda: self._table.update(claim.key, "SET claimedUntilMs = :none REMOVE claimId", CLAIMED, values),
                deadline,
            )
        except ConditionFailed:
            return

    def keep(self, claim: Claim, reply: Reply, lengths: tuple[int, ...], deadline: Deadline) -> None:
        """Keep the answer, and the lengths of the pieces in which it was streamed (`Outcome.lengths`).

        It has been paid for and belongs to the client. So a table that does not take it costs the replay alone.
        """
        kept: dict[str, object] = {"reply": reply.to_json(), "lengths": lengths}
        if any(call.signature for call in reply.tool_calls):
            kept["signatures"] = [call.signature for call in reply.tool_calls]
        if reply.stop_sequence is not None:
            kept["stopSequence"] = reply.stop_sequence
        document = json_text.dump(kept)
        first, *rest = _parts(pack(document.encode()))
        record = claim.item(body={"B": first}, parts=number(len(rest)))
        try:
            for index, part in enumerate(rest, start=1):
                self._write_part(claim, index, part, deadline)
            mine = {":claim": {"S": claim.claim_id}}
            retry_until_deadline(lambda: self._table.put(record, "claimId = :claim", mine), deadline)
        except Exception as error:
            logger.warning("an answer could not be kept under its key", extra={"reason": type(error).__name__})

    def _write_part(self, claim: Claim, index: int, part: bytes, deadline: Deadline) -> None:
        key = keys.completion_part(claim.key, claim.claim_id, index)
        item = {**key, "body": {"B": part}, "expiresAt": number(claim.expires_at)}
        retry_until_deadline(lambda: self._table.write(item), deadline)

    @item_reader
    def _recorded(self, record: Item) -> RecordedReply:
        packed = record["body"]["B"]
        if int(record["parts"]["N"]):
            prefix = keys.completion_part(record, record["claimId"]["S"])["sk"]
            values = {":pk": record["pk"], ":prefix": prefix}
            parts = self._table.query("pk = :pk AND begins_with(sk, :prefix)", values, forward=True, page=100)
            packed = b"".join([packed, *(part["body"]["B"] for part in parts)])
        document = json_text.load(unpack(packed))
        stored = document["reply"]
        for call, signature in zip(stored["toolCalls"], document.get("signatures", ()), strict=False):
            call["signature"] = signature
        if "stopSequence" in document:
            stored["stopSequence"] = document["stopSequence"]
        reply = stored_value(Reply, stored)
        return RecordedReply(reply, tuple(document["lengths"]))


def _parts(packed: bytes) -> list[bytes]:
    return [packed[start : start + PART_BYTES] for start in range(0, len(packed), PART_BYTES)]


@item_reader
def _claimed_until(record: Item) -> float:
    """Epoch seconds."""
    return int(record["claimedUntilMs"]["N"]) / 1000


def _milliseconds(seconds: float) -> Item:
    return number(math.ceil(seconds * 1000))


def _in_flight(seconds: float) -> IdempotencyInFlight:
    """A request usually ends long before its claim does, so the wait that is advised is short."""
    message = "The first request with this Idempotency-Key is still being answered; send it again afterwards."
    return IdempotencyInFlight(message, headers={"retry-after": str(max(1, min(5, math.ceil(seconds))))})

"""Answers of the doors under their Idempotency-Keys: a key is claimed, then answered once, then replayed for a week.

A claim ends when its request must have ended. A request that takes it over has another claim, and the first can no
longer store an answer. A request that fails gives its claim back, so the key can be used again.
"""

import json
import math
from dataclasses import dataclass

from agentos.domain import IdempotencyKey, Reply
from agentos.kernel import json_text
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import IdempotencyInFlight
from agentos.kernel.ids import new_id
from agentos.kernel.logs import logger
from agentos.store import keys
from agentos.store.dynamodb import Table
from agentos.store.faults import ConditionFailed, Conflict, retry_until_deadline
from agentos.store.idempotency import KEY_SECONDS, mismatch
from agentos.store.items import Item, number
from agentos.store.messages import PART_BYTES, pack, unpack
from agentos.store.turns import RecordedReply

CLAIM_MARGIN_SECONDS = 2
"""How long a claim outlives its request's deadline."""

FREE = "attribute_not_exists(pk) OR expiresAt <= :now OR (attribute_not_exists(body) AND claimedUntilMs <= :nowMs)"
"""Of a key's record: there is none, or a claim that was given back or has lapsed."""


@dataclass(frozen=True)
class Claim:
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
    """Claim, keep, give back."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def claim(self, tenant: str, key: IdempotencyKey, deadline: Deadline) -> Claim | RecordedReply:
        """The right to answer the key until the deadline, or how it was answered.

        Raises IdempotencyMismatch, IdempotencyInFlight.
        """
        now = self._clock.time()
        claim = Claim(keys.completion(tenant, key.name), new_id("turn"), key.body, int(now) + KEY_SECONDS)
        until = now + deadline.remaining() + CLAIM_MARGIN_SECONDS
        try:
            self._table.put(
                claim.item(claimedUntilMs=number(math.ceil(until * 1000))),
                FREE,
                {":now": number(int(now)), ":nowMs": number(int(now * 1000))},
            )
            return claim
        except Conflict as error:  # another request takes the key at this very moment
            raise _in_flight(1) from error
        except ConditionFailed as error:
            standing = error.item or {}
        if standing["bodyHash"]["S"] != key.body:
            raise mismatch()
        if "body" not in standing:
            raise _in_flight(int(standing["claimedUntilMs"]["N"]) / 1000 - now)
        return self._recorded(standing)

    def keep(self, claim: Claim, reply: Reply, lengths: tuple[int, ...], deadline: Deadline) -> None:
        """Keep the answer, and the lengths (characters) of the pieces in which it was streamed.

        It has been paid for and belongs to the client. So a table that does not take it costs the replay alone.
        """
        document = json_text.dump({"reply": reply.to_json(), "reasoning": reply.reasoning, "lengths": lengths})
        first, *rest = _parts(pack(document.encode()))
        record = claim.item(body={"B": first}, parts=number(len(rest)))
        try:
            for index, part in enumerate(rest, start=1):
                self._write_part(claim, index, part, deadline)
            mine = {":claim": {"S": claim.claim_id}}
            retry_until_deadline(lambda: self._table.put(record, "claimId = :claim", mine), deadline)
        except Exception as error:
            logger.warning("an answer could not be kept under its key", extra={"reason": type(error).__name__})

    def give_back(self, claim: Claim) -> None:
        """The key can be used again at once."""
        condition = "claimId = :claim AND attribute_not_exists(body)"
        values = {":claim": {"S": claim.claim_id}, ":none": number(0)}
        try:
            self._table.update(claim.key, "SET claimedUntilMs = :none", condition, values)
        except ConditionFailed:
            return  # somebody else has taken it over
        except Exception as error:  # the request's own error matters more, and a claim lapses by itself
            logger.warning("a claim could not be given back", extra={"reason": type(error).__name__})

    def _write_part(self, claim: Claim, index: int, part: bytes, deadline: Deadline) -> None:
        key = keys.completion_part(claim.key, claim.claim_id, index)
        item = {**key, "body": {"B": part}, "expiresAt": number(claim.expires_at)}
        retry_until_deadline(lambda: self._table.write(item), deadline)

    def _recorded(self, record: Item) -> RecordedReply:
        packed = record["body"]["B"]
        if int(record["parts"]["N"]):
            prefix = keys.completion_part(record, record["claimId"]["S"])["sk"]
            values = {":pk": record["pk"], ":prefix": prefix}
            parts = self._table.query("pk = :pk AND begins_with(sk, :prefix)", values, forward=True, page=100)
            packed = b"".join([packed, *(part["body"]["B"] for part in parts)])
        document = json.loads(unpack(packed))
        reply = Reply.model_validate(document["reply"] | {"reasoning": document.get("reasoning", "")})
        return RecordedReply(reply, tuple(document["lengths"]))


def _parts(packed: bytes) -> list[bytes]:
    return [packed[start : start + PART_BYTES] for start in range(0, len(packed), PART_BYTES)]


def _in_flight(seconds: float) -> IdempotencyInFlight:
    """A request usually ends long before its claim does, so the wait that is advised is short."""
    message = "The first request with this Idempotency-Key is still being answered; send it again afterwards."
    return IdempotencyInFlight(message, headers={"retry-after": str(max(1, min(5, math.ceil(seconds))))})

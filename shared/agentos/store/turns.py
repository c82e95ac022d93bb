"""A turn in the table: lease, history, one commit. The number of requests does not grow with the session.

The lease is two attributes of the session: the running turn's id, and the moment (epoch milliseconds)
from which another turn may take over. A turn commits only while its id still stands there.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from agentos.clock import Clock, Deadline
from agentos.domain import Reply, SentMessage, Session
from agentos.errors import NotFound, SessionBusy, Throttled
from agentos.ids import is_id, new_id
from agentos.observe import logger
from agentos.store import keys
from agentos.store.dynamodb import ConditionFailed, Conflict, Table
from agentos.store.items import Item, gone, message_item, message_of, number, session_of, text

LEASE_MARGIN_SECONDS = 2
"""How long past its deadline a turn keeps its lease: a writer that has been stopped by then writes no more."""

COMMIT_TRIES = 4


@dataclass(frozen=True)
class Lease:
    """The right to add the next turn to a session."""

    tenant: str
    turn_id: str
    session: Session

    @property
    def key(self) -> Item:
        return keys.session(self.tenant, self.session.agent_id, self.session.session_id)


class TurnStore:
    """The three steps, and a fourth for a turn that failed."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def begin(self, tenant: str, agent_id: str, session_id: str, deadline: Deadline) -> Lease:
        """Take the lease. Raises NotFound, SessionBusy."""
        if not is_id("sess", session_id):
            raise _no_session(session_id)
        now = self._clock.time()
        turn_id = new_id("turn")
        until = now + deadline.remaining() + LEASE_MARGIN_SECONDS
        try:
            item = self._table.update(
                keys.session(tenant, agent_id, session_id),
                "SET lease = :turn, leaseUntil = :until",
                "attribute_exists(pk) AND attribute_not_exists(deletedAt)"
                " AND (attribute_not_exists(expiresAt) OR expiresAt > :now)"
                " AND (attribute_not_exists(lease) OR leaseUntil <= :nowMs)",
                {
                    ":turn": {"S": turn_id},
                    ":until": number(math.ceil(until * 1000)),
                    ":now": number(int(now)),
                    ":nowMs": number(int(now * 1000)),
                },
                mark={"lease": {"S": turn_id}},
            )
        except ConditionFailed as error:
            raise self._refusal(session_id, error.item) from error
        except Conflict as error:  # another turn is committing at this very moment
            raise _busy(1) from error
        session = session_of(item, now)
        if session is None:
            raise _no_session(session_id)
        return Lease(tenant, turn_id, session)

    def newest_first(self, tenant: str, session: Session, most: int) -> Iterator[tuple[SentMessage | Reply, int]]:
        """The session's newest messages, each with its estimated tokens, from the last back: one request for all."""
        partition = keys.session_partition(tenant, session.agent_id, session.session_id)
        found = self._table.query(
            "pk = :pk AND begins_with(sk, :message)",
            {":pk": {"S": partition}, ":message": {"S": "MESSAGE#"}},
            forward=False,
            page=most,
        )
        for item in itertools.islice(found, most):
            yield message_of(item), int(item["tokens"]["N"])

    def sent_item(self, lease: Lease, message: SentMessage, tokens: int) -> Item:
        """The item of the client's message. Raises PayloadTooLarge."""
        return message_item(self._message_key(lease, 1), message, tokens)

    def commit(self, lease: Lease, sent: Item, reply: Reply, tokens: int, deadline: Deadline) -> None:
        """Store both messages and end the lease, all or nothing.

        Raises NotFound or SessionBusy where the lease is lost, Throttled.
        """
        session = lease.session
        now = self._clock.time()
        values = {
            ":turn": {"S": lease.turn_id},
            ":count": number(session.message_count + 2),
            ":totals": text(session.usage.plus(reply.usage).to_json()),
            ":now": {"S": self._clock.now()},
        }
        expression = "SET messageCount = :count, totals = :totals, lastActivityAt = :now"
        if session.expires_in_seconds is not None:  # sliding: each turn renews it
            expression += ", expiresAt = :expiresAt"
            values[":expiresAt"] = number(int(now) + session.expires_in_seconds)
        update = {
            "Key": lease.key,
            "UpdateExpression": expression + " REMOVE lease, leaseUntil",
            "ConditionExpression": "lease = :turn AND attribute_not_exists(deletedAt)",
            "ExpressionAttributeValues": values,
        }
        answer = message_item(self._message_key(lease, 2), reply, tokens)
        try:
            self._transact([sent, answer], update, deadline)
        except ConditionFailed as error:
            raise self._refusal(session.session_id, error.item) from error

    def _transact(self, puts: list[Item], update: Item, deadline: Deadline) -> None:
        """A conflict is another message knocking: its lease request had the session at that moment."""
        for attempt in range(1, COMMIT_TRIES):
            try:
                return self._table.transact(puts, update)
            except Conflict:
                self._clock.sleep(min(self._clock.jitter(0.05 * 2**attempt), deadline.remaining()))
        try:
            return self._table.transact(puts, update)
        except Conflict as error:
            raise Throttled("The session is being written to; try again shortly.") from error

    def abandon(self, lease: Lease) -> None:
        """Give the lease back; the session is as it was before."""
        try:
            self._table.update(lease.key, "REMOVE lease, leaseUntil", "lease = :turn", {":turn": {"S": lease.turn_id}})
        except ConditionFailed:
            return  # not ours any more
        except Exception:  # the turn's own error matters more, and a lease lapses by itself
            logger.warning("a lease could not be given back", exc_info=True)

    def _message_key(self, lease: Lease, offset: int) -> Item:
        session = lease.session
        sequence = session.message_count + offset
        return keys.message(lease.tenant, session.agent_id, session.session_id, sequence)

    def _refusal(self, session_id: str, item: Item | None) -> NotFound | SessionBusy:
        now = self._clock.time()
        if item is None or gone(item, now):
            return _no_session(session_id)
        left = int(item["leaseUntil"]["N"]) / 1000 - now if "leaseUntil" in item else 1
        return _busy(left)


def _no_session(session_id: str) -> NotFound:
    return NotFound("There is no such session.", {"sessionId": session_id})


def _busy(seconds: float) -> SessionBusy:
    """A turn usually ends long before its lease does, so the wait that is advised is short."""
    wait = max(1, min(5, math.ceil(seconds)))
    return SessionBusy(
        "Another message of this session is being answered; send this one again afterwards.",
        headers={"retry-after": str(wait)},
    )

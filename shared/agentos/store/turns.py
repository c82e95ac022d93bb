"""A turn in the table: lease, history, one commit. The number of requests does not grow with the session.

The lease is two attributes of the session: the running turn's id, and the moment (epoch milliseconds) from which
another turn may take over. A turn commits only while its id still stands there. With an Idempotency-Key the lease
tells whose it is, and the commit writes down how the key was answered, so that nothing is ever answered twice.
"""

import json
import math
from dataclasses import dataclass

from agentos.domain import IdempotencyKey, Reply, SentMessage, Session
from agentos.domain.history import Turns
from agentos.kernel import json_text
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import ApiError, IdempotencyInFlight, NotFound, SessionBusy
from agentos.kernel.ids import is_id, new_id
from agentos.kernel.logs import logger
from agentos.store import keys
from agentos.store.dynamodb import Action, ConditionFailed, Conflict, Table
from agentos.store.idempotency import mismatch
from agentos.store.items import Item, gone, number, session_of, text
from agentos.store.messages import Messages, StoredMessage, pack, to_stored, unpack

LEASE_MARGIN_SECONDS = 2
"""How long past its deadline a turn keeps its lease: a writer that has been stopped by then writes no more."""

NOT_ANSWERED = "attribute_not_exists(pk) OR attribute_exists(incomplete)"
"""Of a key's record: there is none, or it tells of an answer that broke off."""


@dataclass(frozen=True)
class Lease:
    """The right to add the next turn to a session."""

    tenant: str
    turn_id: str
    session: Session
    key: IdempotencyKey | None = None

    @property
    def key_of_session(self) -> Item:
        return keys.session(self.tenant, self.session.agent_id, self.session.session_id)

    @property
    def partition(self) -> str:
        return str(self.key_of_session["pk"]["S"])


@dataclass(frozen=True)
class TurnCommit:
    """What a turn adds: the client's messages and, unless it still waits for tool results, the assistant's.

    `reply` is the client's response, `answer` the same as a stored message. `turns` and `open_calls` are the session's
    after the commit. `lengths`: characters of each piece in which the answer was streamed.
    """

    sent: tuple[StoredMessage, ...]
    reply: Reply
    answer: StoredMessage | None
    turns: Turns
    open_calls: tuple[str, ...]
    lengths: tuple[int, ...] = ()

    @property
    def messages(self) -> tuple[StoredMessage, ...]:
        return (*self.sent, *((self.answer,) if self.answer else ()))


@dataclass(frozen=True)
class RecordedReply:
    """How a key was answered: the reply, and the lengths of the pieces in which it was recorded, none if it was not."""

    reply: Reply
    lengths: tuple[int, ...]


class TurnStore:
    """The three steps, and a fourth for a turn that failed."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._messages = Messages(table)
        self._clock = clock

    def acquire(
        self, tenant: str, agent_id: str, session_id: str, deadline: Deadline, key: IdempotencyKey | None = None
    ) -> Lease:
        """Take the lease. Raises NotFound, SessionBusy, IdempotencyInFlight, IdempotencyMismatch."""
        if not is_id("sess", session_id):
            raise _no_session(session_id)
        now = self._clock.time()
        turn_id = new_id("turn")
        until = now + deadline.remaining() + LEASE_MARGIN_SECONDS
        values = {
            ":turn": {"S": turn_id},
            ":until": number(math.ceil(until * 1000)),
            ":now": number(int(now)),
            ":nowMs": number(int(now * 1000)),
        }
        if key:
            values[":key"] = {"S": f"{key.name} {key.body}"}
        try:
            item = self._table.update(
                keys.session(tenant, agent_id, session_id),
                "SET lease = :turn, leaseUntil = :until" + (", leaseKey = :key" if key else " REMOVE leaseKey"),
                "attribute_exists(pk) AND attribute_not_exists(deletedAt)"
                " AND (attribute_not_exists(expiresAt) OR expiresAt > :now)"
                " AND (attribute_not_exists(lease) OR leaseUntil <= :nowMs)",
                values,
                mark={"lease": {"S": turn_id}},
            )
        except ConditionFailed as error:
            raise self._refusal(session_id, error.item, key) from error
        except Conflict as error:  # another turn is committing at this very moment
            raise _busy(1) from error
        session = session_of(item, now)
        if session is None:
            raise _no_session(session_id)
        return Lease(tenant, turn_id, session, key)

    def completed_reply(self, tenant: str, agent_id: str, session_id: str, key: IdempotencyKey) -> Reply | None:
        """How the key was answered; None where it never was, to the end. Raises IdempotencyMismatch."""
        recorded = self.recorded_reply(tenant, agent_id, session_id, key)
        return recorded.reply if recorded and recorded.reply.state != "incomplete" else None

    def recorded_reply(self, tenant: str, agent_id: str, session_id: str, key: IdempotencyKey) -> RecordedReply | None:
        """How the key was answered, be it in part; None where it never was. Raises IdempotencyMismatch."""
        partition = keys.session_partition(tenant, agent_id, session_id)
        record = self._table.get(keys.answered(partition, key.name))
        if record is None:
            return None
        if record["bodyHash"]["S"] != key.body:
            raise mismatch()
        if "body" in record:
            return RecordedReply(Reply.model_validate(json.loads(unpack(record["body"]["B"]))), ())
        item = self._table.get(keys.message(partition, int(record["answer"]["N"])))
        (reply,) = self._messages.read(partition, [item] if item else [])
        lengths = json.loads(unpack(record["lengths"]["B"])) if "lengths" in record else ()
        return RecordedReply(reply, tuple(lengths)) if isinstance(reply, Reply) else None

    def newest(self, tenant: str, session: Session, count: int) -> list[SentMessage | Reply]:
        """The session's last `count` messages in order, in one request."""
        partition = keys.session_partition(tenant, session.agent_id, session.session_id)
        return self._messages.read(partition, self._messages.newest(partition, session.message_count, count))

    def to_stored(self, lease: Lease, offset: int, message: SentMessage | Reply, tokens: int) -> StoredMessage:
        """The message as the turn's `offset`th, from 1."""
        return to_stored(lease.partition, lease.session.message_count + offset, message, tokens)

    def commit(self, lease: Lease, commit: TurnCommit, deadline: Deadline) -> None:
        """Store the turn's messages and end the lease, all or nothing.

        Raises NotFound or SessionBusy where the lease is lost, Throttled or Unanswered where time ran out over it.
        """
        puts = [self._table.new(item) for message in commit.messages for item in message.items]
        if lease.key:
            puts.append(self._table.new(_record(lease, lease.key, commit), NOT_ANSWERED))
            if lease.key.turn_id:  # one that was given up is answered no more
                turn = keys.turn(lease.partition, lease.key.turn_id)
                puts.append(self._table.check(turn, "attribute_exists(pk) AND attribute_not_exists(failure)"))
        try:
            self._table.transact([self._progress(lease, commit), *puts], deadline)
        except ConditionFailed as error:
            if not self._stands(lease, commit):  # else it was done before, and only its answer was lost
                raise self._refusal(lease.session.session_id, error.item, None) from error

    def release(self, lease: Lease) -> None:
        """Give the lease back; the session is as it was before."""
        try:
            expression = "REMOVE lease, leaseUntil, leaseKey"
            self._table.update(lease.key_of_session, expression, "lease = :turn", {":turn": {"S": lease.turn_id}})
        except ConditionFailed:
            return  # not ours any more
        except Exception:  # the turn's own error matters more, and a lease lapses by itself
            logger.warning("a lease could not be given back", exc_info=True)

    def _progress(self, lease: Lease, commit: TurnCommit) -> Action:
        """The session after the turn."""
        session = lease.session
        usage = session.usage.plus(commit.reply.usage) if commit.answer else session.usage
        values = {
            ":turn": {"S": lease.turn_id},
            ":count": number(session.message_count + len(commit.messages)),
            ":totals": text(usage.to_json()),
            ":turns": text(commit.turns),
            ":open": text(commit.open_calls),
            ":now": {"S": self._clock.now()},
        }
        expression = (
            "SET messageCount = :count, totals = :totals, turns = :turns, openCalls = :open, lastActivityAt = :now"
        )
        if session.expires_in_seconds is not None:  # sliding: each turn renews it
            expression += ", expiresAt = :expiresAt"
            values[":expiresAt"] = number(int(self._clock.time()) + session.expires_in_seconds)
        condition = "lease = :turn AND attribute_not_exists(deletedAt)"
        return self._table.change(
            lease.key_of_session, expression + " REMOVE lease, leaseUntil, leaseKey", condition, values
        )

    def _stands(self, lease: Lease, commit: TurnCommit) -> bool:
        """Whether the turn is in the table, by its first message; no two have the same id."""
        first = commit.sent[0].items[0]
        return self._table.get({name: first[name] for name in ("pk", "sk")}) == first

    def _refusal(self, session_id: str, item: Item | None, key: IdempotencyKey | None) -> ApiError:
        now = self._clock.time()
        if item is None or gone(item, now):
            return _no_session(session_id)
        left = int(item["leaseUntil"]["N"]) / 1000 - now if "leaseUntil" in item else 1
        name, _, body = item.get("leaseKey", {"S": ""})["S"].partition(" ")
        if key and key.name == name:
            return _in_flight(left) if key.body == body else mismatch()
        return _busy(left)


def _record(lease: Lease, key: IdempotencyKey, commit: TurnCommit) -> Item:
    """How the key was answered. It stays for as long as its session does."""
    record: Item = {**keys.answered(lease.partition, key.name), "bodyHash": {"S": key.body}}
    if commit.reply.state == "incomplete":
        record["incomplete"] = number(1)
    if commit.lengths:
        record["lengths"] = {"B": pack(json_text.dump(commit.lengths).encode())}
    if commit.answer:
        return record | {"answer": number(keys.sequence_of(commit.answer.items[0]))}
    return record | {"body": {"B": pack(json_text.dump(commit.reply.to_json()).encode())}}


def _no_session(session_id: str) -> NotFound:
    return NotFound("There is no such session.", {"sessionId": session_id})


def _in_flight(seconds: float) -> IdempotencyInFlight:
    message = "The first request with this Idempotency-Key is still being answered; send it again afterwards."
    return IdempotencyInFlight(message, headers=_retry_after(seconds))


def _busy(seconds: float) -> SessionBusy:
    message = "Another message of this session is being answered; send this one again afterwards."
    return SessionBusy(message, headers=_retry_after(seconds))


def _retry_after(seconds: float) -> dict[str, str]:
    """A turn usually ends long before its lease does, so the wait that is advised is short."""
    return {"retry-after": str(max(1, min(5, math.ceil(seconds))))}

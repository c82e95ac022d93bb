"""A turn in the table: history and one commit. The number of requests does not grow with the session.

A turn is committed only while it has the session's lease (`leases.py`). Under an Idempotency-Key the commit also
records how the key was answered, so that nothing is ever answered twice.
"""

from typing import NamedTuple

from agentos.domain import IdempotencyKey, Reply, SentMessage, Session
from agentos.domain.history import Turns
from agentos.kernel import json_text
from agentos.kernel.clock import Clock, Deadline
from agentos.store import keys
from agentos.store.dynamodb import Action, Table
from agentos.store.faults import ConditionFailed
from agentos.store.idempotency import body_hash, mismatch
from agentos.store.items import Item, number, text
from agentos.store.leases import REMOVE_LEASE, Lease, refusal
from agentos.store.messages import Messages, StoredMessage, pack, to_stored, unpack
from agentos.store.reading import item_reader, stored_value
from agentos.store.recent_messages import RecentMessages

NOT_ANSWERED = "attribute_not_exists(pk) OR attribute_exists(incomplete)"
"""The condition on a key's record: there is none, or the answer in it broke off."""


class TurnCommit(NamedTuple):
    """What a turn adds: the client's messages and, unless it still waits for tool results, the assistant's.

    `reply` is the client's response, `answer` the same as a stored message. `turns` and `open_calls` are the session's
    after the commit. `lengths`: characters of each piece in which the answer was streamed, those of reasoning negative.
    `usage`: the turn's record. `response`: what a door keeps with the answer.
    """

    sent: tuple[StoredMessage, ...]
    reply: Reply
    answer: StoredMessage | None
    turns: Turns
    open_calls: tuple[str, ...]
    lengths: tuple[int, ...] = ()
    usage: Item | None = None
    response: Item | None = None

    @property
    def messages(self) -> tuple[StoredMessage, ...]:
        return (*self.sent, *((self.answer,) if self.answer else ()))


class RecordedReply(NamedTuple):
    """The answer under a key. `lengths`: characters of each piece in which it was streamed, those of reasoning
    negative; empty if it was not."""

    reply: Reply
    lengths: tuple[int, ...]


class TurnStore:
    """Reads what a turn needs, and commits it. What `recent` has of a session is not read again."""

    def __init__(self, table: Table, clock: Clock, recent: RecentMessages | None = None) -> None:
        self._table = table
        self._messages = Messages(table)
        self._clock = clock
        self._recent = recent or RecentMessages(max_bytes=0)

    def completed_reply(self, tenant: str, agent_id: str, session_id: str, key: IdempotencyKey) -> Reply | None:
        """The complete answer under the key, or None. Raises IdempotencyMismatch."""
        recorded = self.recorded_reply(tenant, agent_id, session_id, key)
        return recorded.reply if recorded and recorded.reply.state != "incomplete" else None

    def recorded_reply(self, tenant: str, agent_id: str, session_id: str, key: IdempotencyKey) -> RecordedReply | None:
        """The answer under the key, complete or broken off, or None. Raises IdempotencyMismatch."""
        partition = keys.session_partition(tenant, agent_id, session_id)
        record = self._table.get(keys.answered(partition, key.name))
        if record is None:
            return None
        if body_hash(record) != key.body:
            raise mismatch()
        if "body" in record:
            return RecordedReply(_reply(record), ())
        sequence, lengths = _answer(record)
        item = self._table.get(keys.message(partition, sequence))
        if item is None:  # the session is being deleted
            return None
        (reply,) = self._messages.read(partition, [item])
        return RecordedReply(reply, lengths) if isinstance(reply, Reply) else None

    def newest(self, tenant: str, session: Session, count: int) -> list[SentMessage | Reply]:
        """The last `count` messages of a session that lives, in order, in one request or none."""
        if not count:
            return []
        partition, total = keys.session_partition(tenant, session.agent_id, session.session_id), session.message_count
        newest = self._recent.newest(partition, total, count)
        if newest is None:
            newest = self._messages.stored(partition, self._messages.newest(partition, total, count))
            self._recent.put(partition, total, newest)
        return [stored.message for stored in newest]

    def to_stored(self, lease: Lease, offset: int, message: SentMessage | Reply, tokens: int) -> StoredMessage:
        """The message as the turn's `offset`th, from 1."""
        return to_stored(lease.partition, lease.session.message_count + offset, message, tokens)

    def commit(self, lease: Lease, commit: TurnCommit, deadline: Deadline) -> None:
        """Store the turn's messages and end the lease, all or nothing.

        Raises NotFound or SessionBusy where the lease is lost, Throttled or Unavailable when the time has run out.
        """
        puts = [self._table.new(item) for message in commit.messages for item in message.items]
        if commit.usage:
            puts.append(self._table.new(commit.usage))
        if commit.response:
            puts.append(self._table.new(commit.response))
        if lease.key:
            puts.append(self._table.new(_record(lease, lease.key, commit), NOT_ANSWERED))
            if lease.key.turn_id:  # a background turn that has failed can no longer be answered
                turn = keys.turn(lease.partition, lease.key.turn_id)
                puts.append(self._table.check(turn, "attribute_exists(pk) AND attribute_not_exists(failure)"))
        try:
            self._table.transact([self._progress(lease, commit), *puts], deadline)
        except ConditionFailed as error:
            if not self._is_stored(commit):  # else it was done before, and only its answer was lost
                raise refusal(lease.session.session_id, error.item, self._clock.time()) from error
        reach = sum(map(len, commit.turns))
        self._recent.add(lease.partition, lease.session.message_count, commit.messages, reach)

    def _progress(self, lease: Lease, commit: TurnCommit) -> Action:
        """The session after the turn."""
        session = lease.session
        usage = session.usage.plus(commit.reply) if commit.answer else session.usage
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
        if session.expires_in_seconds is not None:  # each turn extends the session's life
            expression += ", expiresAt = :expiresAt"
            values[":expiresAt"] = number(int(self._clock.time()) + session.expires_in_seconds)
        condition = "lease = :turn AND attribute_not_exists(deletedAt)"
        return self._table.change(lease.session_key, f"{expression} {REMOVE_LEASE}", condition, values)

    def _is_stored(self, commit: TurnCommit) -> bool:
        """Whether the turn is in the table. Its first message says so, since no two messages have the same id."""
        first = commit.sent[0].items[0]
        return self._table.get({name: first[name] for name in ("pk", "sk")}) == first


@item_reader
def _reply(record: Item) -> Reply:
    """The answer that stands in a key's record itself."""
    return stored_value(Reply, json_text.load(unpack(record["body"]["B"])))


@item_reader
def _answer(record: Item) -> tuple[int, tuple[int, ...]]:
    """The position of the answer in its session, and the characters of each piece in which it was streamed."""
    lengths = json_text.load(unpack(record["lengths"]["B"])) if "lengths" in record else ()
    return int(record["answer"]["N"]), tuple(map(int, lengths))


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

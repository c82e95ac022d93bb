"""A session that begins with a copy of another's messages: nothing of it can be seen before all of it is there.

First the session's id is reserved by an item that is a tombstone for every reader and writer, but not for the sweeper.
Then the messages are copied, and last the session replaces the reservation. If the fork breaks off in between,
time-to-live removes the reservation, and the sweeper the messages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from agentos.domain import Reply, SentMessage, Session
from agentos.domain.history import trimmed
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import DeadlineExceeded
from agentos.store import keys
from agentos.store.deletion import RESERVE_SECONDS, reservation
from agentos.store.dynamodb import BATCH_GET_MAX, BATCH_WRITE_MAX, Table
from agentos.store.faults import retry_until_deadline
from agentos.store.items import Item
from agentos.store.messages import Messages, header_of, part_keys, tokens_of
from agentos.store.pages import chunks

MAX_MESSAGES = 2000
"""These are copied well within the time that an HTTP caller waits, with some 80 requests of 25."""

REMEMBERED_MESSAGES = 1000
"""No window of history is longer (limits.historyMessages has the same bound)."""


class SourceGone(Exception):
    """The session that was being copied has been deleted in the meantime."""


@dataclass
class _Copied:
    """What a new session must know about the messages that it begins with."""

    count: int = 0
    turns: list[list[int]] = field(default_factory=list)
    last_turn: list[Item] = field(default_factory=list)

    def add(self, item: Item) -> None:
        if header_of(item).role in ("user", "system") or not self.turns:
            self.turns.append([])
            self.last_turn.clear()
        self.count += 1
        self.turns[-1].append(tokens_of(item))
        self.last_turn.append(item)


class ForkStore:
    """Finds where to cut a history, and copies it."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._messages = Messages(table)
        self._clock = clock

    def sequence_of(self, tenant: str, source: Session, message_id: str) -> int | None:
        """The position of a message among the first MAX_MESSAGES of its session, from 1; None if it is not there."""
        partition = _partition(tenant, source)
        total = min(source.message_count, MAX_MESSAGES)
        items = self._messages.from_either_end(partition, total, None, BATCH_GET_MAX, "asc")
        return next((keys.sequence_of(item) for item in items if header_of(item).message_id == message_id), None)

    def copy(
        self, tenant: str, source: Session, count: int, session: Session, deadline: Deadline
    ) -> tuple[Session, Item]:
        """`session` with the first `count` messages of `source`, and the reservation of its id.

        Raises SourceGone, DeadlineExceeded, Throttled, Unavailable.
        """
        reserved = reservation(keys.session(tenant, session.agent_id, session.session_id), self._clock)
        retry_until_deadline(lambda: self._table.put(reserved), deadline)
        partition, copied = _partition(tenant, source), _Copied()
        items = self._messages.from_either_end(partition, count, None, BATCH_GET_MAX, "asc")
        for chunk in chunks(items, BATCH_WRITE_MAX):
            self._copy(partition, chunk, reserved, deadline)
            for item in chunk:
                copied.add(item)
        if copied.count != count:
            raise SourceGone
        update = {
            "message_count": count,
            "forked_count": count,
            "turns": trimmed(copied.turns, REMEMBERED_MESSAGES),
            "open_calls": _open_calls(self._messages.read(partition, copied.last_turn)),
        }
        return session.model_copy(update=update), reserved

    def _copy(self, partition: str, items: Sequence[Item], reserved: Item, deadline: Deadline) -> None:
        """Messages with their parts, as they are but for the partition."""
        self._put(items, reserved, deadline)
        wanted = [key for item in items for key in part_keys(partition, item)]
        for chunk in chunks(wanted, BATCH_WRITE_MAX):
            parts = [part for part in self._table.get_many(chunk) if part]
            if len(parts) < len(chunk):
                raise SourceGone
            self._put(parts, reserved, deadline)

    def _put(self, items: Sequence[Item], reserved: Item, deadline: Deadline) -> None:
        if deadline.remaining() < RESERVE_SECONDS:
            raise DeadlineExceeded("The messages could not be copied in time; fork fewer of them.")
        copies = [item | {"pk": reserved["pk"]} for item in items]
        retry_until_deadline(lambda: self._table.put_many(copies), deadline)


def _partition(tenant: str, session: Session) -> str:
    return keys.session_partition(tenant, session.agent_id, session.session_id)


def _open_calls(last_turn: Sequence[SentMessage | Reply]) -> tuple[str, ...]:
    """The calls of a turn that still wait for results."""
    left: list[str] = []
    for message in last_turn:
        if message.role == "assistant":
            left = [call.id for call in message.tool_calls]
        elif message.tool_call_id in left:
            left.remove(message.tool_call_id)
    return tuple(left)

"""Changes of a session outside a turn: its metadata, and messages that nobody answers.

A message can be added only while no turn runs, and only to the messages that the writer has seen. A turn whose lease
has ended by then loses it for good, so that its commit fails.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from agentos.domain import IdempotencyKey, Session
from agentos.domain.history import Turns
from agentos.kernel.clock import Clock, Deadline
from agentos.store import keys
from agentos.store.dynamodb import Action, Table
from agentos.store.faults import ConditionFailed, retry_until_deadline
from agentos.store.idempotency import create_once, made_before, mismatch
from agentos.store.items import number, session_item, text
from agentos.store.leases import REMOVE_LEASE, no_session, refusal
from agentos.store.messages import StoredMessage

ALIVE_NOW = "attribute_not_exists(deletedAt) AND (attribute_not_exists(expiresAt) OR expiresAt > :now)"
IDLE = f"messageCount = :before AND {ALIVE_NOW} AND (attribute_not_exists(lease) OR leaseUntil <= :nowMs)"


class Addition(NamedTuple):
    """Messages to add. `turns` and `open_calls` are the session's afterwards."""

    messages: tuple[StoredMessage, ...]
    turns: Turns
    open_calls: tuple[str, ...]


class SessionChanges:
    """Changes sessions. What is missing, deleted or expired raises NotFound."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def set_metadata(self, tenant: str, session: Session, metadata: Mapping[str, Any], deadline: Deadline) -> Session:
        """The session with other metadata. Of two changes at once the last one holds. Raises PayloadTooLarge."""
        changed = session.model_copy(update={"metadata": metadata})
        key = keys.session(tenant, session.agent_id, session.session_id)
        body = session_item(key, changed, {})["body"]
        values = {":body": body, ":now": number(int(self._clock.time()))}
        condition = f"attribute_exists(pk) AND {ALIVE_NOW}"
        try:
            retry_until_deadline(lambda: self._table.update(key, "SET body = :body", condition, values), deadline)
        except ConditionFailed as error:
            raise no_session(session.session_id) from error
        return changed

    def add(
        self, tenant: str, session: Session, addition: Addition, deadline: Deadline, key: IdempotencyKey | None
    ) -> range:
        """The numbers of the messages, added in one transaction; under a key, of those that it added before.

        Raises SessionBusy where a turn runs or the session has other messages by now, IdempotencyMismatch, Throttled,
        Unavailable.
        """
        before = session.message_count
        numbers = range(before + 1, before + 1 + len(addition.messages))
        puts = [self._table.new(item) for message in addition.messages for item in message.items]
        actions = [self._progress(tenant, session, addition), *puts]
        try:
            if key is None:
                self._table.transact(actions, deadline)
                return numbers
            made = create_once(self._table, tenant, actions, f"{numbers.start}-{numbers.stop}", key, deadline)
        except ConditionFailed as error:
            raise refusal(session.session_id, error.item, self._clock.time()) from error
        return _numbers(made)

    def added_before(self, tenant: str, key: IdempotencyKey) -> range | None:
        """The numbers of the messages that the key has added. Raises IdempotencyMismatch."""
        made = made_before(self._table, tenant, key, self._clock.time())
        return _numbers(made) if made else None

    def _progress(self, tenant: str, session: Session, addition: Addition) -> Action:
        """The session with the messages."""
        now = self._clock.time()
        values = {
            ":before": number(session.message_count),
            ":count": number(session.message_count + len(addition.messages)),
            ":turns": text(addition.turns),
            ":open": text(addition.open_calls),
            ":at": {"S": self._clock.now()},
            ":now": number(int(now)),
            ":nowMs": number(int(now * 1000)),
        }
        expression = "SET messageCount = :count, turns = :turns, openCalls = :open, lastActivityAt = :at"
        if session.expires_in_seconds is not None:  # as a turn does
            expression += ", expiresAt = :expiresAt"
            values[":expiresAt"] = number(int(now) + session.expires_in_seconds)
        key = keys.session(tenant, session.agent_id, session.session_id)
        return self._table.change(key, f"{expression} {REMOVE_LEASE}", IDLE, values)


def _numbers(made: str) -> range:
    """What a key has added."""
    start, _, stop = made.partition("-")
    if not (start.isdecimal() and stop.isdecimal()):
        raise mismatch()
    return range(int(start), int(stop))

"""Sessions and the messages in them."""

from collections.abc import Iterable, Iterator, Sequence

from agentos.domain import IdempotencyKey, Page, Reply, SentMessage, Session, SessionFilter, SessionUsage
from agentos.kernel.clock import Clock, Deadline, epoch, timestamp
from agentos.kernel.errors import NotFound
from agentos.kernel.ids import is_id
from agentos.store import keys
from agentos.store.deletion import ALIVE, Deletion
from agentos.store.dynamodb import BATCH_GET_MAX, Action, Table
from agentos.store.faults import ConditionFailed
from agentos.store.idempotency import create_once, made_before
from agentos.store.items import Item, gone, session_item, session_of, size
from agentos.store.messages import Messages, StoredMessage, json_bytes
from agentos.store.pages import MAX_PAGE_BYTES, chunks, take_page

MAX_SEARCHED = 500
"""Sessions that one request reads to find some by their metadata: five requests of 100."""


class SessionStore:
    """Create, read, delete and list. What is missing, deleted or expired raises NotFound."""

    def __init__(self, table: Table, clock: Clock, *, max_searched: int = MAX_SEARCHED) -> None:
        self._table = table
        self._max_searched = max_searched
        self._messages = Messages(table)
        self._clock = clock
        self._deletion = Deletion(table, clock)

    def create(
        self,
        tenant: str,
        session: Session,
        deadline: Deadline,
        key: IdempotencyKey | None = None,
        reserved: Item | None = None,
        first: Sequence[StoredMessage] = (),
    ) -> Session:
        """The session that was created: this one, or the one that the key created before, as it was then.

        `reserved`: the reservation that it replaces. `first`: the messages that it begins with.

        Raises NotFound where its agent is gone (a deleted one gets no new session), IdempotencyMismatch,
        PayloadTooLarge.
        """
        agent_id = session.agent_id
        listed = {"agentSessions": keys.agent_sessions(tenant, agent_id)}
        if session.user_id is not None:
            listed["userSessions"] = keys.user_sessions(tenant, agent_id, session.user_id)
        item = session_item(keys.session(tenant, agent_id, session.session_id), session, listed)
        actions = [self._table.check(keys.agent(tenant, agent_id), ALIVE), self._put(item, reserved)]
        actions += [self._table.new(part) for message in first for part in message.items]
        made_id = session.session_id
        try:
            if key:
                made_id = create_once(self._table, tenant, actions, made_id, key, deadline)
            else:
                self._table.transact(actions, deadline)
        except ConditionFailed as error:
            if error.item and error.item["pk"] == item["pk"]:
                if error.item != item:  # else it was done before, and only its answer was lost
                    raise
            else:
                raise _no_agent(agent_id) from error
        return session if made_id == session.session_id else as_created(self.get(tenant, agent_id, made_id))

    def made_before(self, tenant: str, agent_id: str, key: IdempotencyKey) -> Session | None:
        """The session that the key has created, as it was then. Raises IdempotencyMismatch."""
        made_id = made_before(self._table, tenant, key, self._clock.time())
        return as_created(self.get(tenant, agent_id, made_id)) if made_id else None

    def _put(self, item: Item, reserved: Item | None) -> Action:
        if reserved is None:
            return self._table.new(item)
        return self._table.replace(item, "deletion = :deletion", {":deletion": reserved["deletion"]})

    def get(self, tenant: str, agent_id: str, session_id: str) -> Session:
        """The session, if its agent still exists. Both are read in one request."""
        if not is_id("agent", agent_id):
            raise _no_agent(agent_id)
        if not is_id("sess", session_id):
            raise _no_session(session_id)
        now = self._clock.time()
        agent, item = self._table.get_many([keys.agent(tenant, agent_id), keys.session(tenant, agent_id, session_id)])
        if agent is None or gone(agent, now):
            raise _no_agent(agent_id)
        if item is None or (session := session_of(item, now)) is None:
            raise _no_session(session_id)
        return session

    def delete(self, tenant: str, agent_id: str, session_id: str, deadline: Deadline) -> None:
        """Put a tombstone in the session's place, on which a running turn's commit fails. The rest is removed as far as
        time allows."""
        self.get(tenant, agent_id, session_id)
        key = keys.session(tenant, agent_id, session_id)
        try:
            self._deletion.mark_deleted(key, deadline)
        except ConditionFailed as error:
            raise _no_session(session_id) from error
        self._deletion.begin_session(key, deadline)

    def page(
        self, tenant: str, agent_id: str, wanted: SessionFilter, limit: int, after: str | None, order: str
    ) -> "Page[Session]":
        """By time of creation. Raises InvalidRequest for a bad cursor."""
        start = None if after is None else keys.id_position(tenant, "sess", after)
        if wanted.metadata:
            found = self._listed(tenant, agent_id, wanted, start, BATCH_GET_MAX, order == "asc")
            return self._searched(tenant, found, wanted, limit)
        found = self._listed(tenant, agent_id, wanted, start, limit + 1, order == "asc")
        now = self._clock.time()
        items, more = take_page(self._live(found, min(limit + 1, BATCH_GET_MAX), now), limit)
        return Page(
            data=tuple(session for item in items if (session := session_of(item, now))),
            has_more=more,
            next_cursor=keys.cursor(tenant, items[-1]["sessionId"]["S"]) if more else None,
        )

    def messages(
        self, tenant: str, agent_id: str, session_id: str, limit: int, after: str | None, order: str
    ) -> "Page[SentMessage | Reply]":
        """In the order of the conversation. Raises InvalidRequest for a bad cursor."""
        start = None if after is None else keys.sequence_position(tenant, after)
        session = self.get(tenant, agent_id, session_id)
        partition = keys.session_partition(tenant, agent_id, session_id)
        found = self._messages.from_either_end(partition, session.message_count, start, limit + 1, order)
        items, more = take_page(found, limit, json_bytes)
        return Page(
            data=tuple(self._messages.read(partition, items)),
            has_more=more,
            next_cursor=keys.cursor(tenant, str(keys.sequence_of(items[-1]))) if more else None,
        )

    def _searched(self, tenant: str, listed: Iterable[Item], wanted: SessionFilter, limit: int) -> "Page[Session]":
        """The sessions that match among the next ones. The cursor is the last one that was read."""
        taken: list[Session] = []
        now, length, last = self._clock.time(), 0, ""
        for number, (session_id, item) in enumerate(self._with_items(listed)):
            session = None if item is None else session_of(item, now)
            matches = item is not None and session is not None and wanted.matches(session)
            length += size(item) if item and matches else 0
            full = matches and (len(taken) == limit or (taken and length > MAX_PAGE_BYTES))
            if full or number == self._max_searched:
                return Page(data=tuple(taken), has_more=True, next_cursor=keys.cursor(tenant, last))
            taken += [session] if session and matches else []
            last = session_id
        return Page(data=tuple(taken), has_more=False, next_cursor=None)

    def _with_items(self, listed: Iterable[Item]) -> Iterator[tuple[str, Item | None]]:
        """The id of each listed session, and its item."""
        for chunk in chunks(listed, BATCH_GET_MAX):
            items = self._table.get_many([{"pk": entry["pk"], "sk": entry["sk"]} for entry in chunk])
            yield from zip((entry["sessionId"]["S"] for entry in chunk), items, strict=True)

    def _listed(
        self, tenant: str, agent_id: str, wanted: SessionFilter, start: str | None, page: int, forward: bool
    ) -> Iterator[Item]:
        """The index's entries, which hold keys alone."""
        if (user_id := wanted.user_id) is None:
            index, attribute, value = "SessionsByAgent", "agentSessions", keys.agent_sessions(tenant, agent_id)
        else:
            index, attribute = "SessionsByUser", "userSessions"
            value = keys.user_sessions(tenant, agent_id, user_id)
        position = start and {
            **keys.session(tenant, agent_id, start),
            attribute: {"S": value},
            "sessionId": {"S": start},
        }
        condition, values = f"{attribute} = :value", {":value": {"S": value}}
        if wanted.id_prefix is not None:
            condition += " AND begins_with(sessionId, :prefix)"
            values[":prefix"] = {"S": wanted.id_prefix}
        return self._table.query(
            condition,
            values,
            forward=forward,
            page=page,
            index=index,
            start=position or None,
        )

    def _live(self, listed: Iterable[Item], at_once: int, now: float) -> Iterator[Item]:
        for chunk in chunks(listed, at_once):
            for item in self._table.get_many([{"pk": entry["pk"], "sk": entry["sk"]} for entry in chunk]):
                if item is not None and not gone(item, now):
                    yield item


def as_created(session: Session) -> Session:
    """The session as it was when it began."""
    lifetime = session.expires_in_seconds
    return session.model_copy(
        update={
            "state": "idle",
            "message_count": session.forked_count,
            "usage": SessionUsage(),
            "expires_at": None if lifetime is None else timestamp(int(epoch(session.created_at)) + lifetime),
            "last_activity_at": session.created_at,
        }
    )


def _no_agent(agent_id: str) -> NotFound:
    return NotFound("There is no such agent.", {"agentId": agent_id})


def _no_session(session_id: str) -> NotFound:
    return NotFound("There is no such session.", {"sessionId": session_id})

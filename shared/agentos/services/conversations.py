"""Conversations of OpenAI's clients: each is a session. Its items are the session's messages.

Items can be added, because a session grows. They cannot be changed or removed: responses go on from any of them.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from agentos.domain import IdempotencyKey, Reply, SentMessage, Session
from agentos.domain.history import trimmed
from agentos.domain.requests import Sent
from agentos.domain.token_estimates import estimate
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import InvalidRequest, PayloadTooLarge
from agentos.services.new_sessions import new_session
from agentos.services.response_agents import MOST_MESSAGES, ResponseAgents, named_session
from agentos.services.turn_messages import asked_of, remaining_calls, to_sent, turns_with
from agentos.store.forks import REMEMBERED_MESSAGES
from agentos.store.keys import session_partition
from agentos.store.messages import StoredMessage, to_stored
from agentos.store.responses import ResponseStore
from agentos.store.session_changes import Addition, SessionChanges
from agentos.store.sessions import SessionStore

MOST_ITEMS = 2000
"""Messages of a conversation whose items are listed: a page is found by the id of an item, so all are read."""

MOST_BYTES = 1_500_000
"""Of the items of one request. They are written in one transaction, as a turn's messages are (limits.contentBytes)."""


class ConversationStores(NamedTuple):
    """Where conversations are."""

    sessions: SessionStore
    changes: SessionChanges
    messages: ResponseStore


class Conversations:
    """What the endpoints for conversations do. What does not exist raises NotFound."""

    def __init__(self, agents: ResponseAgents, stores: ConversationStores, clock: Clock) -> None:
        self._agents = agents
        self._stores = stores
        self._clock = clock

    def create(
        self,
        tenant: str,
        metadata: dict[str, Any],
        messages: Sequence[Sent],
        deadline: Deadline,
        key: IdempotencyKey | None,
    ) -> Session:
        """A session of the tenant's own agent for responses, which begins with the messages. It does not expire.

        Raises InvalidRequest, ToolResultsPending, ToolCallNotOpen, PayloadTooLarge, IdempotencyMismatch.
        """
        session = new_session(self._agents.own_id, self._clock, None, metadata=metadata)
        addition = self._addition(tenant, session, messages)
        count = len(addition.messages)
        update = {"message_count": count, "forked_count": count, "turns": addition.turns}
        begun = session.model_copy(update={**update, "open_calls": addition.open_calls})
        return self._agents.opened(tenant, begun, None, deadline, key, first=addition.messages)

    def get(self, tenant: str, text: str) -> Session:
        """The session."""
        return self._stores.sessions.get(tenant, *named_session(text, self._agents.own_id))

    def set_metadata(self, tenant: str, text: str, metadata: dict[str, Any], deadline: Deadline) -> Session:
        """The session with this metadata in the place of its own. Raises PayloadTooLarge."""
        return self._stores.changes.set_metadata(tenant, self.get(tenant, text), metadata, deadline)

    def items(self, tenant: str, text: str) -> tuple[Session, list[SentMessage | Reply]]:
        """The conversation and its messages, in order; of a very long one the newest."""
        session = self.get(tenant, text)
        last = session.message_count
        return session, self._stores.messages.messages(tenant, session, max(1, last - MOST_ITEMS + 1), last)

    def add(
        self, tenant: str, text: str, messages: Sequence[Sent], deadline: Deadline, key: IdempotencyKey | None
    ) -> tuple[Session, list[SentMessage | Reply]]:
        """The conversation and what was added to it. No model is asked.

        Raises InvalidRequest, SessionBusy, ToolResultsPending, ToolCallNotOpen, PayloadTooLarge, IdempotencyMismatch.
        """
        session = self.get(tenant, text)
        numbers = key and self._stores.changes.added_before(tenant, key)
        if not numbers:
            addition = self._addition(tenant, session, messages)
            numbers = self._stores.changes.add(tenant, session, addition, deadline, key)
        return session, self._stores.messages.messages(tenant, session, numbers.start, numbers.stop - 1)

    def delete(self, tenant: str, text: str, deadline: Deadline) -> None:
        """Delete the session with its messages and responses."""
        self._stores.sessions.delete(tenant, *named_session(text, self._agents.own_id), deadline)

    def _addition(self, tenant: str, session: Session, messages: Sequence[Sent]) -> Addition:
        """The messages as they are stored behind the session's own."""
        if len(messages) > MOST_MESSAGES:
            found = f"has {len(messages)} messages; at most {MOST_MESSAGES} can be stored at once"
            raise InvalidRequest.of("items", found)
        open_calls = remaining_calls(session.open_calls, messages)
        sent = [to_sent(message, self._clock.now()) for message in messages]
        tokens = [estimate(asked_of(message)) for message in sent]
        partition = session_partition(tenant, session.agent_id, session.session_id)
        stored = tuple(
            to_stored(partition, session.message_count + offset, message, length)
            for offset, (message, length) in enumerate(zip(sent, tokens, strict=True), start=1)
        )
        _check_size(stored)
        added = [(message.role, length) for message, length in zip(sent, tokens, strict=True)]
        turns = turns_with(session.turns, added, open_turn=bool(session.open_calls))
        return Addition(stored, trimmed(turns, REMEMBERED_MESSAGES), open_calls)


def _check_size(stored: Sequence[StoredMessage]) -> None:
    size = sum(message.size for message in stored)
    if size > MOST_BYTES:
        message = f"The items take {size} bytes as JSON; at most {MOST_BYTES} are taken at once."
        raise PayloadTooLarge(message, {"bytes": size, "maxBytes": MOST_BYTES})

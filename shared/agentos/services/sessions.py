"""The sessions' service: open, read, delete and list, and the messages in one."""

from agentos.domain import Agent, IdempotencyKey, Page, Reply, SentMessage, Session, SessionFilter
from agentos.domain.requests import MAX_NAME, ForkFrom, NewSession
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import InvalidRequest, NotFound
from agentos.services.new_sessions import new_session
from agentos.store.agents import AgentStore
from agentos.store.forks import MAX_MESSAGES, ForkStore, SourceGone
from agentos.store.sessions import SessionStore

FORK_SECONDS = 25
"""For a copy; API Gateway gives up after 29."""


class Sessions:
    """What the session endpoints do. What does not exist raises NotFound."""

    def __init__(self, agents: AgentStore, store: SessionStore, forks: ForkStore, clock: Clock) -> None:
        self._agents = agents
        self._store = store
        self._forks = forks
        self._clock = clock

    def create(
        self, tenant: str, agent_id: str, request: NewSession, deadline: Deadline, key: IdempotencyKey | None
    ) -> Session:
        """Raises InvalidRequest for a version that the agent never had and for what cannot be forked, PayloadTooLarge,
        IdempotencyMismatch.
        """
        self._check_version(tenant, self._agents.get(tenant, agent_id), request.agent_version)
        given = request.expires_in_seconds, request.user_id, request.metadata, request.agent_version
        session = new_session(agent_id, self._clock, *given)
        if request.fork_from:
            return self._fork(tenant, session, request.fork_from, deadline.at_most(FORK_SECONDS), key)
        return self._store.create(tenant, session, deadline, key)

    def _fork(
        self, tenant: str, session: Session, origin: ForkFrom, deadline: Deadline, key: IdempotencyKey | None
    ) -> Session:
        """The session with its copy of the messages. What a key has created before is not copied again."""
        if key and (made := self._store.made_before(tenant, session.agent_id, key)):
            return made
        source = self._source(tenant, session.agent_id, origin.session_id)
        count = self._cut(tenant, source, origin)
        try:
            forked, reserved = self._forks.copy(tenant, source, count, session, deadline)
        except SourceGone as error:
            raise _nothing_to_fork() from error
        return self._store.create(tenant, forked, deadline, key, reserved)

    def _source(self, tenant: str, agent_id: str, session_id: str) -> Session:
        try:
            return self._store.get(tenant, agent_id, session_id)
        except NotFound as error:
            raise _nothing_to_fork() from error

    def _cut(self, tenant: str, source: Session, origin: ForkFrom) -> int:
        """How many messages to copy. Raises InvalidRequest."""
        if origin.up_to_message_id is None:
            if source.message_count > MAX_MESSAGES:
                found = f"has {source.message_count} messages, and at most {MAX_MESSAGES} can be copied"
                raise InvalidRequest.of("forkFrom.sessionId", f"{found}; give upToMessageId")
            return source.message_count
        count = self._forks.sequence_of(tenant, source, origin.up_to_message_id)
        if count is None:
            first = f"first {MAX_MESSAGES} messages" if source.message_count > MAX_MESSAGES else "messages"
            raise InvalidRequest.of("forkFrom.upToMessageId", f"is none of that session's {first}")
        return count

    def get(self, tenant: str, agent_id: str, session_id: str) -> Session:
        return self._store.get(tenant, agent_id, session_id)

    def delete(self, tenant: str, agent_id: str, session_id: str, deadline: Deadline) -> None:
        self._store.delete(tenant, agent_id, session_id, deadline)

    def page(
        self, tenant: str, agent_id: str, wanted: SessionFilter, limit: int, after: str | None, order: str | None
    ) -> "Page[Session]":
        """Newest first unless `order` says otherwise. Raises InvalidRequest for a bad cursor or filter."""
        for field, text in (("userId", wanted.user_id), ("sessionId", wanted.id_prefix)):
            if text is not None and len(text) > MAX_NAME:  # no session has it, and it is too long for a key
                raise InvalidRequest.of(field, f"must be at most {MAX_NAME} characters long")
        if wanted.id_prefix == "":
            raise InvalidRequest.of("sessionId", "must not be empty")
        self._agents.get(tenant, agent_id)
        return self._store.page(tenant, agent_id, wanted, limit, after, order or "desc")

    def messages(
        self, tenant: str, agent_id: str, session_id: str, limit: int, after: str | None, order: str | None
    ) -> "Page[SentMessage | Reply]":
        """Oldest first unless `order` says otherwise. Raises InvalidRequest for a bad cursor."""
        return self._store.messages(tenant, agent_id, session_id, limit, after, order or "asc")

    def _check_version(self, tenant: str, latest: Agent, version: int | None) -> None:
        try:
            self._agents.at(tenant, latest, version)
        except NotFound as error:
            raise InvalidRequest.of(
                "agentVersion", f"is no version of the agent; its latest is {latest.version}"
            ) from error


def _nothing_to_fork() -> InvalidRequest:
    return InvalidRequest.of("forkFrom.sessionId", "is no session of the agent")

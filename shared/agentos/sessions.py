"""The sessions' service: open, read, delete and list, and the messages in one."""

from agentos.clock import Clock, Deadline, timestamp
from agentos.domain import Agent, IdempotencyKey, Page, Reply, SentMessage, Session, SessionUsage
from agentos.errors import InvalidRequest, NotFound
from agentos.ids import new_id
from agentos.requests import MAX_NAME, NewSession
from agentos.store.agents import AgentStore
from agentos.store.sessions import SessionStore


class Sessions:
    """What the session endpoints do. Whatever is not there raises NotFound."""

    def __init__(self, agents: AgentStore, store: SessionStore, clock: Clock) -> None:
        self._agents = agents
        self._store = store
        self._clock = clock

    def create(
        self, tenant: str, agent_id: str, request: NewSession, deadline: Deadline, key: IdempotencyKey | None
    ) -> Session:
        """Raises InvalidRequest for a version that the agent never had, PayloadTooLarge, IdempotencyMismatch."""
        self._check_version(tenant, self._agents.get(tenant, agent_id), request.agent_version)
        now = self._clock.time()
        lifetime = request.expires_in_seconds
        session = Session(
            session_id=new_id("sess"),
            agent_id=agent_id,
            agent_version=request.agent_version,
            user_id=request.user_id,
            metadata=request.metadata,
            state="idle",
            message_count=0,
            usage=SessionUsage(),
            expires_at=None if lifetime is None else timestamp(int(now) + lifetime),
            last_activity_at=timestamp(now),
            created_at=timestamp(now),
            expires_in_seconds=lifetime,
        )
        return self._store.create(tenant, session, deadline, key)

    def get(self, tenant: str, agent_id: str, session_id: str) -> Session:
        return self._store.get(tenant, agent_id, session_id)

    def delete(self, tenant: str, agent_id: str, session_id: str, deadline: Deadline) -> None:
        self._store.delete(tenant, agent_id, session_id, deadline)

    def page(
        self, tenant: str, agent_id: str, user_id: str | None, limit: int, after: str | None, order: str | None
    ) -> Page[Session]:
        """Newest first unless `order` says otherwise. Raises InvalidRequest for a bad cursor or user."""
        if user_id is not None and len(user_id) > MAX_NAME:  # nobody's, and too long for a key
            raise InvalidRequest.of("userId", f"must be at most {MAX_NAME} characters long")
        self._agents.get(tenant, agent_id)
        return self._store.page(tenant, agent_id, user_id, limit, after, order or "desc")

    def messages(
        self, tenant: str, agent_id: str, session_id: str, limit: int, after: str | None, order: str | None
    ) -> Page[SentMessage | Reply]:
        """Oldest first unless `order` says otherwise. Raises InvalidRequest for a bad cursor."""
        return self._store.messages(tenant, agent_id, session_id, limit, after, order or "asc")

    def _check_version(self, tenant: str, latest: Agent, version: int | None) -> None:
        try:
            self._agents.at(tenant, latest, version)
        except NotFound as error:
            raise InvalidRequest.of(
                "agentVersion", f"is no version of the agent; its latest is {latest.version}"
            ) from error

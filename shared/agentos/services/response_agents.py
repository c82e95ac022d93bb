"""The tenant's own agent for responses. It keeps the sessions of responses that name a model and no agent.

It is made when it is first needed, and its id is the same for every tenant. A stored response brings its model, tools
and instructions along; the agent's own model answers messages that go on with such a session in the native API.
"""

from collections.abc import Sequence

from agentos.domain import Agent, AgentConfig, IdempotencyKey, Session
from agentos.domain.requests import TurnOverride
from agentos.domain.response_ids import RESPONSES_AGENT, conversation
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import NotFound
from agentos.store.agents import AgentStore
from agentos.store.faults import ConditionFailed
from agentos.store.items import Item
from agentos.store.messages import StoredMessage
from agentos.store.sessions import SessionStore

MODEL = "openai:gpt-4o-mini"
"""The agent's, where a conversation is opened before any response names a model."""

MOST_MESSAGES = 80
"""In one request. A commit is one transaction of at most 100 items (DynamoDB's documentation, "Quotas")."""


class ResponseAgents:
    """Opens sessions, and makes the agent where it is missing."""

    own_id = RESPONSES_AGENT

    def __init__(self, agents: AgentStore, sessions: SessionStore, clock: Clock) -> None:
        self._agents = agents
        self._sessions = sessions
        self._clock = clock

    def opened(
        self,
        tenant: str,
        session: Session,
        override: TurnOverride | None,
        deadline: Deadline,
        key: IdempotencyKey | None,
        reserved: Item | None = None,
        first: Sequence[StoredMessage] = (),
    ) -> Session:
        """The session, created; under a key, the one that it created before.

        `first`: as `SessionStore.create` takes it. Raises as that does.
        """
        try:
            return self._sessions.create(tenant, session, deadline, key, reserved, first)
        except NotFound:
            if session.agent_id != self.own_id:
                raise
        self._make(tenant, override, deadline)
        return self._sessions.create(tenant, session, deadline, key, reserved, first)

    def _make(self, tenant: str, override: TurnOverride | None, deadline: Deadline) -> None:
        now = self._clock.now()
        agent = Agent(
            agent_id=self.own_id,
            name="responses",
            description="Keeps the conversations of clients of OpenAI's Responses.",
            model=((override and override.models) or (MODEL,))[0],
            tools=(),
            config=AgentConfig(),
            version=1,
            created_at=now,
            updated_at=now,
        )
        try:
            self._agents.create(tenant, agent, deadline)
        except ConditionFailed:  # another request was first
            return


def named_session(text: str, agent_id: str) -> tuple[str, str]:
    """Agent and session of a conversation's id, which may be a session's own: it is then that agent's."""
    return conversation(text) or (agent_id, text)

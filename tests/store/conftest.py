"""The stores over a new table, with a clock that the test moves."""

from typing import Any

import pytest

from agentos.domain import Reply, SentMessage, Session
from agentos.kernel.clock import Deadline
from agentos.kernel.ids import new_id
from agentos.store.agents import AgentStore
from agentos.store.dynamodb import Table
from agentos.store.leases import Lease, LeaseStore
from agentos.store.sessions import SessionStore
from agentos.store.turns import TurnCommit, TurnStore
from tests.support.backends import DYNAMODBS
from tests.support.builders import a_message, a_reply, a_session, an_agent
from tests.support.clock import FakeClock
from tests.support.dynamodb import items_of

TENANT = "acme"


class Store:
    """All stores of one table, and shortcuts for one tenant."""

    def __init__(self, client: Any, table_name: str) -> None:
        self.client = client
        self.table_name = table_name
        self.clock = FakeClock()
        self.table = Table(client, table_name)
        self.agents = AgentStore(self.table, self.clock)
        self.sessions = SessionStore(self.table, self.clock)
        self.leases = LeaseStore(self.table, self.clock)
        self.turns = TurnStore(self.table, self.clock)

    def deadline(self, seconds: float = 120) -> Deadline:
        return Deadline.after(seconds, self.clock)

    def agent(self, tenant: str = TENANT, **fields: Any) -> str:
        """A stored agent's id."""
        agent = an_agent(**fields)
        self.agents.create(tenant, agent, self.deadline())
        return agent.agent_id

    def session(self, agent_id: str, tenant: str = TENANT, **fields: Any) -> Session:
        """A stored session."""
        session = a_session(agent_id, self.clock, **fields)
        self.sessions.create(tenant, session, self.deadline())
        return session

    def begin(self, session: Session, seconds: float = 30, tenant: str = TENANT) -> Lease:
        """A lease of so many seconds."""
        return self.acquire(tenant, session.agent_id, session.session_id, seconds)

    def acquire(self, tenant: str, agent_id: str, session_id: str, seconds: float = 30) -> Lease:
        return self.leases.acquire((tenant, agent_id, session_id), new_id("turn"), seconds, self.deadline())

    def renew(self, lease: Lease, seconds: float = 30) -> None:
        self.leases.renew(lease.session_path, lease.turn_id, seconds)

    def release(self, lease: Lease) -> None:
        self.leases.release(lease.session_path, lease.turn_id, self.deadline())

    def commit(self, lease: Lease, said: Any = "Hello", reply: Reply | None = None, tokens: int = 5) -> None:
        self.turns.commit(lease, self.step(lease, a_message(said), reply or a_reply(), tokens), self.deadline())

    def step(self, lease: Lease, sent: SentMessage, reply: Reply, tokens: int = 5) -> TurnCommit:
        """The changes of a question and its answer to the lease's session."""
        kept, answer = self.turns.to_stored(lease, 1, sent, tokens), self.turns.to_stored(lease, 2, reply, tokens)
        calls = tuple(call.id for call in reply.tool_calls)
        return TurnCommit((kept,), reply, answer, (*lease.session.turns, (tokens, tokens)), calls)

    def turn(self, session: Session, said: Any = "Hello", reply: Reply | None = None, tokens: int = 5) -> None:
        """A whole turn."""
        self.commit(self.begin(session), said, reply, tokens)

    def read(self, session: Session) -> Session:
        return self.sessions.get(TENANT, session.agent_id, session.session_id)

    def contents(self, session: Session) -> list[Any]:
        """All messages, in order."""
        page = self.sessions.messages(TENANT, session.agent_id, session.session_id, 100, None, "asc")
        return [message.content for message in page.data]

    def delete(self, session: Session) -> None:
        self.sessions.delete(TENANT, session.agent_id, session.session_id, self.deadline())

    def items(self) -> list[dict[str, Any]]:
        """All items of the table."""
        return sorted(items_of(self.client, self.table_name), key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


def flat(pages: list[list[str]]) -> list[str]:
    """The entries of all pages."""
    return [entry for page in pages for entry in page]


@pytest.fixture(params=DYNAMODBS)
def dynamodb_endpoint(request: pytest.FixtureRequest) -> str:
    """Every request that the store can make is made to each of these."""
    return str(request.getfixturevalue(f"{request.param}_endpoint"))


@pytest.fixture
def store(client: Any, table_name: str) -> Store:
    return Store(client, table_name)

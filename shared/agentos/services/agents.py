"""Reads, lists and deletes agents. None of that needs the configuration (`agent_writer.py` does)."""

from agentos.domain import Agent, Page
from agentos.domain.response_ids import RESPONSES_AGENT
from agentos.kernel.clock import Deadline
from agentos.kernel.errors import Unsupported
from agentos.store.agents import AgentStore


class Agents:
    """What the other agent endpoints do. What does not exist raises NotFound."""

    def __init__(self, store: AgentStore) -> None:
        self._store = store

    def get(self, tenant: str, agent_id: str, version: int | None = None) -> Agent:
        """The latest version unless another is asked for."""
        return self._store.get(tenant, agent_id, version)

    def delete(self, tenant: str, agent_id: str, deadline: Deadline) -> None:
        """Raises Unsupported for the agent that keeps the tenant's responses, and would take all of them along."""
        if agent_id == RESPONSES_AGENT:
            message = "This agent keeps the responses of OpenAI's clients. Delete its sessions, or single responses."
            raise Unsupported(message)
        self._store.delete(tenant, agent_id, deadline)

    def page(self, tenant: str, limit: int, after: str | None, order: str | None) -> "Page[Agent]":
        """Newest first unless `order` says otherwise. Raises InvalidRequest for a bad cursor."""
        return self._store.page(tenant, limit, after, order or "desc")

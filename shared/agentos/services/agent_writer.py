"""Writes agents: creates them and changes them. Both check what a client sends against the configuration."""

from collections.abc import Mapping
from typing import Any

from agentos.domain import Agent, IdempotencyKey
from agentos.domain.requests import NewAgent
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import PreconditionFailed, Throttled
from agentos.kernel.ids import new_id
from agentos.services.agent_patches import agent_fields, check_agent, patched
from agentos.settings.loading import Settings
from agentos.store.agents import AgentStore, VersionConflict

PATCH_TRIES = 10
PATCH_PAUSE_SECONDS = 0.02
"""The longest pause after a first conflict; it doubles with every further one, up to a second."""


class AgentWriter:
    """What `POST /agents` and `PATCH /agents/{agentId}` do. What does not exist raises NotFound."""

    def __init__(self, store: AgentStore, settings: Settings, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock

    def create(self, tenant: str, request: NewAgent, deadline: Deadline, key: IdempotencyKey | None) -> Agent:
        """Raises InvalidRequest, PayloadTooLarge, IdempotencyMismatch."""
        check_agent(request, self._settings)
        now = self._clock.now()
        agent = Agent(agent_id=new_id("agent"), version=1, created_at=now, updated_at=now, **agent_fields(request))
        return self._store.create(tenant, agent, deadline, key)

    def update(
        self,
        tenant: str,
        agent_id: str,
        patch: Mapping[str, Any],
        deadline: Deadline,
        allowed: frozenset[str] | None = None,
    ) -> Agent:
        """The agent's next version. Concurrent patches are applied one after the other; none is lost.

        `allowed` are the versions that may be changed, None for any. Raises InvalidRequest, PreconditionFailed,
        PayloadTooLarge, Throttled.
        """
        for attempt in range(PATCH_TRIES):
            agent = self._store.get(tenant, agent_id)
            if allowed is not None and str(agent.version) not in allowed:
                raise PreconditionFailed("The agent has changed since.", {"version": agent.version})
            changed = {"version": agent.version + 1, "updated_at": self._clock.now()}
            after = patched(agent, patch, self._settings).model_copy(update=changed)
            try:
                self._store.replace(tenant, agent, after, deadline)
                return after
            except VersionConflict:
                self._clock.sleep(self._clock.jitter(min(1, PATCH_PAUSE_SECONDS * 2**attempt)))
        raise Throttled("Too many requests change the agent at once; try again shortly.", headers={"retry-after": "1"})

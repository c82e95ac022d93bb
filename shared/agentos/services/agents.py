"""The agents' service: create, read, change, delete and list."""

from collections.abc import Iterator, Mapping
from typing import Any

from agentos.domain import Agent, AgentConfig, IdempotencyKey, Page
from agentos.domain.requests import NewAgent
from agentos.domain.response_ids import RESPONSES_AGENT
from agentos.domain.routing_rules import unreachable
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import InvalidRequest, PreconditionFailed, Throttled, Unsupported
from agentos.kernel.ids import new_id
from agentos.kernel.merge_patch import merge_patch
from agentos.kernel.validation import validated
from agentos.services.tool_definitions import check_choice, check_tools
from agentos.settings.loading import Settings
from agentos.store.agents import AgentStore, VersionConflict

PATCH_TRIES = 10
PATCH_PAUSE_SECONDS = 0.02
"""The longest pause after a first conflict; it doubles with every further one, up to a second."""


class Agents:
    """What the agent endpoints do. What does not exist raises NotFound."""

    def __init__(self, store: AgentStore, settings: Settings, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock

    def create(self, tenant: str, request: NewAgent, deadline: Deadline, key: IdempotencyKey | None) -> Agent:
        """Raises InvalidRequest, PayloadTooLarge, IdempotencyMismatch."""
        self._check(request)
        now = self._clock.now()
        agent = Agent(agent_id=new_id("agent"), version=1, created_at=now, updated_at=now, **_fields(request))
        return self._store.create(tenant, agent, deadline, key)

    def get(self, tenant: str, agent_id: str, version: int | None = None) -> Agent:
        """The latest version unless another is asked for."""
        return self._store.get(tenant, agent_id, version)

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
            before = NewAgent(**{name: getattr(agent, name) for name in NewAgent.model_fields}).to_json()
            request = validated(NewAgent, merge_patch(before, patch))
            self._check(request)
            changed = {**_fields(request), "version": agent.version + 1, "updated_at": self._clock.now()}
            try:
                after = agent.model_copy(update=changed)
                self._store.replace(tenant, agent, after, deadline)
                return after
            except VersionConflict:
                self._clock.sleep(self._clock.jitter(min(1, PATCH_PAUSE_SECONDS * 2**attempt)))
        raise Throttled("Too many requests change the agent at once; try again shortly.", headers={"retry-after": "1"})

    def delete(self, tenant: str, agent_id: str, deadline: Deadline) -> None:
        """Raises Unsupported for the agent that keeps the tenant's responses, and would take all of them along."""
        if agent_id == RESPONSES_AGENT:
            message = "This agent keeps the responses of OpenAI's clients. Delete its sessions, or single responses."
            raise Unsupported(message)
        self._store.delete(tenant, agent_id, deadline)

    def page(self, tenant: str, limit: int, after: str | None, order: str | None) -> Page[Agent]:
        """Newest first unless `order` says otherwise. Raises InvalidRequest for a bad cursor."""
        return self._store.page(tenant, limit, after, order or "desc")

    def _check(self, request: NewAgent) -> None:
        """Checks that need more than the request itself. Raises InvalidRequest."""
        check_tools(request.tools)
        check_choice("config.toolChoice", request.config, request.tools)
        for field, model in _named_models(request.model, request.config):
            provider = model.partition(":")[0]
            if provider not in self._settings.provider_names:
                known = ", ".join(sorted(self._settings.provider_names))
                raise InvalidRequest.of(field, f"there is no provider {provider!r}; the configuration has {known}")
        if crossed := unreachable(request.config.routing.rules):
            later, earlier = crossed
            field = f"config.routing.rules[{later}]"
            raise InvalidRequest.of(field, f"can never match, as rules[{earlier}] always does before")


def _fields(request: NewAgent) -> dict[str, Any]:
    return {name: getattr(request, name) for name in NewAgent.model_fields}


def _named_models(model: str, config: AgentConfig) -> Iterator[tuple[str, str]]:
    """Every model that an agent names, each with the field that names it."""
    yield "model", model
    if config.fallback_model:
        yield "config.fallbackModel", config.fallback_model
    for index, name in enumerate(config.fallback_models):
        yield f"config.fallbackModels[{index}]", name
    for field, name in config.routing.models():
        yield f"config.routing.{field}", name

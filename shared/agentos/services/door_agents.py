"""The agent that answers a door's request: one that is stored, or one for this request alone."""

from agentos.domain import Agent, AgentConfig
from agentos.domain.callers import Caller
from agentos.domain.requests import CompletionRequest
from agentos.services.model_names import resolved
from agentos.services.tool_definitions import check_choice
from agentos.settings.loading import Settings
from agentos.store.agents import AgentStore

AGENT = "agent:"


class DoorAgents:
    """Reads `model`: `agent:<agentId>`, or one model and its fallbacks, separated by commas."""

    def __init__(self, agents: AgentStore, settings: Settings) -> None:
        self._agents = agents
        self._settings = settings

    def of(self, caller: Caller, request: CompletionRequest) -> Agent:
        """The agent with the request's tools and parameters.

        Raises InvalidRequest, NotFound, Throttled, Unavailable.
        """
        if request.model.startswith(AGENT):
            agent = self._agents.get(caller.tenant, request.model.removeprefix(AGENT))
        else:
            agent = self._temporary(caller, request.model)
        tools = agent.tools if request.tools is None else request.tools
        agent = agent.model_copy(update={"tools": tools}).under(request.parameters)
        check_choice("toolChoice", agent.config, tools)
        return agent

    def models(self, caller: Caller, names: str) -> tuple[str, ...]:
        """The models of these names, separated by commas. Raises InvalidRequest, NotFound."""
        return tuple(resolved(name.strip(), self._settings, caller) for name in names.split(","))

    def _temporary(self, caller: Caller, models: str) -> Agent:
        """An agent that is not stored. Its model is the first of `models`, the others are its fallbacks."""
        first, *others = self.models(caller, models)
        return Agent(
            agent_id="",
            name="",
            description="",
            model=first,
            tools=(),
            config=AgentConfig(fallback_models=tuple(others)),
            version=1,
            created_at="",
            updated_at="",
        )

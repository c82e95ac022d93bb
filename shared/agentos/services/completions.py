"""Completions: one answer of the routing layer, without a session. Every door's requests end here."""

from agentos.domain import Agent, AgentConfig, Parameters, Reply
from agentos.domain.names import model_name
from agentos.domain.requests import CompletionRequest
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import InvalidRequest, NotFound
from agentos.kernel.ids import new_id
from agentos.kernel.validation import validated
from agentos.routing.call import Simulation
from agentos.routing.execute import Executor
from agentos.services.preparation import Hints, Preparation
from agentos.services.replies import make_reply, require_complete
from agentos.services.stream_listener import StreamListener, forward_text
from agentos.services.turn_metrics import record_turn
from agentos.settings.loading import Settings
from agentos.store.agents import AgentStore

AGENT = "agent:"


class Completions:
    """Answers completion requests. Nothing is stored."""

    def __init__(
        self, agents: AgentStore, preparation: Preparation, executor: Executor, settings: Settings, clock: Clock
    ) -> None:
        self._agents = agents
        self._preparation = preparation
        self._executor = executor
        self._settings = settings
        self._clock = clock

    def complete(
        self,
        tenant: str,
        request: CompletionRequest,
        deadline: Deadline,
        simulated: Simulation,
        listener: StreamListener | None = None,
    ) -> Reply:
        """One answer. The listener gets its text as it comes.

        Raises InvalidRequest, NotFound, Unsupported and what `Executor.run` raises. An answer that breaks off after
        the listener got some of it raises, too.
        """
        began, limits = self._clock.monotonic(), self._settings.limits
        seconds = limits.streamed_turn_seconds if listener else limits.turn_seconds
        answer_by = deadline.at_most(seconds).earlier(limits.commit_reserve_seconds)
        agent = self._agent(tenant, request)
        parameters = _parameters(agent, request)
        if agent.config.timeout_seconds:
            answer_by = answer_by.at_most(agent.config.timeout_seconds)
        hints = Hints(metadata=request.metadata)
        prompt, plan = self._preparation.prepare(tenant, agent, None, request.messages, hints, parameters)
        message_id = new_id("msg")
        text_listener = forward_text(listener, message_id) if listener else None
        outcome = self._executor.run(plan, prompt, answer_by, agent.config.fallback_on, simulated, text_listener)
        milliseconds = round((self._clock.monotonic() - began) * 1000)
        reply = make_reply(plan, outcome, message_id, milliseconds, self._clock.now())
        record_turn(reply)
        return require_complete(reply)

    def _agent(self, tenant: str, request: CompletionRequest) -> Agent:
        """The agent that `model` names, or one for this request alone, with the request's tools and config."""
        if request.model.startswith(AGENT):
            agent = self._agents.get(tenant, request.model.removeprefix(AGENT))
        else:
            agent = self._temporary_agent(request.model)
        tools = agent.tools if request.tools is None else request.tools
        config = validated(AgentConfig, {**agent.config.to_json(), **request.config})
        return agent.model_copy(update={"tools": tools, "config": config})

    def _temporary_agent(self, models: str) -> Agent:
        """An agent that is not stored. Its model is the first of `models`, the others are its fallbacks."""
        first, *others = (name.strip() for name in models.split(","))
        for name in (first, *others):
            try:
                provider = model_name(name).partition(":")[0]
            except ValueError as error:
                raise InvalidRequest.of("model", str(error)) from error
            if provider not in self._settings.providers:
                raise NotFound(f"There is no provider {provider!r:.80}.", {"model": name[:200]})
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


def _parameters(agent: Agent, request: CompletionRequest) -> Parameters:
    """The agent's parameters and the request's choice of tools. Raises InvalidRequest."""
    parameters = agent.config.parameters()
    choice, names = request.tool_choice, {tool.function.name for tool in agent.tools}
    if choice and not names:
        raise InvalidRequest.of("toolChoice", "needs tools to choose from")
    if choice and choice.name is not None and choice.name not in names:
        raise InvalidRequest.of("toolChoice.name", "names none of the tools")
    if not names:  # without tools there is nothing to call in parallel, and some providers reject the parameter
        return parameters
    calling = {"tool_choice": choice, "parallel_tool_calls": request.parallel_tool_calls}
    return parameters.model_copy(update=calling)

"""The OpenAI-compatible door: the routing layer for any OpenAI client, without agents' sessions or any state."""

from agentos.audience import Audience, relay
from agentos.clock import Clock, Deadline
from agentos.config import Settings
from agentos.domain import Agent, AgentConfig, Reply
from agentos.errors import InvalidRequest, NotFound, Unsupported
from agentos.ids import new_id
from agentos.metrics import record_turn
from agentos.openai_api import ChatRequest
from agentos.preparation import Hints, Preparation
from agentos.reply import make_reply, whole
from agentos.routing.call import Simulation
from agentos.routing.execute import Executor
from agentos.store.agents import AgentStore
from agentos.values import model_name

AGENT = "agent:"


class Chat:
    """What the `/v1` endpoints do."""

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
        request: ChatRequest,
        deadline: Deadline,
        simulated: Simulation,
        audience: Audience | None = None,
    ) -> Reply:
        """One answer, its text told to the audience as it comes.

        Raises InvalidRequest, NotFound, Unsupported and what `Executor.run` raises; what breaks off after the audience
        has heard some of it, too.
        """
        began, limits = self._clock.monotonic(), self._settings.limits
        seconds = limits.streamed_turn_seconds if audience else limits.turn_seconds
        answer_by = deadline.at_most(seconds).earlier(limits.commit_reserve_seconds)
        agent = self._agent(tenant, request)
        if agent.config.timeout_seconds:
            answer_by = answer_by.at_most(agent.config.timeout_seconds)
        hints = Hints(metadata=request.metadata or {})
        asked, parameters = request.conversation(), request.parameters(agent)
        prompt, plan = self._preparation.prepare(tenant, agent, None, asked, hints, parameters)
        message_id = new_id("msg")
        hear = relay(audience, message_id) if audience else None
        outcome = self._executor.run(plan, prompt, answer_by, agent.config.fallback_on, simulated, hear)
        milliseconds = round((self._clock.monotonic() - began) * 1000)
        reply = make_reply(plan, outcome, message_id, milliseconds, self._clock.now())
        record_turn(reply)
        return whole(reply)

    def _agent(self, tenant: str, request: ChatRequest) -> Agent:
        """The agent that is named, or one for this request alone, as the request would have it."""
        if request.model.startswith(AGENT):
            agent = self._agents.get(tenant, request.model.removeprefix(AGENT))
        else:
            agent = self._passing(request.model)
        tools, config = request.offered(agent.tools), request.config(agent.config)
        return agent.model_copy(update={"tools": tools, "config": config})

    def _passing(self, names: str) -> Agent:
        """An agent that is stored nowhere, out of a model or several parted by commas: the first and its fallbacks."""
        first, *others = (name.strip() for name in names.split(","))
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


def refuse_key(key: object) -> None:
    """A key would have to keep the answer, and nothing is kept here. Raises Unsupported."""
    if key is not None:
        raise Unsupported(
            "Idempotency-Key: answers are kept in sessions only; leave it out here.", {"capability": "Idempotency-Key"}
        )

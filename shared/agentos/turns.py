"""A turn: lease, history, route and call, one commit. And its rehearsal, which stops before the call."""

from agentos.clock import Clock, Deadline
from agentos.config import Settings
from agentos.domain import (
    Agent,
    Completion,
    Message,
    Plan,
    Price,
    Prompt,
    Reply,
    Route,
    SentMessage,
    Usage,
)
from agentos.history import window
from agentos.ids import new_id
from agentos.requests import NewMessage, RouteQuery
from agentos.routing.execute import Executor, Outcome
from agentos.routing.plan import Facts, make_plan
from agentos.store.agents import AgentStore
from agentos.store.sessions import SessionStore
from agentos.store.turns import Lease, TurnStore
from agentos.tokens import estimate


class Router:
    """The plan for a message: the same for a turn and for its explanation."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def plan(self, agent: Agent, request: NewMessage) -> Plan:
        facts = Facts(
            task_type=request.task_type or "general",
            priority=request.priority,
            has_images=Message(role=request.role, content=request.content).has_images,
            structured_output=(agent.config.response_format or {}).get("type") == "json_schema",
        )
        return make_plan(agent.model, agent.config, facts, self._settings)


class Explanations:
    """What `POST …/route` does: everything up to the first call."""

    def __init__(self, agents: AgentStore, sessions: SessionStore, router: Router) -> None:
        self._agents = agents
        self._sessions = sessions
        self._router = router

    def explain(self, tenant: str, agent_id: str, request: RouteQuery) -> Plan:
        """The plan that a turn would follow now. Raises NotFound."""
        agent = self._agents.get(tenant, agent_id)
        if request.session_id is not None:
            self._sessions.get(tenant, agent_id, request.session_id)
        return self._router.plan(agent, request)


class Turns:
    """What `POST …/messages` does."""

    def __init__(
        self,
        agents: AgentStore,
        store: TurnStore,
        router: Router,
        executor: Executor,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._agents = agents
        self._store = store
        self._router = router
        self._executor = executor
        self._limits = settings.limits
        self._clock = clock

    def send(self, tenant: str, agent_id: str, session_id: str, request: NewMessage, deadline: Deadline) -> Reply:
        """The assistant's reply, stored together with the message it answers.

        A turn that fails leaves the session as it was. Raises NotFound, SessionBusy, PayloadTooLarge and
        what `Executor.run` raises.
        """
        agent = self._agents.get(tenant, agent_id)
        lease = self._store.begin(tenant, agent_id, session_id, deadline)
        try:
            return self._run(agent, lease, request, deadline)
        except BaseException:
            self._store.abandon(lease)
            raise

    def _run(self, agent: Agent, lease: Lease, request: NewMessage, deadline: Deadline) -> Reply:
        began = self._clock.monotonic()
        asked = Message(role=request.role, content=request.content)
        sent = self._store.sent_item(lease, self._sent(request), estimate(asked))
        plan = self._router.plan(agent, request)
        outcome = self._executor.run(
            plan, self._prompt(agent, lease, asked), self._call_deadline(agent, deadline), agent.config.fallback_on
        )
        latency_ms = round((self._clock.monotonic() - began) * 1000)
        reply = _reply(plan, outcome, latency_ms, self._clock.now())
        tokens = estimate(Message(role="assistant", content=reply.content))
        self._store.commit(lease, sent, reply, tokens, deadline)
        return reply

    def _sent(self, request: NewMessage) -> SentMessage:
        return SentMessage(
            message_id=new_id("msg"),
            role=request.role,
            content=request.content,
            task_type=request.task_type,
            priority=request.priority,
            metadata=request.metadata,
            created_at=self._clock.now(),
        )

    def _prompt(self, agent: Agent, lease: Lease, asked: Message) -> Prompt:
        given = agent.config.history_tokens
        budget = self._limits.history_tokens if given is None else given
        stored = (
            (Message(role=message.role, content=message.content), tokens)
            for message, tokens in self._store.newest_first(lease)
        )
        return Prompt(
            messages=(*window(stored, budget - estimate(asked)), asked),
            instructions=agent.config.instructions,
            parameters=agent.config.parameters(),
        )

    def _call_deadline(self, agent: Agent, deadline: Deadline) -> Deadline:
        """The function's or the server's bound on a turn, less the commit's share, or the agent's own bound."""
        limits = self._limits
        bound = deadline.at_most(limits.turn_seconds).earlier(limits.commit_reserve_seconds)
        return bound.at_most(agent.config.timeout_seconds or limits.turn_seconds)


def _reply(plan: Plan, outcome: Outcome, latency_ms: int, created_at: str) -> Reply:
    target, completion = outcome.target, outcome.completion
    return Reply(
        message_id=new_id("msg"),
        content=completion.text,
        finish_reason=completion.finish_reason,
        model=target.model,
        provider=target.provider,
        usage=Usage(
            prompt_tokens=completion.tokens.prompt,
            completion_tokens=completion.tokens.completion,
            total_tokens=completion.tokens.prompt + completion.tokens.completion,
            cached_tokens=completion.tokens.cached,
            cost_usd=cost(completion, target.facts.price),
            latency_ms=latency_ms,
        ),
        route=Route(
            requested=plan.requested,
            served=target.model,
            rule=plan.rule,
            experiment=plan.experiment,
            fallback_used=target.model != plan.requested,
            attempts=outcome.attempts,
            skipped=outcome.skipped,
        ),
        created_at=created_at,
    )


def cost(completion: Completion, price: Price | None) -> float | None:
    """USD, cached prompt tokens at their own price; None where the price is not known."""
    if price is None:
        return None
    tokens = completion.tokens
    cached_price = price.input if price.cached_input is None else price.cached_input
    cached = min(tokens.cached, tokens.prompt)
    millionths = (tokens.prompt - cached) * price.input + cached * cached_price + tokens.completion * price.output
    return round(millionths / 1_000_000, 10)

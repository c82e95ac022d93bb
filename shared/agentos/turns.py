"""A turn: lease, history, route and call, one commit. And its rehearsal, which stops before the call."""

from agentos.clock import Clock, Deadline
from agentos.config import Settings
from agentos.domain import Agent, Message, Plan, Reply, SentMessage
from agentos.ids import new_id
from agentos.metrics import record_turn
from agentos.preparation import Preparation
from agentos.reply import make_reply
from agentos.requests import NewMessage, RouteQuery
from agentos.routing.call import Simulation
from agentos.routing.execute import Executor
from agentos.store.agents import AgentStore
from agentos.store.sessions import SessionStore
from agentos.store.turns import Lease, TurnStore
from agentos.tokens import estimate


class Explanations:
    """What `POST …/route` does: everything up to the first call."""

    def __init__(self, agents: AgentStore, sessions: SessionStore, preparation: Preparation) -> None:
        self._agents = agents
        self._sessions = sessions
        self._preparation = preparation

    def explain(self, tenant: str, agent_id: str, request: RouteQuery) -> Plan:
        """The plan that a turn would follow now. Raises NotFound, PayloadTooLarge."""
        self._preparation.admit(request)
        agent = self._agents.get(tenant, agent_id)
        session = request.session_id and self._sessions.get(tenant, agent_id, request.session_id)
        _, plan = self._preparation.prepare(tenant, agent, session or None, request)
        return plan


class Turns:
    """What `POST …/messages` does."""

    def __init__(
        self,
        agents: AgentStore,
        store: TurnStore,
        preparation: Preparation,
        executor: Executor,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._agents = agents
        self._store = store
        self._preparation = preparation
        self._executor = executor
        self._limits = settings.limits
        self._clock = clock

    def send(
        self,
        tenant: str,
        agent_id: str,
        session_id: str,
        request: NewMessage,
        deadline: Deadline,
        simulated: Simulation | None = None,
    ) -> Reply:
        """The assistant's reply, stored together with the message it answers.

        A turn that fails leaves the session as it was. Raises NotFound, SessionBusy, PayloadTooLarge and
        what `Executor.run` raises.
        """
        self._preparation.admit(request)
        agent = self._agents.get(tenant, agent_id)
        lease = self._store.begin(tenant, agent_id, session_id, deadline)
        try:
            reply = self._run(agent, lease, request, deadline, simulated)
        except BaseException:
            self._store.abandon(lease)
            raise
        record_turn(reply)
        return reply

    def _run(
        self, agent: Agent, lease: Lease, request: NewMessage, deadline: Deadline, simulated: Simulation | None
    ) -> Reply:
        began = self._clock.monotonic()
        sent = self._sent(request)
        asked = self._store.sent_item(lease, sent, estimate(Message(role=sent.role, content=sent.content)))
        prompt, plan = self._preparation.prepare(lease.tenant, agent, lease.session, request)
        call_deadline = self._call_deadline(agent, deadline)
        outcome = self._executor.run(plan, prompt, call_deadline, agent.config.fallback_on, simulated)
        latency_ms = round((self._clock.monotonic() - began) * 1000)
        reply = make_reply(plan, outcome, latency_ms, self._clock.now())
        tokens = estimate(Message(role="assistant", content=reply.content))
        self._store.commit(lease, asked, reply, tokens, deadline)
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

    def _call_deadline(self, agent: Agent, deadline: Deadline) -> Deadline:
        """The function's or the server's bound on a turn, less the commit's share, or the agent's own bound."""
        limits = self._limits
        bound = deadline.at_most(limits.turn_seconds).earlier(limits.commit_reserve_seconds)
        return bound.at_most(agent.config.timeout_seconds or limits.turn_seconds)

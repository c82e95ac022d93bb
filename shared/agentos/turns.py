"""A turn: lease, history, route and call, one commit. And its rehearsal, which stops before the call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from agentos.audience import Audience, relay, retell
from agentos.clock import Clock, Deadline
from agentos.config import Settings
from agentos.domain import Agent, IdempotencyKey, Message, Plan, Reply, SentMessage
from agentos.errors import ErrorClass, PayloadTooLarge, SessionBusy, ToolCallNotOpen, ToolResultsPending
from agentos.history import extended, remembered
from agentos.ids import new_id
from agentos.metrics import record_turn
from agentos.preparation import Hints, Preparation
from agentos.reply import make_reply, still_open, whole
from agentos.requests import NewMessage, RouteQuery, ToolResult
from agentos.routing.execute import Executor
from agentos.store.agents import AgentStore
from agentos.store.messages import Kept
from agentos.store.sessions import SessionStore
from agentos.store.turns import Lease, Step, TurnStore
from agentos.tokens import estimate

QUEUE_PAUSE_SECONDS = 1.0
"""The longest pause between two knocks at a busy session's door."""


class Explanations:
    """What `POST …/route` does: everything up to the first call."""

    def __init__(self, agents: AgentStore, sessions: SessionStore, preparation: Preparation) -> None:
        self._agents = agents
        self._sessions = sessions
        self._preparation = preparation

    def explain(self, tenant: str, agent_id: str, request: RouteQuery) -> Plan:
        """The plan that a turn would follow now. Raises NotFound."""
        agent = self._agents.get(tenant, agent_id)
        session = self._sessions.get(tenant, agent_id, request.session_id) if request.session_id else None
        asked = [Message(role=request.role, content=request.content)]
        if session:
            agent = self._agents.at(tenant, agent, session.agent_version)
        _, plan = self._preparation.prepare(tenant, agent, session, asked, Hints.of(request))
        return plan


@dataclass(frozen=True)
class Turn:
    """What is to be answered, where, until when. `simulated`: providers that are to fail, and how."""

    tenant: str
    agent_id: str
    session_id: str
    said: Sequence[NewMessage | ToolResult]
    deadline: Deadline
    key: IdempotencyKey | None = None
    simulated: Mapping[str, ErrorClass] = field(default_factory=dict)

    @property
    def place(self) -> tuple[str, str, str]:
        return self.tenant, self.agent_id, self.session_id


@dataclass(frozen=True)
class _Running:
    """A turn that has its session's lease. `answer_by`: when a provider must have answered; `began`: monotonic."""

    turn: Turn
    agent: Agent
    lease: Lease
    answer_by: Deadline
    began: float
    audience: Audience | None


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
        *,
        long: bool = False,
    ) -> None:
        """`long`: nobody waits for an answer, so there is more time, and a busy session is waited for."""
        self._agents = agents
        self._store = store
        self._preparation = preparation
        self._executor = executor
        self._limits = settings.limits
        self._long = long
        self._clock = clock

    def send(self, turn: Turn, audience: Audience | None = None) -> Reply:
        """The assistant's reply, stored together with the messages it answers, its text told to the audience as it
        comes; under a key that has been answered, the same reply again.

        A turn that fails leaves the session as it was, unless the audience has heard some of the answer: then that is
        stored, and what broke it off raised. Raises NotFound, SessionBusy, IdempotencyInFlight, IdempotencyMismatch,
        ToolResultsPending, ToolCallNotOpen, PayloadTooLarge and what `Executor.run` raises.
        """
        began = self._clock.monotonic()
        turn = replace(turn, deadline=turn.deadline.at_most(self._seconds(audience)))
        agent = self._agents.get(turn.tenant, turn.agent_id)
        answer_by = self._answer_by(agent, turn.deadline)
        try:
            lease = self._lease(agent, turn, answer_by)
        except SessionBusy:
            if answered := self._answered(turn, audience):
                return answered
            raise
        try:
            if answered := self._answered(turn, audience):
                self._store.abandon(lease)
                return answered
            pinned = self._agents.at(turn.tenant, agent, lease.session.agent_version)
            if pinned is not agent:
                answer_by = self._answer_by(pinned, turn.deadline)
            reply = self._run(_Running(turn, pinned, lease, answer_by, began, audience))
        except BaseException:
            self._store.abandon(lease)
            raise
        return whole(reply)

    def _seconds(self, audience: Audience | None) -> float:
        """A turn's whole time."""
        if self._long:
            return self._limits.long_turn_seconds
        return self._limits.streamed_turn_seconds if audience else self._limits.turn_seconds

    def _answered(self, turn: Turn, audience: Audience | None) -> Reply | None:
        """How the turn's key was answered, told again. What broke off is told only to who has heard some of it: for
        anybody else the key runs the turn once more. Raises what broke it off."""
        told = self._store.told(*turn.place, turn.key) if turn.key else None
        if told is None:
            return None
        if told.reply.state == "incomplete" and not (audience and audience.resumes):
            return None
        if audience:
            retell(audience, told.reply, told.lengths)
        return whole(told.reply)

    def _answer_by(self, agent: Agent, deadline: Deadline) -> Deadline:
        """The turn's deadline less the commit's share, or the agent's own bound."""
        bound = deadline.earlier(self._limits.commit_reserve_seconds)
        return bound.at_most(agent.config.timeout_seconds) if agent.config.timeout_seconds else bound

    def _lease(self, agent: Agent, turn: Turn, answer_by: Deadline) -> Lease:
        """The session's lease, waited for if the agent says so: as long as there is time left for an answer."""
        patience = answer_by.earlier(answer_by.remaining() / 2)
        pause = 0.1
        while True:
            try:
                return self._store.begin(*turn.place, turn.deadline, turn.key)
            except SessionBusy:
                rejects = agent.config.on_busy == "reject" and not self._long
                if rejects or patience.remaining() < pause:
                    raise
            self._clock.sleep(pause / 2 + self._clock.jitter(pause / 2))
            pause = min(2 * pause, QUEUE_PAUSE_SECONDS)

    def _run(self, run: _Running) -> Reply:
        """The reply, committed."""
        open_calls = _open_after(run.lease.session.open_calls, run.turn.said)
        sent = [self._sent(said) for said in run.turn.said]
        asked = [Message(role=m.role, content=m.content, tool_call_id=m.tool_call_id) for m in sent]
        kept = tuple(
            self._store.keep(run.lease, place, message, estimate(as_asked))
            for place, (message, as_asked) in enumerate(zip(sent, asked, strict=True), start=1)
        )
        self._check_size(kept)
        step = self._wait(run, kept, open_calls) if open_calls else self._ask(run, asked, kept)
        # An answer has been paid for, whether anybody waits for it or not.
        self._store.commit(run.lease, step, run.turn.deadline.regardless())
        if step.answer:
            record_turn(step.reply)
        return step.reply

    def _ask(self, run: _Running, asked: Sequence[Message], kept: tuple[Kept, ...]) -> Step:
        """A provider's answer, or what has been heard of one that broke off."""
        first, config = run.turn.said[0], run.agent.config
        hints = Hints.of(first) if isinstance(first, NewMessage) else Hints()
        prompt, plan = self._preparation.prepare(run.turn.tenant, run.agent, run.lease.session, asked, hints)
        message_id = new_id("msg")
        hear = relay(run.audience, message_id) if run.audience else None
        outcome = self._executor.run(plan, prompt, run.answer_by, config.fallback_on, run.turn.simulated, hear)
        reply = make_reply(plan, outcome, message_id, self._milliseconds_since(run.began), self._clock.now())
        tokens = estimate(Message(role="assistant", content=reply.content, tool_calls=reply.tool_calls))
        answer = self._store.keep(run.lease, len(kept) + 1, reply, tokens)
        return Step(
            sent=kept,
            reply=reply,
            answer=answer,
            turns=self._turns(run, [*kept, answer]),
            open_calls=tuple(call.id for call in reply.tool_calls),
            lengths=tuple(map(len, outcome.told)),
        )

    def _wait(self, run: _Running, kept: tuple[Kept, ...], open_calls: tuple[str, ...]) -> Step:
        """Some results are there and others are not: the calls that are left."""
        session = run.lease.session
        open_turn = self._store.newest(run.lease.tenant, session, len(session.turns[-1]))
        asking = next(message for message in reversed(open_turn) if isinstance(message, Reply))
        reply = still_open(asking, open_calls, self._milliseconds_since(run.began))
        return Step(kept, reply, None, self._turns(run, kept), open_calls)

    def _turns(self, run: _Running, added: Sequence[Kept]) -> tuple[tuple[int, ...], ...]:
        """What the session remembers of its newest turns, these messages among them."""
        session, lengths = run.lease.session, [message.tokens for message in added]
        turns = extended(session.turns, lengths, new_turn=not session.open_calls)
        return remembered(turns, self._limits.history_messages)

    def _check_size(self, kept: Sequence[Kept]) -> None:
        """Raises PayloadTooLarge, before anybody is asked."""
        size, most = sum(message.size for message in kept), self._limits.content_bytes
        if size > most:
            message = f"The message takes {size} bytes as JSON; at most {most} are taken (limits.contentBytes)."
            raise PayloadTooLarge(message, {"bytes": size, "maxBytes": most})

    def _sent(self, said: NewMessage | ToolResult) -> SentMessage:
        return SentMessage(
            message_id=new_id("msg"),
            role=said.role,
            content=said.content,
            tool_call_id=said.tool_call_id if isinstance(said, ToolResult) else None,
            task_type=said.task_type if isinstance(said, NewMessage) else None,
            priority=said.priority if isinstance(said, NewMessage) else None,
            metadata=said.metadata,
            created_at=self._clock.now(),
        )

    def _milliseconds_since(self, began: float) -> int:
        return round((self._clock.monotonic() - began) * 1000)


def _open_after(open_calls: tuple[str, ...], said: Sequence[NewMessage | ToolResult]) -> tuple[str, ...]:
    """The calls that still wait for results. Raises ToolResultsPending, ToolCallNotOpen."""
    left = list(open_calls)
    for message in said:
        if isinstance(message, ToolResult):
            if message.tool_call_id not in left:
                raise ToolCallNotOpen(
                    f"No result is awaited for the tool call {message.tool_call_id!r:.100}.", {"toolCallIds": left}
                )
            left.remove(message.tool_call_id)
        elif left:
            raise ToolResultsPending(
                "The model waits for the results of its tool calls; send one for each (role tool), if only to say that"
                " it was not called.",
                {"toolCallIds": left},
            )
    return tuple(left)

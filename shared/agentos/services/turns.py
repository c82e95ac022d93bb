"""A turn: lease, history, route and call, one commit."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agentos.domain import Agent, IdempotencyKey, Message, Reply, Session
from agentos.domain.callers import Caller
from agentos.domain.history import trimmed
from agentos.domain.requests import NewMessage, Sent, TurnOverride
from agentos.domain.token_estimates import estimate
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import (
    ApiError,
    ErrorClass,
    PayloadTooLarge,
    SessionBusy,
)
from agentos.kernel.ids import new_id
from agentos.kernel.logs import correlated
from agentos.routing.admission import Admission
from agentos.routing.execute import Executor
from agentos.services.leases import HeldLease, Leases
from agentos.services.preparation import Hints, Preparation
from agentos.services.replies import awaiting_results, make_reply, require_complete
from agentos.services.spending import Spending
from agentos.services.stream_listener import StreamListener, forward, replay
from agentos.services.turn_messages import asked_of, pending, remaining_calls, to_sent, turns_with
from agentos.services.turn_metrics import TurnRecord, TurnRecorder
from agentos.services.turn_parameters import overridden, with_parameters
from agentos.services.usage_recorder import TurnUsage, UsageRecorder
from agentos.settings.loading import Settings
from agentos.store.agents import AgentStore
from agentos.store.keys import SessionPath
from agentos.store.leases import Lease
from agentos.store.messages import StoredMessage
from agentos.store.responses import NewResponse
from agentos.store.turns import TurnCommit, TurnStore

QUEUE_PAUSE_SECONDS = 1.0
"""The longest pause between two tries to take the lease of a busy session."""


class Turn(NamedTuple):
    """The messages to answer, who sent them, their session and the deadline.

    `simulated`: providers that are to fail, and how.
    `queue_age_ms`: of a background turn, the time from its acceptance to its start.
    `override`: what holds in the place of the agent's own. `response`: the record that a door keeps with the answer;
    such a turn must answer all open calls. `expected`: how many messages the session must have.
    """

    caller: Caller
    agent_id: str
    session_id: str
    messages: Sequence[Sent]
    deadline: Deadline
    key: IdempotencyKey | None = None
    simulated: Mapping[str, ErrorClass] = {}
    queue_age_ms: int | None = None
    override: TurnOverride | None = None
    response: NewResponse | None = None
    expected: int | None = None

    @property
    def tenant(self) -> str:
        return self.caller.tenant

    @property
    def session_path(self) -> SessionPath:
        return self.tenant, self.agent_id, self.session_id


class SessionMoved(Exception):
    """The session has other messages than the turn expects."""


class _TurnRun(NamedTuple):
    """A turn that has its session's lease. `answer_by`: when a provider must have answered; `began`: monotonic.

    `usage`: what its calls use.
    """

    turn: Turn
    agent: Agent
    held: HeldLease[Lease]
    answer_by: Deadline
    began: float
    listener: StreamListener | None
    usage: TurnUsage

    @property
    def session(self) -> Session:
        """The session as it was when the turn began."""
        return self.held.lease.session


class Turns:
    """What `POST …/messages` does."""

    def __init__(
        self,
        agents: AgentStore,
        store: TurnStore,
        leases: Leases,
        preparation: Preparation,
        executor: Executor,
        usage: UsageRecorder,
        spending: Spending,
        settings: Settings,
        clock: Clock,
        *,
        long: bool = False,
    ) -> None:
        """`long`: for background turns, which have more time and wait for a busy session."""
        self._agents = agents
        self._store = store
        self._leases = leases
        self._preparation = preparation
        self._executor = executor
        self._usage = usage
        self._spending = spending
        self._recorder = TurnRecorder(settings)
        self._limits = settings.limits
        self._long = long
        self._clock = clock

    def send(self, turn: Turn, listener: StreamListener | None = None) -> Reply:
        """The assistant's reply, stored together with the messages that it answers. The listener gets it as it
        comes. Under a key that has been answered, it is the same reply again.

        A turn that fails leaves the session as it was. If the listener got some of the answer by then, that part is
        stored, and the error that broke it off is raised. Raises NotFound, SessionBusy, IdempotencyInFlight,
        IdempotencyMismatch, ToolResultsPending, ToolCallNotOpen, PayloadTooLarge, Throttled, Unavailable and what
        `Executor.run` raises.
        """
        began = self._clock.monotonic()
        turn = turn._replace(deadline=turn.deadline.at_most(self._seconds(listener)))
        agent = self._agents.get(turn.tenant, turn.agent_id)
        answer_by = self._answer_by(agent, turn.deadline)
        try:
            held = self._acquire(agent, turn, answer_by)
        except SessionBusy:
            if answered := self._replay_recorded(turn, listener):
                return answered
            raise
        with held:
            if answered := self._replay_recorded(turn, listener):
                return answered
            if turn.expected not in (None, held.lease.session.message_count):
                raise SessionMoved
            pinned = self._agents.at(turn.tenant, agent, held.lease.session.agent_version)
            if turn.override:
                pinned = overridden(pinned, turn.override)
            if pinned is not agent:
                answer_by = self._answer_by(pinned, turn.deadline)
            answer_by = answer_by.cancelled_by(lambda: held.lost is not None, aborts=self._long)
            run = _TurnRun(turn, pinned, held, answer_by, began, listener, self._turn_usage(turn, held.lease))
            with (
                correlated(turn_id=held.lease.turn_id),
                self._recorder.turn(pinned, turn.messages, turn.session_id, turn.queue_age_ms) as record,
                self._spending.turn(run.usage, pinned.config, run.session.usage, turn.deadline) as admission,
                self._usage.turn(run.usage, turn.deadline),
            ):
                try:
                    reply = self._run(run, record, admission)
                except ApiError as error:
                    if held.lost:
                        raise held.lost from error
                    raise
        return require_complete(reply)

    def _turn_usage(self, turn: Turn, lease: Lease) -> TurnUsage:
        return TurnUsage(
            turn_id=lease.turn_id,
            caller=turn.caller,
            door="background" if self._long else "responses" if turn.response else "messages",
            agent_id=turn.agent_id,
            session_id=turn.session_id,
            user_id=lease.session.user_id,
        )

    def _seconds(self, listener: StreamListener | None) -> float:
        """A turn's whole time."""
        if self._long:
            return self._limits.long_turn_seconds
        return self._limits.streamed_turn_seconds if listener else self._limits.turn_seconds

    def _replay_recorded(self, turn: Turn, listener: StreamListener | None) -> Reply | None:
        """The answer under the turn's key, replayed. An answer that broke off is replayed only for a client that has
        received some of it; for any other the key runs the turn once more. Raises what broke it off."""
        recorded = self._store.recorded_reply(*turn.session_path, turn.key) if turn.key else None
        if recorded is None:
            return None
        if recorded.reply.state == "incomplete" and not (listener and listener.resumes):
            return None
        if listener:
            replay(listener, recorded.reply, recorded.lengths)
        return require_complete(recorded.reply)

    def _answer_by(self, agent: Agent, deadline: Deadline) -> Deadline:
        """The turn's deadline less the commit's share, or the agent's own bound."""
        bound = deadline.earlier(self._limits.commit_reserve_seconds)
        return bound.at_most(agent.config.timeout_seconds) if agent.config.timeout_seconds else bound

    def _acquire(self, agent: Agent, turn: Turn, answer_by: Deadline) -> HeldLease[Lease]:
        """The session's lease. If the agent says so, a busy session is waited for, up to half of the time."""
        wait_until = answer_by.earlier(answer_by.remaining() / 2)
        pause = 0.1
        while True:
            try:
                return self._leases.acquire(turn.session_path, turn.deadline, turn.key)
            except SessionBusy:
                rejects = agent.config.on_busy == "reject" and not self._long
                if rejects or wait_until.remaining() < pause:
                    raise
            self._clock.sleep(pause / 2 + self._clock.jitter(pause / 2))
            pause = min(2 * pause, QUEUE_PAUSE_SECONDS)

    def _run(self, run: _TurnRun, record: TurnRecord, admission: Admission) -> Reply:
        """The reply, committed. `record` gets a provider's answer as soon as there is one."""
        open_calls = remaining_calls(run.session.open_calls, run.turn.messages)
        if open_calls and run.turn.response:
            raise pending(open_calls)
        sent = [to_sent(message, self._clock.now()) for message in run.turn.messages]
        asked = [asked_of(message) for message in sent]
        stored = tuple(
            self._store.to_stored(run.held.lease, offset, message, estimate(as_asked))
            for offset, (message, as_asked) in enumerate(zip(sent, asked, strict=True), start=1)
        )
        self._check_size(stored)
        if open_calls:
            commit = self._await_results(run, asked, stored, open_calls)
        else:
            commit = self._complete(run, asked, stored, admission)
            record.reply = commit.reply
        # An answer has been paid for, whether its client still waits or not.
        self._store.commit(run.held.lease, commit, run.turn.deadline.ignoring_client())
        run.usage.written = commit.usage is not None
        run.held.ended()
        return commit.reply

    def _complete(
        self, run: _TurnRun, asked: Sequence[Message], sent: tuple[StoredMessage, ...], admission: Admission
    ) -> TurnCommit:
        """A provider's answer, or the part that was streamed of one that broke off."""
        config = run.agent.config
        said = [message for message in run.turn.messages if isinstance(message, NewMessage)]
        hints = Hints.of(said[-1]) if said else Hints()
        agent = with_parameters(run.agent, run.turn.messages)
        prompt, plan = self._preparation.prepare(
            run.turn.caller, agent, run.session, asked, hints, streamed=run.listener is not None
        )
        response = run.turn.response
        message_id = (response and response.message_id) or new_id("msg")
        reasoning = agent.config.include_reasoning is True
        listener = forward(run.listener, message_id, reasoning=reasoning) if run.listener else None
        outcome = self._executor.run(
            plan,
            prompt,
            run.answer_by,
            config.fallback_on,
            run.turn.simulated,
            listener,
            run.usage.attempts,
            admission,
        )
        reply = run.usage.reply = make_reply(plan, outcome, message_id, run.began, self._clock, reasoning=reasoning)
        tokens = estimate(Message(role="assistant", content=reply.content, tool_calls=reply.tool_calls))
        answer = self._store.to_stored(run.held.lease, len(sent) + 1, reply, tokens)
        return TurnCommit(
            sent=sent,
            reply=reply,
            answer=answer,
            turns=self._turns(run, [*asked, Message(role="assistant", content="")], [*sent, answer]),
            open_calls=tuple(call.id for call in reply.tool_calls),
            lengths=outcome.lengths,
            usage=self._usage.item(run.usage),
            response=response.item(run.held.lease.partition, message_id, sent, answer) if response else None,
        )

    def _await_results(
        self, run: _TurnRun, asked: Sequence[Message], sent: tuple[StoredMessage, ...], open_calls: tuple[str, ...]
    ) -> TurnCommit:
        """Some results have come and others have not: the reply lists the calls that are left."""
        session = run.session
        open_turn = self._store.newest(run.turn.tenant, session, len(session.turns[-1]))
        asking = next(message for message in reversed(open_turn) if isinstance(message, Reply))
        reply = awaiting_results(asking, open_calls, self._milliseconds_since(run.began))
        return TurnCommit(sent, reply, None, self._turns(run, asked, sent), open_calls)

    def _turns(
        self, run: _TurnRun, added: Sequence[Message], stored: Sequence[StoredMessage]
    ) -> tuple[tuple[int, ...], ...]:
        """The lengths of the session's newest turns, with these messages added."""
        lengths = [(message.role, item.tokens) for message, item in zip(added, stored, strict=True)]
        turns = turns_with(run.session.turns, lengths, open_turn=bool(run.session.open_calls))
        return trimmed(turns, self._limits.history_messages)

    def _check_size(self, sent: Sequence[StoredMessage]) -> None:
        """Raises PayloadTooLarge, before any provider is asked."""
        size, most = sum(message.size for message in sent), self._limits.content_bytes
        if size > most:
            message = f"The message takes {size} bytes as JSON; at most {most} are taken (limits.contentBytes)."
            raise PayloadTooLarge(message, {"bytes": size, "maxBytes": most})

    def _milliseconds_since(self, began: float) -> int:
        return round((self._clock.monotonic() - began) * 1000)

"""A turn: lease, history, route and call, one commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from agentos.domain import Agent, IdempotencyKey, Message, Reply, SentMessage
from agentos.domain.history import extended, trimmed
from agentos.domain.requests import NewMessage, ToolResult
from agentos.domain.token_estimates import estimate
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import ErrorClass, PayloadTooLarge, SessionBusy, ToolCallNotOpen, ToolResultsPending
from agentos.kernel.ids import new_id
from agentos.routing.execute import Executor
from agentos.services.preparation import Hints, Preparation
from agentos.services.replies import awaiting_results, make_reply, require_complete
from agentos.services.stream_listener import StreamListener, forward_text, replay
from agentos.services.turn_metrics import record_turn
from agentos.services.turn_parameters import with_parameters
from agentos.settings.loading import Settings
from agentos.store.agents import AgentStore
from agentos.store.messages import StoredMessage
from agentos.store.turns import Lease, TurnCommit, TurnStore

QUEUE_PAUSE_SECONDS = 1.0
"""The longest pause between two knocks at a busy session's door."""


@dataclass(frozen=True)
class Turn:
    """What is to be answered, where, until when. `simulated`: providers that are to fail, and how."""

    tenant: str
    agent_id: str
    session_id: str
    messages: Sequence[NewMessage | ToolResult]
    deadline: Deadline
    key: IdempotencyKey | None = None
    simulated: Mapping[str, ErrorClass] = field(default_factory=dict)

    @property
    def session_path(self) -> tuple[str, str, str]:
        return self.tenant, self.agent_id, self.session_id


@dataclass(frozen=True)
class _TurnRun:
    """A turn that has its session's lease. `answer_by`: when a provider must have answered; `began`: monotonic."""

    turn: Turn
    agent: Agent
    lease: Lease
    answer_by: Deadline
    began: float
    listener: StreamListener | None


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

    def send(self, turn: Turn, listener: StreamListener | None = None) -> Reply:
        """The assistant's reply, stored together with the messages it answers, its text told to the audience as it
        comes; under a key that has been answered, the same reply again.

        A turn that fails leaves the session as it was, unless the audience has heard some of the answer: then that is
        stored, and what broke it off raised. Raises NotFound, SessionBusy, IdempotencyInFlight, IdempotencyMismatch,
        ToolResultsPending, ToolCallNotOpen, PayloadTooLarge and what `Executor.run` raises.
        """
        began = self._clock.monotonic()
        turn = replace(turn, deadline=turn.deadline.at_most(self._seconds(listener)))
        agent = self._agents.get(turn.tenant, turn.agent_id)
        answer_by = self._answer_by(agent, turn.deadline)
        try:
            lease = self._lease(agent, turn, answer_by)
        except SessionBusy:
            if answered := self._replay_recorded(turn, listener):
                return answered
            raise
        try:
            if answered := self._replay_recorded(turn, listener):
                self._store.release(lease)
                return answered
            pinned = self._agents.at(turn.tenant, agent, lease.session.agent_version)
            if pinned is not agent:
                answer_by = self._answer_by(pinned, turn.deadline)
            reply = self._run(_TurnRun(turn, pinned, lease, answer_by, began, listener))
        except BaseException:
            self._store.release(lease)
            raise
        return require_complete(reply)

    def _seconds(self, listener: StreamListener | None) -> float:
        """A turn's whole time."""
        if self._long:
            return self._limits.long_turn_seconds
        return self._limits.streamed_turn_seconds if listener else self._limits.turn_seconds

    def _replay_recorded(self, turn: Turn, listener: StreamListener | None) -> Reply | None:
        """How the turn's key was answered, told again. What broke off is told only to who has heard some of it: for
        anybody else the key runs the turn once more. Raises what broke it off."""
        told = self._store.recorded_reply(*turn.session_path, turn.key) if turn.key else None
        if told is None:
            return None
        if told.reply.state == "incomplete" and not (listener and listener.resumes):
            return None
        if listener:
            replay(listener, told.reply, told.lengths)
        return require_complete(told.reply)

    def _answer_by(self, agent: Agent, deadline: Deadline) -> Deadline:
        """The turn's deadline less the commit's share, or the agent's own bound."""
        bound = deadline.earlier(self._limits.commit_reserve_seconds)
        return bound.at_most(agent.config.timeout_seconds) if agent.config.timeout_seconds else bound

    def _lease(self, agent: Agent, turn: Turn, answer_by: Deadline) -> Lease:
        """The session's lease, waited for if the agent says so: as long as there is time left for an answer."""
        timeouts = answer_by.earlier(answer_by.remaining() / 2)
        pause = 0.1
        while True:
            try:
                return self._store.acquire(*turn.session_path, turn.deadline, turn.key)
            except SessionBusy:
                rejects = agent.config.on_busy == "reject" and not self._long
                if rejects or timeouts.remaining() < pause:
                    raise
            self._clock.sleep(pause / 2 + self._clock.jitter(pause / 2))
            pause = min(2 * pause, QUEUE_PAUSE_SECONDS)

    def _run(self, run: _TurnRun) -> Reply:
        """The reply, committed."""
        open_calls = _remaining_calls(run.lease.session.open_calls, run.turn.messages)
        sent = [self._sent(messages) for messages in run.turn.messages]
        asked = [Message(role=m.role, content=m.content, tool_call_id=m.tool_call_id) for m in sent]
        kept = tuple(
            self._store.to_stored(run.lease, place, message, estimate(as_asked))
            for place, (message, as_asked) in enumerate(zip(sent, asked, strict=True), start=1)
        )
        self._check_size(kept)
        commit = self._await_results(run, kept, open_calls) if open_calls else self._complete(run, asked, kept)
        # An answer has been paid for, whether anybody waits for it or not.
        self._store.commit(run.lease, commit, run.turn.deadline.ignoring_client())
        if commit.answer:
            record_turn(commit.reply)
        return commit.reply

    def _complete(self, run: _TurnRun, asked: Sequence[Message], kept: tuple[StoredMessage, ...]) -> TurnCommit:
        """A provider's answer, or what has been heard of one that broke off."""
        first, config = run.turn.messages[0], run.agent.config
        hints = Hints.of(first) if isinstance(first, NewMessage) else Hints()
        agent = with_parameters(run.agent, run.turn.messages)
        prompt, plan = self._preparation.prepare(run.turn.tenant, agent, run.lease.session, asked, hints)
        message_id = new_id("msg")
        text_listener = forward_text(run.listener, message_id) if run.listener else None
        outcome = self._executor.run(plan, prompt, run.answer_by, config.fallback_on, run.turn.simulated, text_listener)
        reply = make_reply(plan, outcome, message_id, self._milliseconds_since(run.began), self._clock.now())
        tokens = estimate(Message(role="assistant", content=reply.content, tool_calls=reply.tool_calls))
        answer = self._store.to_stored(run.lease, len(kept) + 1, reply, tokens)
        return TurnCommit(
            sent=kept,
            reply=reply,
            answer=answer,
            turns=self._turns(run, [*kept, answer]),
            open_calls=tuple(call.id for call in reply.tool_calls),
            lengths=tuple(map(len, outcome.deltas)),
        )

    def _await_results(self, run: _TurnRun, kept: tuple[StoredMessage, ...], open_calls: tuple[str, ...]) -> TurnCommit:
        """Some results are there and others are not: the calls that are left."""
        session = run.lease.session
        open_turn = self._store.newest(run.lease.tenant, session, len(session.turns[-1]))
        asking = next(message for message in reversed(open_turn) if isinstance(message, Reply))
        reply = awaiting_results(asking, open_calls, self._milliseconds_since(run.began))
        return TurnCommit(kept, reply, None, self._turns(run, kept), open_calls)

    def _turns(self, run: _TurnRun, added: Sequence[StoredMessage]) -> tuple[tuple[int, ...], ...]:
        """What the session remembers of its newest turns, these messages among them."""
        session, lengths = run.lease.session, [message.tokens for message in added]
        turns = extended(session.turns, lengths, new_turn=not session.open_calls)
        return trimmed(turns, self._limits.history_messages)

    def _check_size(self, kept: Sequence[StoredMessage]) -> None:
        """Raises PayloadTooLarge, before anybody is asked."""
        size, most = sum(message.size for message in kept), self._limits.content_bytes
        if size > most:
            message = f"The message takes {size} bytes as JSON; at most {most} are taken (limits.contentBytes)."
            raise PayloadTooLarge(message, {"bytes": size, "maxBytes": most})

    def _sent(self, messages: NewMessage | ToolResult) -> SentMessage:
        return SentMessage(
            message_id=new_id("msg"),
            role=messages.role,
            content=messages.content,
            tool_call_id=messages.tool_call_id if isinstance(messages, ToolResult) else None,
            task_type=messages.task_type if isinstance(messages, NewMessage) else None,
            priority=messages.priority if isinstance(messages, NewMessage) else None,
            metadata=messages.metadata,
            created_at=self._clock.now(),
        )

    def _milliseconds_since(self, began: float) -> int:
        return round((self._clock.monotonic() - began) * 1000)


def _remaining_calls(open_calls: tuple[str, ...], messages: Sequence[NewMessage | ToolResult]) -> tuple[str, ...]:
    """The calls that still wait for results. Raises ToolResultsPending, ToolCallNotOpen."""
    left = list(open_calls)
    for message in messages:
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

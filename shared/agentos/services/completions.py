"""Completions: one answer of the routing layer, without a session. Every door's requests end here.

Nothing is stored but its usage, and the answer to a request with an Idempotency-Key.
"""

from typing import Generic, Protocol, TypeVar

from agentos.domain import Agent, IdempotencyKey, Reply, SessionUsage
from agentos.domain.callers import Caller
from agentos.domain.requests import CompletionRequest
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import ApiError
from agentos.kernel.ids import new_id
from agentos.routing.call import Simulation
from agentos.routing.execute import Executor
from agentos.services.leases import Leases
from agentos.services.preparation import R_contra, RequestPreparation
from agentos.services.replies import make_reply, require_complete
from agentos.services.spending import Spending
from agentos.services.stream_listener import StreamListener, forward, replay
from agentos.services.turn_metrics import TurnRecorder
from agentos.services.usage_recorder import TurnUsage, UsageRecorder
from agentos.settings.loading import Settings
from agentos.store.completion_records import CompletionRecords
from agentos.store.turns import RecordedReply

R = TypeVar("R", bound=CompletionRequest)


class RequestAgents(Protocol[R_contra]):
    """Finds the agent that answers a request (`services/door_agents.py`)."""

    def of(self, caller: Caller, request: R_contra) -> Agent: ...


class Completions(Generic[R]):
    """Answers completion requests of one kind."""

    def __init__(
        self,
        agents: RequestAgents[R],
        records: CompletionRecords,
        leases: Leases,
        preparation: RequestPreparation[R],
        executor: Executor,
        usage: UsageRecorder,
        spending: Spending,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._agents = agents
        self._records = records
        self._leases = leases
        self._preparation = preparation
        self._executor = executor
        self._usage = usage
        self._spending = spending
        self._recorder = TurnRecorder(settings)
        self._settings = settings
        self._clock = clock

    def complete(
        self,
        caller: Caller,
        request: R,
        deadline: Deadline,
        simulated: Simulation,
        key: IdempotencyKey | None = None,
        listener: StreamListener | None = None,
    ) -> Reply:
        """One answer. The listener gets it as it comes. A key that was answered before gets the same answer.

        An answer that breaks off after the listener got some of it raises, too, and is not kept. Raises InvalidRequest,
        NotFound, Unsupported, IdempotencyMismatch, IdempotencyInFlight, Throttled, Unavailable and what `Executor.run`
        raises.
        """
        limits = self._settings.limits
        deadline = deadline.at_most(limits.streamed_turn_seconds if listener else limits.turn_seconds)
        if key is None:
            turn_id = new_id("turn", self._clock.time())
            return self._answer(turn_id, caller, request, deadline, simulated, listener)[0]
        held = self._leases.claim(caller.tenant, key, deadline)
        if isinstance(held, RecordedReply):
            if listener:
                replay(listener, held.reply, held.lengths)
            return held.reply
        with held:
            cancellable = deadline.cancelled_by(lambda: held.lost is not None)
            try:
                reply, lengths = self._answer(held.lease.claim_id, caller, request, cancellable, simulated, listener)
            except ApiError as error:
                if held.lost:
                    raise held.lost from error
                raise
            self._records.keep(held.lease, reply, lengths, deadline.ignoring_client())
            held.ended()
        return reply

    def _answer(
        self,
        turn_id: str,
        caller: Caller,
        request: R,
        deadline: Deadline,
        simulated: Simulation,
        listener: StreamListener | None,
    ) -> tuple[Reply, tuple[int, ...]]:
        """The answer, and the lengths of the pieces in which the listener got it."""
        began = self._clock.monotonic()
        answer_by = deadline.earlier(self._settings.limits.commit_reserve_seconds)
        agent = self._agents.of(caller, request)
        if agent.config.timeout_seconds:
            answer_by = answer_by.at_most(agent.config.timeout_seconds)
        usage = TurnUsage(turn_id, caller, request.door, agent.agent_id or None, user_id=agent.config.user)
        with (
            self._recorder.turn(agent, request.messages) as record,
            self._spending.turn(usage, agent.config, SessionUsage(), deadline) as admission,
            self._usage.turn(usage, deadline),
        ):
            prompt, plan = self._preparation.of_request(caller, agent, request, streamed=listener is not None)
            message_id = new_id("msg")
            attempt_listener = forward(listener, message_id, reasoning=request.show_reasoning) if listener else None
            outcome = self._executor.run(
                plan,
                prompt,
                answer_by,
                agent.config.fallback_on,
                simulated,
                attempt_listener,
                usage.attempts,
                admission,
            )
            reply = record.reply = usage.reply = make_reply(
                plan, outcome, message_id, began, self._clock, reasoning=request.show_reasoning
            )
        return require_complete(reply), outcome.lengths

"""Background turns: accepted at once, run by a worker (`background_worker.py`), asked about until they are done.

A turn ends within `limits.backgroundTurnSeconds` of being accepted, whatever died. If it has not, the next worker that
receives it, or the next client that asks for it, makes it fail. From then on no worker can commit it.
"""

from pydantic import ConfigDict

from agentos.domain import Failure, IdempotencyKey, Reply, TurnState
from agentos.domain.requests import kept_sent
from agentos.kernel import tracing
from agentos.kernel.clock import Clock, Deadline, epoch
from agentos.kernel.errors import DeadlineExceeded, NotFound, Unsupported
from agentos.kernel.ids import id_of, new_id
from agentos.kernel.values import Value
from agentos.services.turns import Turn
from agentos.store.background_turns import BackgroundTurn, BackgroundTurnStore
from agentos.store.keys import SessionPath
from agentos.store.queue import Queue
from agentos.store.sessions import SessionStore
from agentos.store.turns import TurnStore

FAIL_SECONDS = 5.0
"""How long recording a failure is tried."""

OVERDUE = Failure(
    code=DeadlineExceeded.code, message="The turn was not answered in its time; send its message again.", details={}
)


class TurnClock:
    """Says how much of a turn's time is left: `seconds` from its acceptance."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._seconds = seconds
        self._clock = clock

    def age(self, turn: BackgroundTurn) -> float:
        """Seconds since it was accepted, never negative."""
        return max(0.0, self._clock.time() - epoch(turn.created_at))

    def remaining(self, turn: BackgroundTurn) -> float:
        """Seconds, negative when the time is over."""
        return epoch(turn.created_at) + self._seconds - self._clock.time()


class TurnReference(Value):
    """What a message in the queue of background turns says: which turn is to be run, and which request it came with.

    `request_id` and `traceparent` are the request's id and its span, for the worker's log lines and spans.
    """

    model_config = ConfigDict(extra="ignore")  # during a deployment, a newer version may say more

    tenant: str
    agent_id: str
    session_id: str
    turn_id: str
    request_id: str | None = None
    traceparent: str | None = None


class BackgroundTurns:
    """What `POST …/messages` does with `Prefer: respond-async`, and `GET …/turns/{turnId}`."""

    def __init__(
        self,
        sessions: SessionStore,
        store: BackgroundTurnStore,
        answers: TurnStore,
        queue: Queue | None,
        seconds: float,
        clock: Clock,
    ) -> None:
        """`seconds`: after which a turn has ended."""
        self._sessions = sessions
        self._store = store
        self._answers = answers
        self._queue = queue
        self._times = TurnClock(seconds, clock)
        self._clock = clock

    def require_queue(self) -> Queue:
        """The queue. Raises Unsupported where there is none."""
        if self._queue is None:
            raise Unsupported("There is no queue here, so no turn can run in the background (TURN_QUEUE_URL).")
        return self._queue

    def accept(self, turn: Turn, request_id: str = "") -> TurnState:
        """The turn, queued. Under a key that has been used, it is the same turn, and sent again unless it is done.

        The worker's log lines carry `request_id`, and its spans belong to the current trace.

        Raises NotFound, Unsupported (there is no queue), IdempotencyMismatch, PayloadTooLarge, Throttled, Unavailable.
        """
        queue = self.require_queue()
        self._sessions.get(*turn.session_path)
        turn_id = id_of("turn", turn.key.name) if turn.key else new_id("turn")
        key = turn.key or IdempotencyKey(name=turn_id, body=turn_id)
        accepted = self._store.add(turn.session_path, turn_id, key, _document(turn))
        if not accepted.failure and not self._answers.completed_reply(*turn.session_path, accepted.key):
            tenant, agent_id, session_id = turn.session_path
            reference = TurnReference(
                tenant=tenant,
                agent_id=agent_id,
                session_id=session_id,
                turn_id=turn_id,
                request_id=request_id or None,
                traceparent=tracing.traceparent(),
            )
            queue.send(reference.to_json())
        return TurnState(
            turn_id=turn_id,
            session_id=turn.session_id,
            agent_id=turn.agent_id,
            state="queued",
            created_at=accepted.created_at,
        )

    def get(self, tenant: str, agent_id: str, session_id: str, turn_id: str) -> TurnState:
        """The turn's state. Raises NotFound."""
        session_path = tenant, agent_id, session_id
        self._sessions.get(*session_path)
        turn, reply = self._read(session_path, turn_id)
        if not turn.failure and not reply and self._times.remaining(turn) <= 0:
            self._store.fail(session_path, turn, OVERDUE, Deadline.after(FAIL_SECONDS, self._clock))
            turn, reply = self._read(session_path, turn_id)  # it may have been answered in the meantime
        return TurnState(
            turn_id=turn_id,
            session_id=session_id,
            agent_id=agent_id,
            state="failed" if turn.failure else "completed" if reply else "running" if turn.running else "queued",
            reply=reply,
            error=turn.failure,
            created_at=turn.created_at,
        )

    def _read(self, session_path: SessionPath, turn_id: str) -> tuple[BackgroundTurn, Reply | None]:
        turn = self._store.get(session_path, turn_id)
        if turn is None:
            raise NotFound("There is no such turn.", {"turnId": turn_id})
        return turn, None if turn.failure else self._answers.completed_reply(*session_path, turn.key)


def _document(turn: Turn) -> dict[str, object]:
    """What the worker needs of the turn, besides its session and key."""
    simulated = {provider: str(error_class) for provider, error_class in turn.simulated.items()}
    return {
        "said": [kept_sent(message) for message in turn.messages],
        "simulated": simulated,
        "override": turn.override and turn.override.to_json(),
        "response": turn.response and turn.response.document,
        "caller": {"keyId": turn.caller.key_id, "name": turn.caller.name, "models": turn.caller.models},
    }

"""Long turns: accepted at once, run by a worker that a queue feeds, asked about until they are done.

accept   the turn is written down, then sent to the queue     lost in between: the client's repeated request sends
work     a turn like any other, under a key of its own        delivered again: the key tells that it was answered
give up  it is written down why                               from then on no worker can commit it
"""

from dataclasses import dataclass

from agentos.domain import Failure, IdempotencyKey, TurnState
from agentos.domain.requests import QueueMessage, sent_of
from agentos.kernel.clock import Clock
from agentos.kernel.errors import (
    ApiError,
    ErrorClass,
    IdempotencyInFlight,
    Internal,
    NotFound,
    SessionBusy,
    Throttled,
    Unanswered,
    Unsupported,
)
from agentos.kernel.ids import id_of, new_id
from agentos.kernel.logs import logger
from agentos.services.turns import Turn, Turns
from agentos.store.background_turns import BackgroundTurn, BackgroundTurnStore, SessionPath
from agentos.store.queue import Queue
from agentos.store.sessions import SessionStore
from agentos.store.turns import TurnStore

MAX_RECEIVES = 3
"""How often a message is delivered before the queue puts it aside: maxReceiveCount in template.yaml."""

RETRY_SECONDS = 20
"""Until another try, where this one met something that passes."""


class BackgroundTurns:
    """What `POST …/messages` does with `Prefer: respond-async`, and `GET …/turns/{turnId}`."""

    def __init__(
        self, sessions: SessionStore, store: BackgroundTurnStore, answers: TurnStore, queue: Queue | None, clock: Clock
    ) -> None:
        self._sessions = sessions
        self._store = store
        self._answers = answers
        self._queue = queue
        self._clock = clock

    def accept(self, turn: Turn) -> TurnState:
        """The turn, queued; under a key that has been used, the same turn again, and sent again unless it is done.

        Raises NotFound, Unsupported (there is no queue), IdempotencyMismatch, PayloadTooLarge, Unanswered.
        """
        if self._queue is None:
            raise Unsupported("There is no queue here, so Prefer: respond-async cannot be heeded (TURN_QUEUE_URL).")
        self._sessions.get(*turn.session_path)
        turn_id = id_of("turn", turn.key.name) if turn.key else new_id("turn")
        key = turn.key or IdempotencyKey(name=turn_id, body=turn_id)
        accepted = self._store.add(turn.session_path, turn_id, key, _document(turn))
        if not accepted.failure and not self._answers.completed_reply(*turn.session_path, accepted.key):
            tenant, agent_id, session_id = turn.session_path
            self._queue.send({"tenant": tenant, "agentId": agent_id, "sessionId": session_id, "turnId": turn_id})
        return TurnState(
            turn_id=turn_id,
            session_id=turn.session_id,
            agent_id=turn.agent_id,
            state="queued",
            created_at=accepted.created_at,
        )

    def get(self, tenant: str, agent_id: str, session_id: str, turn_id: str) -> TurnState:
        """How it stands. Raises NotFound."""
        session_path = tenant, agent_id, session_id
        self._sessions.get(*session_path)
        turn = self._store.get(session_path, turn_id)
        if turn is None:
            raise NotFound("There is no such turn.", {"turnId": turn_id})
        reply = None if turn.failure else self._answers.completed_reply(*session_path, turn.key)
        return TurnState(
            turn_id=turn_id,
            session_id=session_id,
            agent_id=agent_id,
            state="failed" if turn.failure else "completed" if reply else "running" if turn.running else "queued",
            reply=reply,
            error=turn.failure,
            created_at=turn.created_at,
        )


@dataclass(frozen=True)
class BackgroundWorker:
    """What the queue's messages are handed to."""

    store: BackgroundTurnStore
    answers: TurnStore
    turns: Turns
    queue: Queue | None

    def run(self, delivery: QueueMessage) -> bool:
        """Answer the turn unless that has been done; whether the message is done with."""
        message = delivery.document
        session_path = message["tenant"], message["agentId"], message["sessionId"]
        turn = self.store.get(session_path, message["turnId"])
        if turn is None or turn.failure or self.answers.completed_reply(*session_path, turn.key):
            return True
        try:
            self.turns.send(_turn(session_path, turn, delivery))
            return True
        except IdempotencyInFlight:  # another delivery of it is being worked on; should that one die, this comes later
            return False
        except Exception as error:
            if delivery.receives < MAX_RECEIVES and _is_transient(error):
                return self._retry(delivery, error)
            self.store.fail(session_path, turn, _failure(error), delivery.deadline)
            return True

    def _retry(self, delivery: QueueMessage, error: Exception) -> bool:
        logger.warning("a turn is tried again", exc_info=error)
        if self.queue:
            self.queue.retry_in(delivery.receipt, RETRY_SECONDS)
        return False


def _is_transient(error: Exception) -> bool:
    """Whether another try may go better. Providers have had all their tries."""
    return not isinstance(error, ApiError) or isinstance(error, SessionBusy | Throttled | Unanswered)


def _failure(error: Exception) -> Failure:
    if not isinstance(error, ApiError):
        logger.error("a turn has failed for good", exc_info=error)
        error = Internal("Something went wrong on our side.")
    return Failure(code=error.code, message=error.message, details=error.details)


def _document(turn: Turn) -> dict[str, object]:
    simulated = {provider: str(error_class) for provider, error_class in turn.simulated.items()}
    return {"said": [message.to_json() for message in turn.messages], "simulated": simulated}


def _turn(session_path: SessionPath, turn: BackgroundTurn, delivery: QueueMessage) -> Turn:
    messages = tuple(map(sent_of, turn.document["said"]))
    simulated = {provider: ErrorClass(name) for provider, name in turn.document["simulated"].items()}
    return Turn(*session_path, messages, delivery.deadline, turn.key, simulated)

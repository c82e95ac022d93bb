"""Runs background turns: what the queue's messages, and those of its dead-letter queue, are handed to.

run     a turn like any other, under a key of its own    delivered again: the key says that it was answered
fail    the failure is recorded                          from then on no worker can commit it

While a worker lives, it keeps its message hidden for HIDDEN_SECONDS at a time. When it dies, the message is soon
delivered again, to another worker.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from agentos.domain import Failure
from agentos.domain.callers import Caller
from agentos.domain.requests import QueueMessage, TurnOverride, sent_of
from agentos.domain.response_ids import message_id_of
from agentos.kernel import tracing
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import (
    ApiError,
    ErrorClass,
    IdempotencyInFlight,
    Internal,
    InvalidRequest,
    SessionBusy,
    Throttled,
    Unavailable,
)
from agentos.kernel.heartbeat import Heartbeat
from agentos.kernel.logs import correlated, logger
from agentos.kernel.validation import validated
from agentos.services.background_turns import OVERDUE, TurnClock, TurnReference
from agentos.services.turns import Turn, Turns
from agentos.store.background_turns import BackgroundTurn, BackgroundTurnStore
from agentos.store.keys import SessionPath
from agentos.store.queue import Queue
from agentos.store.responses import NewResponse
from agentos.store.turns import TurnStore

MAX_RECEIVES = 5
"""How often a message is delivered before it goes to the dead-letter queue: maxReceiveCount in template.yaml.

AWS advises at least 5 for a queue that feeds a function.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
"""

HIDDEN_SECONDS = 30
"""How long a message stays hidden after the last sign of its worker. It is longer than a lease (limits.leaseSeconds):
when the message is delivered again, a dead worker's lease has lapsed."""

EXTEND_SECONDS = 10.0
"""How often a worker extends that time."""

RETRY_SECONDS = 20
"""Until another try, after an error that may pass."""

DEAD = Failure(
    code=Internal.code, message="The turn's workers ended before it was answered; send its message again.", details={}
)


_ATTRIBUTES: tracing.Attributes = {"messaging.system": "aws_sqs", "messaging.operation.type": "process"}


@dataclass(frozen=True)
class BackgroundWorker:
    """Answers background turns. `times`: how long a turn may take from its acceptance."""

    store: BackgroundTurnStore
    answers: TurnStore
    turns: Turns
    queue: Queue | None
    times: TurnClock
    clock: Clock

    def run(self, delivery: QueueMessage) -> bool:
        """Answer the turn unless that has been done. Returns whether the message is done with.

        A message that names no turn goes to the dead-letter queue, as soon as it has been delivered often enough.
        """
        reference = _reference(delivery)
        if reference is None:
            self._hide(delivery, 0)
            return False
        with _observed(reference):
            heartbeat = Heartbeat(self._extend(delivery), 0, self.clock)
            try:
                retry_in = self._run(delivery, reference)
            finally:
                heartbeat.stop()
        if retry_in is None:
            return True
        self._hide(delivery, retry_in)
        return False

    def _hide(self, delivery: QueueMessage, seconds: int) -> None:
        if self.queue:
            self.queue.hide(delivery.receipt, seconds)

    def _extend(self, delivery: QueueMessage) -> Callable[[], float]:
        """Keeps the message hidden for a while, and returns the seconds until that is due again."""

        def extend() -> float:
            self._hide(delivery, HIDDEN_SECONDS)
            return EXTEND_SECONDS

        return extend

    def _run(self, delivery: QueueMessage, reference: TurnReference) -> int | None:
        """None where the message is done with, else the seconds until it is to be delivered again."""
        session_path, turn = _read(self.store, self.answers, reference)
        if turn is None:
            return None
        remaining = self.times.remaining(turn)
        if remaining <= 0:
            self.store.fail(session_path, turn, OVERDUE, delivery.deadline)
            return None
        try:
            age = round(self.times.age(turn) * 1000) if delivery.receives == 1 else None
            self.turns.send(_turn(session_path, turn, delivery.deadline.at_most(remaining), age))
        except IdempotencyInFlight:  # another worker has it; should that one die, this message comes later
            return HIDDEN_SECONDS
        except Exception as error:
            if delivery.receives < MAX_RECEIVES and _is_transient(error):
                logger.warning("a turn is tried again", extra={"reason": type(error).__name__})
                return RETRY_SECONDS
            self.store.fail(session_path, turn, _failure(error), delivery.deadline)
        return None


@dataclass(frozen=True)
class DeadLetters:
    """Records the failure of turns whose message was delivered too often."""

    store: BackgroundTurnStore
    answers: TurnStore

    def fail(self, delivery: QueueMessage) -> bool:
        """Whether the message is done with. It is not while a worker still has the turn."""
        reference = _reference(delivery)
        if reference is None:  # nobody could do more with it
            return True
        with _observed(reference):
            return self._fail(delivery, reference)

    def _fail(self, delivery: QueueMessage, reference: TurnReference) -> bool:
        session_path, turn = _read(self.store, self.answers, reference)
        if turn is None:
            return True
        if turn.running:
            return False
        logger.error("a turn's workers have died", extra={"turn_id": turn.turn_id})
        self.store.fail(session_path, turn, DEAD, delivery.deadline)
        return True


@contextmanager
def _observed(reference: TurnReference) -> Iterator[None]:
    """Log lines carry the id of the request that accepted the turn, and spans belong to its trace."""
    with (
        correlated(request_id=reference.request_id, background_turn_id=reference.turn_id),
        tracing.span("process turn", "consumer", _ATTRIBUTES, reference.traceparent),
    ):
        yield


def _reference(delivery: QueueMessage) -> TurnReference | None:
    """Which turn a message names; None where it names none, which is logged without what the message says."""
    try:
        return validated(TurnReference, delivery.document)
    except InvalidRequest:
        details = {"message_id": delivery.message_id, "receives": delivery.receives}
        logger.error("a message of the queue names no turn", extra=details)
        return None


def _read(
    store: BackgroundTurnStore, answers: TurnStore, reference: TurnReference
) -> tuple[SessionPath, BackgroundTurn | None]:
    """The turn of that reference, None where it has ended or is gone; and its session."""
    session_path = reference.tenant, reference.agent_id, reference.session_id
    turn = store.get(session_path, reference.turn_id)
    if turn is None or turn.failure or answers.completed_reply(*session_path, turn.key):
        return session_path, None
    return session_path, turn


def _is_transient(error: Exception) -> bool:
    """Whether another try may go better. Providers have had all their tries."""
    return not isinstance(error, ApiError) or isinstance(error, SessionBusy | Throttled | Unavailable)


def _failure(error: Exception) -> Failure:
    if not isinstance(error, ApiError):
        logger.error("a turn has failed for good", exc_info=error)
        error = Internal("Something went wrong on our side.")
    return Failure(code=error.code, message=error.message, details=error.details)


def _turn(session_path: SessionPath, turn: BackgroundTurn, deadline: Deadline, age_ms: int | None) -> Turn:
    messages = tuple(map(sent_of, turn.document["said"]))
    simulated = {provider: ErrorClass(name) for provider, name in turn.document["simulated"].items()}
    caller = _caller(session_path[0], turn.document.get("caller"))
    override, kept = turn.document.get("override"), turn.document.get("response")
    return Turn(
        caller,
        *session_path[1:],
        messages,
        deadline,
        turn.key,
        simulated,
        age_ms,
        override=validated(TurnOverride, override) if override else None,
        response=NewResponse(kept, message_id_of(turn.turn_id)) if kept else None,
    )


def _caller(tenant: str, stored: Mapping[str, Any] | None) -> Caller:
    """Who sent the turn's request. A turn that was accepted before callers were stored has none."""
    if stored is None:
        return Caller(tenant)
    models = stored["models"]
    return Caller(tenant, stored["keyId"], stored["name"], models=None if models is None else tuple(models))

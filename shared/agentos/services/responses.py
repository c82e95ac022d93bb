"""Stored responses: read, delete, cancel."""

from typing import Any, NamedTuple

from agentos.domain import Failure, Reply, SentMessage
from agentos.domain.response_ids import ResponseId, response_id
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import NotFound, Unsupported
from agentos.services.background_turns import FAIL_SECONDS, OVERDUE, TurnClock
from agentos.store.background_turns import BackgroundTurnStore
from agentos.store.responses import PendingResponse, ResponseStore, StoredResponse

CANCELLED = Failure(code="cancelled", message="The response was cancelled.", details={})


class ReadResponse(NamedTuple):
    """A response as it stands. `document`: what its door kept with it. `reply` is None until there is an answer.

    `failure`: why there will be none. `status`: `queued`, `in_progress`, `failed`, `cancelled`, or None with an answer.
    """

    place: ResponseId
    document: dict[str, Any]
    reply: Reply | None = None
    failure: Failure | None = None
    status: str | None = None


class Responses:
    """What the endpoints for stored responses do. What does not exist raises NotFound."""

    def __init__(self, store: ResponseStore, turns: BackgroundTurnStore, seconds: float, clock: Clock) -> None:
        """`seconds`: after which a response in the background has ended."""
        self._store = store
        self._turns = turns
        self._times = TurnClock(seconds, clock)
        self._clock = clock

    def get(self, tenant: str, text: str) -> ReadResponse:
        """The response of that id."""
        place, found = self._found(tenant, text)
        if isinstance(found, PendingResponse) and self._fails(tenant, found):
            place, found = self._found(tenant, text)  # it may have been answered in the meantime
        if isinstance(found, PendingResponse):
            return _pending(found)
        reply = self._store.reply(tenant, found)
        if reply is None:
            raise _missing(text)
        return ReadResponse(place, found.document, reply)

    def _fails(self, tenant: str, pending: PendingResponse) -> bool:
        """Whether its time is over, which is recorded."""
        if pending.turn.failure or self._times.remaining(pending.turn) > 0:
            return False
        self._fail(tenant, pending, OVERDUE)
        return True

    def _fail(self, tenant: str, pending: PendingResponse, failure: Failure) -> None:
        path = tenant, pending.place.agent_id, pending.place.session_id
        self._turns.fail(path, pending.turn, failure, Deadline.after(FAIL_SECONDS, self._clock))

    def input(self, tenant: str, text: str) -> list[SentMessage | Reply]:
        """The messages that the response answers, in order. Raises Unsupported where there is no answer yet."""
        _, found = self._found(tenant, text)
        if isinstance(found, PendingResponse):
            raise Unsupported("The response has no answer yet; its input can be listed afterwards.")
        return self._store.input(tenant, found)

    def delete(self, tenant: str, text: str) -> None:
        """Hide the response. Those that go on from it keep their context."""
        place, _ = self._found(tenant, text)
        self._store.delete(tenant, place)

    def cancel(self, tenant: str, text: str) -> ReadResponse:
        """The response, cancelled unless it has ended. Raises Unsupported for one that is not in the background.

        A worker that is at it loses the session's lease, and aborts its upstream call when it comes to renew it.
        """
        _, found = self._found(tenant, text)
        if not (isinstance(found, PendingResponse) or found.document["shown"]["background"]):
            raise Unsupported("Only a response with background: true can be cancelled.")
        if isinstance(found, PendingResponse) and not found.turn.failure:
            self._fail(tenant, found, CANCELLED)
            self._turns.stop((tenant, found.place.agent_id, found.place.session_id), found.turn)
        return self.get(tenant, text)

    def _found(self, tenant: str, text: str) -> tuple[ResponseId, StoredResponse | PendingResponse]:
        place = response_id(text)
        found = self._store.find(tenant, place) if place else None
        if place is None or found is None:
            raise _missing(text)
        if isinstance(found, PendingResponse) and not found.turn.document.get("response"):  # a turn of the native API
            raise _missing(text)
        return place, found


def _pending(found: PendingResponse) -> ReadResponse:
    turn = found.turn
    if turn.failure:
        status = "cancelled" if turn.failure.code == CANCELLED.code else "failed"
    else:
        status = "in_progress" if turn.running else "queued"
    return ReadResponse(found.place, turn.document["response"], None, turn.failure, status)


def _missing(text: str) -> NotFound:
    return NotFound("There is no such response.", {"responseId": text[:200]})

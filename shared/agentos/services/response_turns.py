"""Responses that are stored: each is a turn in a session.

Where the turn goes, by what the request goes on from:

    nothing             a new session
    a conversation      its session
    a response          its session, where it is the newest answer and no other turn runs; else a fork of the session
                        that ends with it

The session belongs to the agent that the request names, or to the tenant's own agent for responses (docs/adr/0022).

Under an Idempotency-Key the place must not depend on the moment. A session only grows, so a response that is no longer
the newest never is again; and where another turn runs, a request with a key is refused instead of forked.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from agentos.domain import IdempotencyKey, Reply
from agentos.domain.callers import Caller
from agentos.domain.requests import Sent, TurnOverride
from agentos.domain.response_ids import ResponseId, response_of_item
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import (
    ErrorClass,
    InvalidRequest,
    PreviousResponseNotFound,
    SessionBusy,
)
from agentos.services.door_agents import AGENT, DoorAgents
from agentos.services.new_sessions import new_session
from agentos.services.response_agents import MOST_MESSAGES, ResponseAgents, named_session
from agentos.services.stream_listener import StreamListener
from agentos.services.turns import SessionMoved, Turn, Turns
from agentos.store.forks import MAX_MESSAGES, ForkStore, SourceGone
from agentos.store.keys import SessionPath
from agentos.store.responses import NewResponse, ResponseStore, StoredResponse
from agentos.store.sessions import SessionStore
from agentos.store.turns import TurnStore

RESPONSE_SECONDS = 30 * 24 * 3600
"""How long a session lives after its latest response, unless it is a conversation. OpenAI keeps responses for 30 days.

https://platform.openai.com/docs/guides/your-data
"""

FORK_SECONDS = 25

Listen = Callable[[SessionPath], StreamListener]
"""Makes the listener of an answer, once it is known in which session the answer is."""


class ResponseRequest(NamedTuple):
    """What a stored response is asked for. `model`: as `CompletionRequest`'s.

    `previous`, or `conversation` by its id: what it goes on from. `override`: without models, which `model` names.
    `document`: what the door keeps with it.
    """

    model: str
    messages: tuple[Sent, ...]
    override: TurnOverride
    document: Mapping[str, object]
    previous: ResponseId | None = None
    conversation: str | None = None
    user_id: str | None = None


class _Named(NamedTuple):
    """A request whose agent and models are known."""

    agent_id: str
    override: TurnOverride
    request: ResponseRequest


class ResponseCall(NamedTuple):
    """Who asks, until when, and how. `simulated`: providers that are to fail."""

    caller: Caller
    deadline: Deadline
    simulated: Mapping[str, ErrorClass]
    key: IdempotencyKey | None = None


class ResponseTurns:
    """What `POST /v1/responses` does with `store: true`."""

    def __init__(
        self,
        doors: DoorAgents,
        agents: ResponseAgents,
        sessions: SessionStore,
        forks: ForkStore,
        store: ResponseStore,
        answers: TurnStore,
        turns: Turns,
        clock: Clock,
    ) -> None:
        self._doors = doors
        self._agents = agents
        self._sessions = sessions
        self._forks = forks
        self._store = store
        self._answers = answers
        self._turns = turns
        self._clock = clock

    def send(
        self, call: ResponseCall, request: ResponseRequest, listen: Listen | None = None
    ) -> tuple[SessionPath, Reply]:
        """The answer, stored, and its session.

        Raises PreviousResponseNotFound, NotFound, InvalidRequest and what `Turns.send` raises.
        """
        named = self._named(call, request)
        if request.previous is not None:
            return self._go_on(call, named, request.previous, listen)
        path = self._conversation(call, named) or self._open(call, named)
        return path, self._send(call, named, path, listen)

    def referenced(self, tenant: str, item_ids: Sequence[str]) -> dict[str, Reply]:
        """The answers of stored responses that have these items, by the items' ids. Raises InvalidRequest."""
        places = {item_id: place for item_id in item_ids if (place := response_of_item(item_id))}
        if len(set(places.values())) > MOST_MESSAGES:
            raise InvalidRequest.of("input", f"refers to more than {MOST_MESSAGES} responses")
        answers = {place: self._answer(tenant, place) for place in set(places.values())}
        return {item_id: reply for item_id, place in places.items() if (reply := answers[place])}

    def _answer(self, tenant: str, place: ResponseId) -> Reply | None:
        found = self._store.find(tenant, place)
        return self._store.reply(tenant, found) if isinstance(found, StoredResponse) else None

    def later(self, call: ResponseCall, request: ResponseRequest) -> Turn:
        """The turn of a response that is answered later. Its place is as `send` would find it, but a response that
        another goes on from is always forked. Raises as `send` does."""
        named = self._named(call, request)
        if request.previous is not None:
            path = self._fork(call, self._previous(call.caller.tenant, request.previous), named)
        else:
            path = self._conversation(call, named) or self._open(call, named)
        return self._turn(call, named, path)

    def _named(self, call: ResponseCall, request: ResponseRequest) -> _Named:
        if len(request.messages) > MOST_MESSAGES:
            found = f"has {len(request.messages)} messages; at most {MOST_MESSAGES} can be stored at once"
            raise InvalidRequest.of("input", f"{found}. Send store: false, or go on from a stored response")
        if request.model.startswith(AGENT):
            return _Named(request.model.removeprefix(AGENT), request.override, request)
        models = self._doors.models(call.caller, request.model)
        return _Named(self._agents.own_id, request.override.model_copy(update={"models": models}), request)

    def _conversation(self, call: ResponseCall, named: _Named) -> SessionPath | None:
        """The session of the request's conversation. Raises InvalidRequest."""
        if named.request.conversation is None:
            return None
        agent_id, session_id = named_session(named.request.conversation, named.agent_id)
        if agent_id != named.agent_id:
            message = f"is a session of another agent; ask for it as model: agent:{agent_id}"
            raise InvalidRequest.of("conversation", message)
        return call.caller.tenant, agent_id, session_id

    def _go_on(
        self, call: ResponseCall, named: _Named, place: ResponseId, listen: Listen | None
    ) -> tuple[SessionPath, Reply]:
        """The answer to what follows a response."""
        previous = self._previous(call.caller.tenant, place)
        path = (call.caller.tenant, place.agent_id, place.session_id)
        newest = previous.session.message_count == previous.answer
        answered = call.key and self._answers.recorded_reply(*path, call.key)
        if place.agent_id == named.agent_id and (newest or answered):
            try:
                return path, self._send(call, named, path, listen, previous.answer)
            except SessionMoved:
                pass
            except SessionBusy:
                if call.key:
                    raise
        path = self._fork(call, previous, named)
        return path, self._send(call, named, path, listen)

    def _previous(self, tenant: str, place: ResponseId) -> StoredResponse:
        found = self._store.find(tenant, place)
        if not isinstance(found, StoredResponse):
            raise no_previous(place.text)
        return found

    def _send(
        self, call: ResponseCall, named: _Named, path: SessionPath, listen: Listen | None, expected: int | None = None
    ) -> Reply:
        turn = self._turn(call, named, path)._replace(expected=expected)
        return self._turns.send(turn, listen(path) if listen else None)

    def _turn(self, call: ResponseCall, named: _Named, path: SessionPath) -> Turn:
        return Turn(
            call.caller,
            *path[1:],
            named.request.messages,
            call.deadline,
            call.key,
            call.simulated,
            override=named.override,
            response=NewResponse(dict(named.request.document)),
        )

    def _open(self, call: ResponseCall, named: _Named) -> SessionPath:
        """A new session; under a key, the one that it opened before."""
        tenant = call.caller.tenant
        session = new_session(named.agent_id, self._clock, RESPONSE_SECONDS, named.request.user_id)
        opened = self._agents.opened(tenant, session, named.override, call.deadline, call.key)
        return tenant, named.agent_id, opened.session_id

    def _fork(self, call: ResponseCall, previous: StoredResponse, named: _Named) -> SessionPath:
        """A new session with the messages up to the response; under a key, the one that was made before."""
        tenant, deadline = call.caller.tenant, call.deadline.at_most(FORK_SECONDS)
        if call.key and (made := self._sessions.made_before(tenant, named.agent_id, call.key)):
            return tenant, named.agent_id, made.session_id
        if previous.answer > MAX_MESSAGES:
            found = f"has {previous.answer} messages before it, and at most {MAX_MESSAGES} can be copied"
            raise InvalidRequest.of("previous_response_id", found)
        session = new_session(named.agent_id, self._clock, RESPONSE_SECONDS, named.request.user_id)
        try:
            forked, reserved = self._forks.copy(tenant, previous.session, previous.answer, session, deadline)
        except SourceGone as error:
            raise no_previous(previous.place.text) from error
        opened = self._agents.opened(tenant, forked, named.override, deadline, call.key, reserved)
        return tenant, named.agent_id, opened.session_id


def no_previous(response_id: str) -> PreviousResponseNotFound:
    """The error for a response to go on from that is not there."""
    field = {"field": "previous_response_id", "message": "is no stored response that has an answer"}
    return PreviousResponseNotFound(f"There is no previous response {response_id!r:.120}.", {"errors": [field]})

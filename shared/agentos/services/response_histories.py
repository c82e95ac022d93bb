"""The stored messages that a response goes on from although it is not stored itself (`store: false`)."""

from agentos.domain import Message, Reply, SentMessage, Session
from agentos.domain.history import window
from agentos.domain.response_ids import ResponseId
from agentos.domain.token_estimates import estimate
from agentos.services.door_agents import AGENT
from agentos.services.preparation import said
from agentos.services.response_agents import ResponseAgents, named_session
from agentos.services.response_turns import no_previous
from agentos.services.turn_messages import pending, turns_with
from agentos.settings.schema import Limits
from agentos.store.responses import ResponseStore, StoredResponse
from agentos.store.sessions import SessionStore


class ResponseHistories:
    """Reads what is stored, and changes nothing of it."""

    def __init__(self, agents: ResponseAgents, sessions: SessionStore, store: ResponseStore, limits: Limits) -> None:
        self._agents = agents
        self._sessions = sessions
        self._store = store
        self._limits = limits

    def after_response(self, tenant: str, place: ResponseId, added: tuple[Message, ...]) -> tuple[Message, ...]:
        """The messages up to the response, and those that are added.

        Raises PreviousResponseNotFound, ToolResultsPending.
        """
        found = self._store.find(tenant, place)
        if not isinstance(found, StoredResponse):
            raise no_previous(place.text)
        return self._before(tenant, found.session, found.answer, added)

    def after_conversation(self, tenant: str, text: str, model: str, added: tuple[Message, ...]) -> tuple[Message, ...]:
        """The messages of the conversation, and those that are added. Raises NotFound, ToolResultsPending."""
        agent_id = model.removeprefix(AGENT) if model.startswith(AGENT) else self._agents.own_id
        session = self._sessions.get(tenant, *named_session(text, agent_id))
        return self._before(tenant, session, session.message_count, added)

    def _before(self, tenant: str, session: Session, last: int, added: tuple[Message, ...]) -> tuple[Message, ...]:
        """As many of the messages up to the `last` as have room, in whole turns, and those that are added."""
        first = max(1, last - self._limits.history_messages + 1)
        stored = self._store.messages(tenant, session, first, last)
        open_calls = _open_calls(stored)
        answered = {message.tool_call_id for message in added if message.role == "tool"}
        if left := [call for call in open_calls if call not in answered]:
            raise pending(left)
        history = [said(message) for message in stored]
        turns = turns_with((), [(message.role, estimate(message)) for message in history], open_turn=False)
        budget = self._limits.history_tokens - sum(map(estimate, added))
        count = window(turns, budget, self._limits.history_messages, open_turn=bool(open_calls))
        return (*history[len(history) - count :], *added)


def _open_calls(messages: list[SentMessage | Reply]) -> list[str]:
    """The calls of the last answer that wait for results."""
    given = {message.tool_call_id for message in messages if isinstance(message, SentMessage)}
    asking = next((message for message in reversed(messages) if message.role == "assistant"), None)
    return [call.id for call in asking.tool_calls if call.id not in given] if isinstance(asking, Reply) else []

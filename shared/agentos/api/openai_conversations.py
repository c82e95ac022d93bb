"""Conversations of OpenAI's clients, each of which is a session.

https://platform.openai.com/docs/api-reference/conversations
"""

from collections.abc import Sequence
from typing import Any

from agentos.api.door_notes import DoorNotes
from agentos.api.lenient import Lenient
from agentos.api.openai_responses import ResponseObject
from agentos.api.openai_responses_items import ItemReader
from agentos.api.openai_responses_stored import sent_message
from agentos.domain import Session
from agentos.domain.requests import Sent
from agentos.domain.response_ids import conversation_id
from agentos.kernel.clock import epoch

Json = dict[str, Any]


class ConversationRequest(Lenient):
    """Body of `POST /v1/conversations`."""

    metadata: Json | None = None
    items: list[Any] | None = None

    def read(self) -> tuple[Json, tuple[Sent, ...], tuple[str, ...]]:
        """The metadata, the messages, and the notes of what is left out. Raises InvalidRequest, Unsupported."""
        notes = DoorNotes()
        messages = _messages(self.items, notes) if self.items else ()
        notes.unknown(self.model_extra)
        return self.metadata or {}, messages, tuple(notes)


class ConversationChange(Lenient):
    """Body of `POST /v1/conversations/{conversationId}`."""

    metadata: Json

    def read(self) -> tuple[Json, tuple[str, ...]]:
        """The metadata, and the notes of what is left out."""
        notes = DoorNotes()
        notes.unknown(self.model_extra)
        return self.metadata, tuple(notes)


class NewItems(Lenient):
    """Body of `POST /v1/conversations/{conversationId}/items`."""

    items: list[Any]

    def read(self) -> tuple[tuple[Sent, ...], tuple[str, ...]]:
        """The messages, and the notes of what is left out. Raises InvalidRequest, Unsupported."""
        notes = DoorNotes()
        messages = _messages(self.items, notes)
        notes.unknown(self.model_extra)
        return messages, tuple(notes)


def _messages(items: Sequence[Any], notes: DoorNotes) -> tuple[Sent, ...]:
    return tuple(sent_message(message, {}, {}) for message in ItemReader(notes, field="items").read(items))


def conversation_object(session: Session, notes: tuple[str, ...] = ()) -> ResponseObject:
    """The session as a conversation."""
    body = {
        "id": conversation_id(session.agent_id, session.session_id),
        "object": "conversation",
        "created_at": int(epoch(session.created_at)),
        "metadata": session.metadata,
        "agentos": {"agentId": session.agent_id, "sessionId": session.session_id, "notes": list(notes)},
    }
    return ResponseObject(body=body)

"""Conversations of OpenAI's clients, each of which is a session.

https://platform.openai.com/docs/api-reference/conversations
"""

from typing import Any

from agentos.api.door_notes import DoorNotes
from agentos.api.lenient import Lenient
from agentos.api.openai_responses import ResponseObject
from agentos.domain import Session
from agentos.domain.response_ids import conversation_id
from agentos.kernel.clock import epoch
from agentos.kernel.errors import Unsupported

Json = dict[str, Any]


class ConversationRequest(Lenient):
    """Body of `POST /v1/conversations`."""

    metadata: Json | None = None
    items: list[Any] | None = None

    def read(self) -> tuple[Json, tuple[str, ...]]:
        """The metadata, and the notes of what is left out. Raises Unsupported."""
        if self.items:
            raise Unsupported("items: a conversation begins empty; send them as the input of its first response.")
        notes = DoorNotes()
        notes.unknown(self.model_extra)
        return self.metadata or {}, tuple(notes)


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

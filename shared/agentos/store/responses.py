"""Stored responses of a door: beside each answer in a session, what its door needs to show it again.

A record is written by the commit of its turn. Deleting it hides the response. The messages stay: later responses need
them.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from agentos.domain import Reply, SentMessage, Session
from agentos.domain.response_ids import ResponseId
from agentos.kernel import json_text
from agentos.kernel.clock import Clock
from agentos.store import keys
from agentos.store.background_turns import BackgroundTurn, background_turn
from agentos.store.dynamodb import Table
from agentos.store.items import Item, checked, gone, number, session_of
from agentos.store.keys import SessionPath
from agentos.store.messages import Messages, StoredMessage, pack, unpack
from agentos.store.reading import item_reader


class NewResponse(NamedTuple):
    """What a door keeps with an answer: `document`, as JSON. `message_id`: the answer's, where it is known before."""

    document: dict[str, Any]
    message_id: str | None = None

    def item(self, partition: str, message_id: str, sent: Sequence[StoredMessage], answer: StoredMessage) -> Item:
        """The record. Raises PayloadTooLarge."""
        sequence = keys.sequence_of(answer.items[0])
        return {
            **self.packed(keys.response(partition, message_id)),
            "firstMessage": number(sequence - len(sent)),
            "answer": number(sequence),
        }

    def packed(self, key: Item) -> Item:
        """The record without the places of its messages. Raises PayloadTooLarge."""
        return checked({**key, "body": {"B": pack(json_text.dump(self.document).encode())}}, "request", _SPARE_BYTES)


_SPARE_BYTES = 1024
"""Room in the item for the places of its messages."""


class StoredResponse(NamedTuple):
    """A response that was answered: messages `first` to `answer` - 1 are its input, `answer` is the reply.

    `session`: as it is now.
    """

    place: ResponseId
    session: Session
    document: dict[str, Any]
    first: int
    answer: int


class PendingResponse(NamedTuple):
    """A response in the background that has no answer yet, or never will."""

    place: ResponseId
    session: Session
    turn: BackgroundTurn


class ResponseStore:
    """Find, read, delete. What is deleted or expired is not found."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._messages = Messages(table)
        self._clock = clock

    def find(self, tenant: str, place: ResponseId) -> StoredResponse | PendingResponse | None:
        """What is stored at that place, in one request."""
        path, now = _path(tenant, place), self._clock.time()
        partition = keys.session_partition(*path)
        wanted = [
            keys.agent(tenant, place.agent_id),
            keys.session(*path),
            keys.response(partition, place.message_id),
            keys.turn(partition, place.turn_id),
        ]
        agent, session_item, record, turn = self._table.get_many(wanted)
        if agent is None or gone(agent, now) or session_item is None:
            return None
        if (session := session_of(session_item, now)) is None:
            return None
        if record is not None:
            return _stored(place, session, record)
        if turn is not None and not gone(turn, now):
            return PendingResponse(place, session, background_turn(place.turn_id, turn, session_item, now))
        return None

    def reply(self, tenant: str, response: StoredResponse) -> Reply | None:
        """The answer; None where its session is being deleted."""
        found = self._read(tenant, response, response.answer, response.answer)
        return found[0] if found and isinstance(found[0], Reply) else None

    def input(self, tenant: str, response: StoredResponse) -> list[SentMessage | Reply]:
        """The messages that it answers, in order."""
        return self._read(tenant, response, response.first, response.answer - 1)

    def messages(self, tenant: str, session: Session, first: int, last: int) -> list[SentMessage | Reply]:
        """The messages of a session with these numbers, in order."""
        partition = keys.session_partition(tenant, session.agent_id, session.session_id)
        return self._messages.read(partition, self._messages.between(partition, first, last)) if last else []

    def _read(self, tenant: str, response: StoredResponse, first: int, last: int) -> list[SentMessage | Reply]:
        return self.messages(tenant, response.session, first, last)

    def delete(self, tenant: str, place: ResponseId) -> None:
        """Hide the response. One that has no answer yet gets none."""
        partition = keys.session_partition(*_path(tenant, place))
        self._table.delete_many([keys.response(partition, place.message_id), keys.turn(partition, place.turn_id)])


@item_reader
def _stored(place: ResponseId, session: Session, record: Item) -> StoredResponse:
    return StoredResponse(
        place=place,
        session=session,
        document=json_text.load(unpack(record["body"]["B"])),
        first=int(record["firstMessage"]["N"]),
        answer=int(record["answer"]["N"]),
    )


def _path(tenant: str, place: ResponseId) -> SessionPath:
    return tenant, place.agent_id, place.session_id

"""Finds a stored reply, what it answered, and the session as it stood before."""

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from agentos.domain import Reply, SentMessage, Session
from agentos.domain.history import trimmed
from agentos.store import keys
from agentos.store.dynamodb import BATCH_GET_MAX, Table
from agentos.store.items import Item
from agentos.store.messages import Messages, header_of, tokens_of

MAX_SEARCHED = 2000
"""Messages among which a reply is looked for, from the newest back: some twenty requests."""


class PastTurn(NamedTuple):
    """`session` is as it stood before: its messages and turns are those that came before `asked`."""

    session: Session
    asked: tuple[SentMessage, ...]
    reply: Reply


class PastTurns:
    """Reads sessions backwards. `history`: no window of history has more messages."""

    def __init__(self, table: Table, history: int) -> None:
        self._messages = Messages(table)
        self._history = history

    def find(self, tenant: str, session: Session, message_id: str) -> PastTurn | None:
        """The turn whose reply has the id; None where none of the newest MAX_SEARCHED messages is such a reply."""
        partition = keys.session_partition(tenant, session.agent_id, session.session_id)
        items = self._messages.from_either_end(partition, session.message_count, None, BATCH_GET_MAX, "desc")
        found = next((one for one in islice(items, MAX_SEARCHED) if header_of(one).message_id == message_id), None)
        if found is None or header_of(found).role != "assistant":
            return None
        asked, before = _split(items, self._history)
        reply, *messages = self._messages.read(partition, [found, *asked])
        sent = tuple(message for message in messages if isinstance(message, SentMessage))
        if not isinstance(reply, Reply) or not sent:  # a client brought the answer along
            return None
        return PastTurn(self._as_it_was(session, sent, before), sent, reply)

    def _as_it_was(self, session: Session, asked: tuple[SentMessage, ...], before: list[Item]) -> Session:
        count = keys.sequence_of(before[-1]) if before else 0
        results = tuple(message.tool_call_id for message in asked if message.tool_call_id)
        turns = _turns(before, whole=len(before) == count)
        return session.model_copy(
            update={"message_count": count, "turns": trimmed(turns, self._history), "open_calls": results}
        )


def _split(items: Iterable[Item], history: int) -> tuple[list[Item], list[Item]]:
    """What a reply answered, and up to `history` messages before; `items` come from the newest back."""
    asked: list[Item] = []
    before: list[Item] = []
    for item in items:
        if before or header_of(item).role == "assistant":
            before.append(item)
            if len(before) > history:
                break
        else:
            asked.append(item)
    return asked[::-1], before[::-1]


def _turns(items: list[Item], *, whole: bool) -> list[list[int]]:
    """The tokens of each turn. Unless the items are the `whole` history, a first turn without its begin is left out."""
    turns: list[list[int]] = [[]] if whole else []
    for item in items:
        if header_of(item).role in ("user", "system"):
            turns.append([])
        if turns:
            turns[-1].append(tokens_of(item))
    return [turn for turn in turns if turn]

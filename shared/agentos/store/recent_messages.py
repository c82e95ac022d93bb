"""The newest messages of the sessions that this process has served last, so that their next turns need not read them.

A stored message never changes. It is written only where there is none. It is removed only after its session has been
deleted, and then no turn begins. So while a session lives, the table would answer what is remembered, even where others
have added messages since. A turn gets the count of the session's messages with its lease. The count says which messages
are the newest.
"""

from collections.abc import Sequence
from typing import NamedTuple

from agentos.kernel.recent import Recent
from agentos.store.messages import StoredMessage

MAX_BYTES = 4 * 1024 * 1024
"""What all of them may take."""

OBJECT_BYTES = 8 * 1024
"""What a message takes besides its JSON: its items, and its value with all that hangs on it."""


class _Known(NamedTuple):
    """Messages of a session, of which the last one is the `last`th, and the memory that they take."""

    last: int
    messages: tuple[StoredMessage, ...]
    bytes: int


class RecentMessages:
    """Messages by their session's partition."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._sessions: Recent[str, _Known] = Recent(max_bytes, lambda known: known.bytes)

    def newest(self, partition: str, total: int, count: int) -> tuple[StoredMessage, ...] | None:
        """The last `count` of the `total` messages of a session that lives; None where some of them are not known."""
        known = self._sessions.get(partition)
        if known is None or known.last != total or count > len(known.messages):
            return None
        return known.messages[len(known.messages) - count :]

    def put(self, partition: str, total: int, newest: Sequence[StoredMessage]) -> None:
        """The table has these as the last of `total` messages."""
        size = sum([message.size for message in newest]) + len(newest) * OBJECT_BYTES
        self._sessions.put(partition, _Known(total, tuple(newest), size))

    def add(self, partition: str, before: int, added: Sequence[StoredMessage], reach: int) -> None:
        """The table has these behind the first `before` messages. A history reaches back over `reach` at most."""
        known = self._sessions.get(partition)
        earlier = known.messages if known and known.last == before else ()
        self.put(partition, before + len(added), (*earlier, *added)[-reach:])

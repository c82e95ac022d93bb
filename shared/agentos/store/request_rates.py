"""How many requests of a key's minute have been handed out to execution environments."""

from agentos.kernel.clock import Clock
from agentos.store import keys
from agentos.store.dynamodb import Table
from agentos.store.faults import ConditionFailed
from agentos.store.items import Item, number

KEPT_SECONDS = 3600
"""How long a minute's count stays after the minute."""


class RequestRateStore:
    """One item for each key and minute."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def take(self, key_id: str, minute: int, wanted: int, limit: int) -> int:
        """How many requests of that minute (since the epoch) are now the taker's, from 0 to `wanted`.

        No more than `limit` are handed out in all. An answer that was lost hands out too many, to nobody.
        """
        while True:
            try:
                self._take(key_id, minute, wanted, limit)
            except ConditionFailed as error:
                wanted = min(wanted, limit - _taken(error.item))
                if wanted <= 0:
                    return 0
            else:
                return wanted

    def _take(self, key_id: str, minute: int, count: int, limit: int) -> None:
        self._table.update(
            keys.request_rate(key_id, minute),
            "SET expiresAt = :until ADD taken :count",
            "attribute_not_exists(taken) OR taken <= :most",
            {
                ":count": number(count),
                ":most": number(limit - count),
                ":until": number((minute + 1) * 60 + KEPT_SECONDS),
            },
        )


def _taken(item: Item | None) -> int:
    return int(item["taken"]["N"]) if item else 0

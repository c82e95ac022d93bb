"""The usage records of a tenant between two moments, read from many partitions at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product

from agentos.domain.usage_records import UsageRecord
from agentos.kernel.clock import timestamp
from agentos.kernel.ids import first_id
from agentos.store import keys
from agentos.store.dynamodb import Table
from agentos.store.usage import DAY_SECONDS, usage_of

PAGE = 1000
"""Records in one request. DynamoDB ends a page at 1 MB anyway."""

AT_ONCE = 16
"""Partitions that are read at the same time. A day has keys.USAGE_SHARDS of them."""


class UsageRanges:
    """Reads records by the begin of their turns. `days`: how long records are kept (limits.usageRecordDays)."""

    def __init__(self, table: Table, days: int) -> None:
        self._table = table
        self._days = days

    def between(self, tenant: str, begin: float, end: float) -> Iterator[UsageRecord]:
        """Those of turns that began at or after `begin` and before `end`, in epoch seconds, in no order.

        The reads are consistent. Raises Throttled, Unavailable.
        """
        begin = max(begin, end - (self._days + 1) * DAY_SECONDS)
        days = range(int(begin) // DAY_SECONDS, int(end) // DAY_SECONDS + 1)
        dates = [timestamp(day * DAY_SECONDS)[:10] for day in days]
        read = partial(self._read, first_id("turn", int(begin * 1000)), first_id("turn", int(end * 1000)))
        partitions = [
            keys.usage_partition(tenant, day, shard) for day, shard in product(dates, range(keys.USAGE_SHARDS))
        ]
        with ThreadPoolExecutor(min(AT_ONCE, len(partitions))) as pool:
            for records in pool.map(read, partitions):
                yield from records

    def _read(self, begin: str, end: str, partition: str) -> list[UsageRecord]:
        values = {":pk": {"S": partition}, ":begin": {"S": begin}, ":end": {"S": end}}
        found = self._table.query("pk = :pk AND sk BETWEEN :begin AND :end", values, forward=True, page=PAGE)
        return [usage_of(item) for item in found]

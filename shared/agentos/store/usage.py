"""What turns used, a record for each (`domain/usage_records.py`), for `limits.usageRecordDays`.

A record is written once: as a part of its turn's commit, or by itself where there is none. Its key follows from the
turn's id, so that a late writer of the same turn meets the record that is there, and whoever knows the id finds it.
"""

from collections.abc import Iterator

from agentos.domain.usage_records import UsageRecord
from agentos.kernel import json_text
from agentos.kernel.clock import Deadline
from agentos.kernel.ids import first_id, made_at
from agentos.store import keys
from agentos.store.dynamodb import Table
from agentos.store.faults import ConditionFailed, retry_until_deadline
from agentos.store.items import Item, number
from agentos.store.reading import item_reader, stored_value

DAY_SECONDS = 24 * 3600
PAST = "~"
"""Behind an id, it sorts after that id and before the next one."""

PAGE = 2000
"""Records that are asked for in one request. An answer ends at 1 MB anyway."""


class UsageStore:
    """Writes and finds records. `days`: how long they are kept after their day."""

    def __init__(self, table: Table, days: int) -> None:
        self._table = table
        self._days = days

    def item(self, record: UsageRecord) -> Item:
        """The record as a new item. All records of a day expire at the same moment."""
        day = made_at(record.turn_id) // DAY_SECONDS
        return {
            **keys.usage(record.tenant, record.turn_id),
            "body": {"S": json_text.dump(record.to_stored())},
            "expiresAt": number(self.expires_at(day)),
        }

    def expires_at(self, day: int) -> int:
        """Epoch seconds at which what is written of that day (in days since the epoch) expires."""
        return (day + 1 + self._days) * DAY_SECONDS

    def put(self, record: UsageRecord, deadline: Deadline) -> None:
        """Write the record, unless it is there. Raises Throttled or Unavailable when the time has run out."""
        item = self.item(record)
        try:
            retry_until_deadline(lambda: self._table.put(item), deadline)
        except ConditionFailed:  # with the turn's commit, whose answer was lost
            return

    def of_day(self, tenant: str, day: str, first: int, end: int, after: str | None = None) -> Iterator[Item]:
        """The items of the records of a day whose turns began from `first` on and before `end` (epoch milliseconds).

        Read consistently. They come partition by partition, those of each in the order of their turns' begin. `after`:
        only those that come after the record of this turn.
        """
        begin, before = (first_id("turn", milliseconds) for milliseconds in (first, end))
        for shard in range(keys.usage_shard(after) if after else 0, keys.USAGE_SHARDS):
            start = max(begin, f"{after}{PAST}") if after and shard == keys.usage_shard(after) else begin
            if start > before:  # of a cursor that lies behind the end
                continue
            partition = keys.usage_partition(tenant, day, shard)
            values = {":pk": {"S": partition}, ":begin": {"S": start}, ":before": {"S": before}}
            yield from self._table.query("pk = :pk AND sk BETWEEN :begin AND :before", values, forward=True, page=PAGE)

    def find(self, tenant: str, turn_id: str) -> UsageRecord | None:
        """What the turn used, read consistently with one request; None where no record was written."""
        item = self._table.get(keys.usage(tenant, turn_id))
        return None if item is None else usage_of(item)


@item_reader
def usage_of(item: Item) -> UsageRecord:
    """The record in an item. Raises Unavailable where it cannot be read."""
    return stored_value(UsageRecord, json_text.load(item["body"]["S"]))


@item_reader
def expiry(item: Item) -> int:
    """Epoch seconds at which the record expires."""
    return int(item["expiresAt"]["N"])

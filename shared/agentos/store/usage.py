"""What turns used, a record for each (`domain/usage_records.py`), for `limits.usageRecordDays`.

A record is written once: as a part of its turn's commit, or by itself where there is none. Its key follows from the
turn's id, so that a late writer of the same turn meets the record that is there, and whoever knows the id finds it.
"""

import json

from agentos.domain.usage_records import UsageRecord
from agentos.kernel import json_text
from agentos.kernel.clock import Deadline
from agentos.kernel.ids import made_at
from agentos.store import keys
from agentos.store.dynamodb import Table
from agentos.store.faults import ConditionFailed, retry_until_deadline
from agentos.store.items import Item, number
from agentos.store.reading import item_reader, stored_value

DAY_SECONDS = 24 * 3600


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
            "expiresAt": number((day + 1 + self._days) * DAY_SECONDS),
        }

    def put(self, record: UsageRecord, deadline: Deadline) -> None:
        """Write the record, unless it is there. Raises Throttled or Unavailable when the time has run out."""
        item = self.item(record)
        try:
            retry_until_deadline(lambda: self._table.put(item), deadline)
        except ConditionFailed:  # with the turn's commit, whose answer was lost
            return

    def find(self, tenant: str, turn_id: str) -> UsageRecord | None:
        """What the turn used, read consistently with one request; None where no record was written."""
        item = self._table.get(keys.usage(tenant, turn_id))
        return None if item is None else usage_of(item)


@item_reader
def usage_of(item: Item) -> UsageRecord:
    """The record in an item. Raises Unavailable where it cannot be read."""
    return stored_value(UsageRecord, json.loads(item["body"]["S"]))

"""Settles turns whose reserve had lapsed before they ended, from the table's stream.

Such a turn settles by itself as it ends. Should its process die before that, its usage record still comes through the
stream. A record without reserves costs nothing here, and any other costs one read for each.
"""

from collections.abc import Iterable
from functools import partial

from agentos.kernel.clock import Deadline
from agentos.kernel.errors import Unavailable
from agentos.store.faults import retry_until_deadline
from agentos.store.items import Item
from agentos.store.lane_taking import Hold
from agentos.store.lanes import LaneStore
from agentos.store.usage import usage_of


class LateSettlement:
    """Counts what such turns have cost, once."""

    def __init__(self, lanes: LaneStore) -> None:
        self._lanes = lanes

    def settle(self, items: Iterable[Item], deadline: Deadline) -> None:
        """For the records in these items. Raises Throttled, Unavailable."""
        for item in items:
            try:
                record = usage_of(item)
                holds = [Hold.of(record.tenant, record.turn_id, reserve) for reserve in record.reserves]
            except (Unavailable, ValueError, ArithmeticError):  # another version wrote it, and has logged it
                continue
            for hold in holds:
                retry_until_deadline(partial(self._lanes.settle_late, hold, record.cost), deadline)

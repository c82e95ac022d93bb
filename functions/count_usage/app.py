"""Adds the usage of turns to the sums by tenant and day, and settles late turns; fed by the table's stream."""

from agentos.api.table_events import Item, batch_handler
from agentos.kernel.clock import Deadline
from agentos.wiring import late_settlement, usage_totals


@batch_handler
def handler(items: list[Item], deadline: Deadline) -> None:
    usage_totals().count(items, deadline)
    late_settlement().settle(items, deadline)

"""Adds the usage of turns to the sums by tenant and day; fed by the table's stream."""

from agentos.api.table_events import Item, batch_handler
from agentos.kernel.clock import Deadline
from agentos.wiring import usage_totals


@batch_handler
def handler(items: list[Item], deadline: Deadline) -> None:
    usage_totals().count(items, deadline)

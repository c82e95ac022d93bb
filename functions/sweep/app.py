"""Removes what deleted and expired sessions and agents leave behind; fed by the table's stream."""

from agentos.api.table_events import ItemKey, table_handler
from agentos.kernel.clock import Deadline
from agentos.wiring import deletion


@table_handler
def handler(key: ItemKey, deadline: Deadline) -> bool:
    return deletion().sweep(key, deadline)

"""Removes what deleted and expired sessions and agents leave behind; fed by the table's stream."""

from agentos.changes import Key, consumer
from agentos.clock import Deadline
from agentos.wiring import removal


@consumer
def handler(key: Key, deadline: Deadline) -> bool:
    return removal().sweep(key, deadline)

"""A circuit's state as an item, and the copies of it that a process keeps for seconds."""

import threading
import time
from collections import OrderedDict
from typing import NamedTuple

from aws_lambda_powertools.utilities.circuit_breaker.states import CircuitInfo, CircuitState

from agentos.store import keys
from agentos.store.items import Item, number

CACHED = 1024
"""Circuits of which a process keeps a copy. Tenants' endpoints have circuits of their own, so there may be many."""


class CircuitRecord(NamedTuple):
    """One circuit. Times are in whole seconds since the epoch.

    A failure count of 0 of an open circuit tells a pause that the provider named from one that failures caused.
    """

    name: str
    state: CircuitState
    failure_count: int = 0
    opened_at: int | None = None
    half_open_owner: str | None = None
    probe_lease_expiry: int | None = None

    def to_circuit_info(self) -> CircuitInfo:
        """What Powertools puts into its CircuitBreakerOpenError."""
        return CircuitInfo(self.name, self.state, self.failure_count, self.opened_at)


def record_of(item: Item) -> CircuitRecord:
    return CircuitRecord(
        name=item["sk"]["S"].removeprefix(keys.circuit_sort("")),
        state=CircuitState(item["state"]["S"]),
        failure_count=int(item["failure_count"]["N"]) if "failure_count" in item else 0,
        opened_at=_whole(item, "opened_at"),
        half_open_owner=item["half_open_owner"]["S"] if "half_open_owner" in item else None,
        probe_lease_expiry=_whole(item, "probe_lease_expiry"),
    )


def _whole(item: Item, name: str) -> int | None:
    return int(item[name]["N"]) if name in item else None


def item_of(record: CircuitRecord, expires_at: int) -> Item:
    times = {"opened_at": record.opened_at, "probe_lease_expiry": record.probe_lease_expiry, "expiresAt": expires_at}
    return {
        **keys.circuit(record.name),
        "state": {"S": record.state.value},
        "failure_count": number(record.failure_count),
        **{name: number(moment) for name, moment in times.items() if moment is not None},
        **({"half_open_owner": {"S": record.half_open_owner}} if record.half_open_owner else {}),
    }


class CircuitCache:
    """The records that were read or written last, for any number of threads."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, tuple[float, CircuitRecord]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str) -> CircuitRecord | None:
        """The record, unless its time is over."""
        with self._lock:
            until, record = self._records.get(name, (0, None))
            return record if time.time() < until else None

    def put(self, record: CircuitRecord, seconds: int) -> None:
        """Keep a record for so long. Whole seconds count, as in a circuit's own times."""
        with self._lock:
            self._records[record.name] = (int(time.time()) + seconds, record)
            self._records.move_to_end(record.name)
            if len(self._records) > CACHED:
                self._records.popitem(last=False)

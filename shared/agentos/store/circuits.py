"""Circuit states in our table, shared by all environments.

Powertools' persistence with three additions. A circuit that is open already is not opened again, so that a storm of
failures writes once. A circuit can be held open for as long as a provider asks; only an answer closes it earlier. An
open circuit is tried again `recovery_timeout` after its `opened_at`, so a longer pause is an `opened_at` in the future.
And where the table does not take a write, the turn goes on: the circuit then keeps its state.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aws_lambda_powertools.utilities.circuit_breaker.persistence import (
    CircuitBreakerDynamoDBPersistence,
    CircuitStateRecord,
)
from aws_lambda_powertools.utilities.circuit_breaker.states import CircuitState
from botocore.exceptions import ClientError

from agentos.kernel.logs import logger
from agentos.store import keys
from agentos.store.items import Item

_CLOSED = "attribute_not_exists(pk) OR #state = :closed"
_CLOSED_OR_SHORTER = f"{_CLOSED} OR #opened_at < :opened_at"


class Circuits(CircuitBreakerDynamoDBPersistence):
    """One item per circuit; `routing/health.py` names them.

    `on_change` is called with a circuit's name and its new state whenever this environment has changed it.
    """

    def __init__(self, client: Any, table_name: str, on_change: Callable[[str, str], None] = lambda *_: None) -> None:
        super().__init__(table_name=table_name, key_attr="pk", expiry_attr="expiresAt", boto3_client=client)
        self._opening = threading.Lock()
        self._on_change = on_change

    def all(self) -> list[CircuitStateRecord]:
        """Every circuit that has ever opened, as the table has it now."""
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table_name,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :circuit)",
            ExpressionAttributeValues={":pk": {"S": keys.HEALTH}, ":circuit": {"S": keys.circuit_sort("")}},
        )
        return [self._item_to_record(item) for page in pages for item in page["Items"]]

    def save_open(self, name: str, failure_count: int, opened_at: int) -> None:
        """Open a closed circuit."""
        with self._opening:  # of many threads that fail at once only the first writes
            cached = self._retrieve_from_cache(name)
            if cached is None or cached.state == CircuitState.CLOSED:
                self._open(name, failure_count, opened_at, _CLOSED)

    def save_reopen(self, name: str, opened_at: int) -> None:
        """Open a circuit again after a failed probe, unless it is held open for longer."""
        self._open(name, 1, opened_at, _CLOSED_OR_SHORTER)

    def try_acquire_half_open(self, name: str, owner: str, opened_at: int) -> bool:
        """Whether this thread is the one that tries the circuit's target."""
        acquired = super().try_acquire_half_open(name, owner, opened_at)
        if acquired:
            self._on_change(name, CircuitState.HALF_OPEN.value)
        return acquired

    def save_closed(self, name: str) -> None:
        """Close a circuit."""
        super().save_closed(name)
        self._on_change(name, CircuitState.CLOSED.value)

    def pause(self, name: str, opened_at: int) -> None:
        """Hold a circuit open, unless it is held for longer already. A failure costs no more than a call.

        A failure count of 0 tells a pause that the provider named from one that failures caused.
        """
        try:
            with self._opening:
                cached = self._retrieve_from_cache(name)
                if cached is None or cached.opened_at is None or cached.opened_at < opened_at:
                    self._open(name, 0, opened_at, _CLOSED_OR_SHORTER)
        except Exception as error:
            _log_failure("a circuit could not be held open", error)

    def close(self, name: str) -> None:
        """Close a circuit after an answer. A failure costs no more than time."""
        try:
            self.save_closed(name)
        except Exception as error:
            _log_failure("a circuit could not be closed", error)

    def _open(self, name: str, failure_count: int, opened_at: int, condition: str) -> None:
        lifetime = self._durable_ttl(name) - int(time.time())
        before = self._retrieve_from_cache(name)
        record = CircuitStateRecord(
            name=name,
            state=CircuitState.OPEN,
            failure_count=failure_count,
            opened_at=opened_at,
            expiry_timestamp=opened_at + lifetime,
        )
        names = {"#state": self.state_attr, "#opened_at": self.opened_at_attr}
        values = {":closed": self._s(CircuitState.CLOSED.value), ":opened_at": self._n(opened_at)}
        try:
            self.client.put_item(
                TableName=self.table_name,
                Item=self._record_to_item(record),
                ConditionExpression=condition,
                ExpressionAttributeNames={alias: names[alias] for alias in names if alias in condition},
                ExpressionAttributeValues={alias: values[alias] for alias in values if alias in condition},
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            record = self._get_record(name) or record  # another environment was faster: its record holds
        else:
            if before is None or before.state != CircuitState.OPEN:  # else it is held open for longer
                self._on_change(name, CircuitState.OPEN.value)
        self._save_to_cache(record)

    def _get_key(self, name: str) -> Item:
        return keys.circuit(name)

    def _item_to_record(self, item: Item) -> CircuitStateRecord:
        record = super()._item_to_record(item)
        return replace(record, name=item["sk"]["S"].removeprefix(keys.circuit_sort("")))


def _log_failure(message: str, error: Exception) -> None:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    logger.warning(message, extra={"reason": code})

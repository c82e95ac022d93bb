"""Circuit states in our table, shared by all environments.

A store for Powertools' circuit breaker: it has the methods of its persistence layers, and its items have the same
attributes. Powertools' own layer for DynamoDB loads boto3, which takes longer to load than all else of a function.

It differs in three ways. A circuit that is open already is not opened again, so that a storm of failures writes once.
A circuit can be held open for as long as a provider asks; only an answer closes it earlier. An open circuit is tried
again `recovery_timeout` after its `opened_at`, so a longer pause is an `opened_at` in the future. And where the table
does not take a write, the turn goes on: the circuit then keeps its state.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.circuit_breaker import CircuitBreakerConfig
from aws_lambda_powertools.utilities.circuit_breaker.states import CircuitState
from botocore.exceptions import ClientError

from agentos.kernel.logs import logger
from agentos.store import keys
from agentos.store.circuit_records import CircuitCache, CircuitRecord, item_of, record_of
from agentos.store.items import Item, number
from agentos.store.transport.messages import AwsClient

_CLOSED = "attribute_not_exists(pk) OR #state = :closed"
_CLOSED_OR_SHORTER = f"{_CLOSED} OR opened_at < :opened_at"
_UNTRIED = (
    "(#state = :open AND attribute_not_exists(half_open_owner) AND opened_at = :opened_at)"
    " OR (#state = :half_open AND probe_lease_expiry <= :now)"
)
_NAMES = {"#state": "state"}
"""`state` is one of DynamoDB's reserved words."""

SPARE_SECONDS = 3600
"""An item outlives its circuit's pause by so much, and then expires."""


class Circuits:
    """One item per circuit; `routing/health.py` names them.

    `on_change` is called with a circuit's name and its new state whenever this environment has changed it.
    """

    def __init__(
        self, client: AwsClient, table_name: str, on_change: Callable[[str, str], None] = lambda *_: None
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._cache = CircuitCache()
        self._config = CircuitBreakerConfig()
        self._opening = threading.Lock()
        self._on_change = on_change

    def configure(self, config: CircuitBreakerConfig, circuit_name: str) -> None:
        """Powertools calls it before each call. All circuits have one configuration."""
        self._config = config

    def all(self) -> list[CircuitRecord]:
        """Every circuit that has ever opened, as the table has it now."""
        asked: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :circuit)",
            "ExpressionAttributeValues": {":pk": {"S": keys.HEALTH}, ":circuit": {"S": keys.circuit_sort("")}},
        }
        found: list[Item] = []
        while True:
            page = self._client.call("Query", TableName=self._table_name, **asked)
            found += page["Items"]
            if not (last := page.get("LastEvaluatedKey")):
                return [record_of(item) for item in found]
            asked["ExclusiveStartKey"] = last

    def get_state(self, name: str) -> CircuitRecord:
        """The circuit, read once per cache period. It counts as closed where the table does not say."""
        if cached := self._cache.get(name):
            return cached
        try:
            record = self._read(name)
        except Exception as error:
            _log_failure("a circuit could not be read", error)
            return CircuitRecord(name, CircuitState.CLOSED)
        return self._keep(record or CircuitRecord(name, CircuitState.CLOSED))

    def save_open(self, name: str, failure_count: int, opened_at: int) -> None:
        """Open a closed circuit."""
        with self._opening:  # of many threads that fail at once only the first writes
            cached = self._cache.get(name)
            if cached is None or cached.state == CircuitState.CLOSED:
                self._open(name, failure_count, opened_at, _CLOSED)

    def save_reopen(self, name: str, opened_at: int) -> None:
        """Open a circuit again after a failed probe, unless it is held open for longer."""
        self._open(name, 1, opened_at, _CLOSED_OR_SHORTER)

    def try_acquire_half_open(self, name: str, owner: str, opened_at: int) -> bool:
        """Whether this thread, the `owner`, is the one that tries the circuit's target.

        It has the time of a pause for it; then another may try. `opened_at` is what the caller has read.
        """
        now = int(time.time())
        lease = now + self._config.recovery_timeout
        record = CircuitRecord(name, CircuitState.HALF_OPEN, 0, opened_at, owner, lease)
        values = {
            ":open": _state(CircuitState.OPEN),
            ":half_open": _state(CircuitState.HALF_OPEN),
            ":opened_at": number(opened_at),
            ":now": number(now),
        }
        if not self._put(record, lease + SPARE_SECONDS, _UNTRIED, values):
            return False
        self._keep(record)
        self._on_change(name, CircuitState.HALF_OPEN.value)
        return True

    def save_closed(self, name: str) -> None:
        """Close a circuit."""
        expires_at = int(time.time()) + self._config.recovery_timeout + SPARE_SECONDS
        self._client.call(
            "UpdateItem",
            TableName=self._table_name,
            Key=keys.circuit(name),
            UpdateExpression="SET #state = :closed, failure_count = :none, expiresAt = :expires"
            " REMOVE opened_at, half_open_owner, probe_lease_expiry",
            ExpressionAttributeNames=_NAMES,
            ExpressionAttributeValues={
                ":closed": _state(CircuitState.CLOSED),
                ":none": number(0),
                ":expires": number(expires_at),
            },
        )
        self._keep(CircuitRecord(name, CircuitState.CLOSED))
        self._on_change(name, CircuitState.CLOSED.value)

    def pause(self, name: str, opened_at: int) -> None:
        """Hold a circuit open, unless it is held for longer already. A failure costs no more than a call."""
        try:
            with self._opening:
                cached = self._cache.get(name)
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
        before = self._cache.get(name)
        record = CircuitRecord(name, CircuitState.OPEN, failure_count, opened_at)
        values = {":closed": _state(CircuitState.CLOSED), ":opened_at": number(opened_at)}
        used = {name: value for name, value in values.items() if name in condition}
        expires_at = opened_at + self._config.recovery_timeout + SPARE_SECONDS
        if not self._put(record, expires_at, condition, used):
            record = self._read(name) or record  # another environment was faster: its record holds
        elif before is None or before.state != CircuitState.OPEN:  # else it is held open for longer
            self._on_change(name, CircuitState.OPEN.value)
        self._keep(record)

    def _put(self, record: CircuitRecord, expires_at: int, condition: str, values: Item) -> bool:
        """Whether the condition held and the record is written."""
        try:
            self._client.call(
                "PutItem",
                TableName=self._table_name,
                Item=item_of(record, expires_at),
                ConditionExpression=condition,
                ExpressionAttributeNames=_NAMES,
                ExpressionAttributeValues=values,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def _read(self, name: str) -> CircuitRecord | None:
        """The cheaper read suffices, as a process keeps what it has read for seconds anyway."""
        answer = self._client.call("GetItem", TableName=self._table_name, Key=keys.circuit(name), ConsistentRead=False)
        item = answer.get("Item")
        return record_of(item) if item else None

    def _keep(self, record: CircuitRecord) -> CircuitRecord:
        self._cache.put(record, self._config.local_cache_max_age)
        return record


def _state(state: CircuitState) -> Item:
    return {"S": state.value}


def _log_failure(message: str, error: Exception) -> None:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    logger.warning(message, extra={"reason": code})

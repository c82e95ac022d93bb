"""One DynamoDB table: its requests, with DynamoDB's errors turned into ours. Nothing else calls boto3."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import uuid4

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from agentos.kernel.clock import Deadline
from agentos.kernel.errors import PayloadTooLarge, Throttled, Unanswered
from agentos.kernel.logs import logger
from agentos.store.items import Item, number

BATCH_GET_MAX = 100  # keys in one BatchGetItem, DynamoDB's bound
BATCH_WRITE_MAX = 25  # items in one BatchWriteItem, DynamoDB's bound

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 0.5
"""Between two tries of a write; the pause doubles from the first on."""

Action = dict[str, Any]
"""One part of a transaction."""

NEW_ITEM = "attribute_not_exists(pk)"

_THROTTLED = {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"}


class ConditionFailed(Exception):
    """A condition did not hold; `item` is what stands there (None where nothing does)."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("condition failed")
        self.item = item


class Conflict(Exception):
    """Another transaction had the item at that moment; the same request may go through later."""


def connect(endpoint_url: str | None = None) -> Any:
    """A DynamoDB client for a function: short time-outs, three tries, connections for many threads."""
    config = Config(
        connect_timeout=1,
        read_timeout=3,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=50,
        tcp_keepalive=True,
    )
    return boto3.client("dynamodb", endpoint_url=endpoint_url, config=config)


def retry_until_deadline(write: Callable[[], object], deadline: Deadline) -> None:
    """Write, again and again while that meets conflicts, throttling or silence. Raises Throttled or Unanswered when
    time has run out, and what else `write` raises."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            write()
            return
        except (Conflict, Throttled, Unanswered) as error:
            if deadline.remaining() < pause:
                raise busy_table() if isinstance(error, Conflict) else error from error
        deadline.clock.sleep(deadline.clock.jitter(pause))
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


class Table:
    """The requests that the stores are made of. Items are DynamoDB's typed dicts.

    The client sends a request again when its answer was lost. A write that then finds its own work done
    has succeeded, whatever its condition says.
    """

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def get(self, key: Item) -> Item | None:
        """One item, read consistently."""
        answer = self._call("get_item", TableName=self._name, Key=key, ConsistentRead=True)
        item: Item | None = answer.get("Item")
        return item

    def get_many(self, keys: Sequence[Item]) -> list[Item | None]:
        """Up to 100 items in the order of their keys, read consistently; None where there is none."""
        found: dict[tuple[str, str], Item] = {}
        asked = {self._name: {"Keys": list(keys), "ConsistentRead": True}}
        while asked:  # DynamoDB hands back what it could not read in one go (16 MB)
            answer = self._call("batch_get_item", RequestItems=asked)
            found |= {_id(item): item for item in answer["Responses"].get(self._name, [])}
            asked = answer.get("UnprocessedKeys") or {}
        return [found.get(_id(key)) for key in keys]

    def put(self, item: Item, condition: str = NEW_ITEM, values: Item | None = None) -> None:
        """An item where `condition` holds of what stands there: a new one, unless it says otherwise.

        Raises ConditionFailed, Conflict.
        """
        try:
            self._call(
                "put_item",
                TableName=self._name,
                Item=item,
                ConditionExpression=condition,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **({"ExpressionAttributeValues": values} if values else {}),
            )
        except ConditionFailed as error:
            if error.item != item:
                raise

    def write(self, item: Item) -> None:
        """An item, whatever stands there."""
        self._call("put_item", TableName=self._name, Item=item)

    def update(self, key: Item, expression: str, condition: str, values: Item, mark: Item | None = None) -> Item:
        """The item after the update. Raises ConditionFailed, Conflict.

        `mark`: attributes that this update alone sets, by which it knows its own work.
        """
        try:
            answer = self._call(
                "update_item",
                TableName=self._name,
                Key=key,
                UpdateExpression=expression,
                ConditionExpression=condition,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **({"ExpressionAttributeValues": values} if values else {}),
            )
        except ConditionFailed as error:
            if mark and error.item and mark.items() <= error.item.items():
                return error.item
            raise
        item: Item = answer["Attributes"]
        return item

    def query(
        self,
        condition: str,
        values: Item,
        *,
        forward: bool,
        page: int,
        index: str | None = None,
        start: Item | None = None,
        consistent: bool = True,
        keys_only: bool = False,
    ) -> Iterator[Item]:
        """Items in key order, `page` to a request, asked for only as far as they are taken.

        Consistent on the table itself unless it need not be; an index follows its table within moments.
        """
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": forward,
            "Limit": page,
            **({"IndexName": index} if index else {"ConsistentRead": consistent}),
            **({"ProjectionExpression": "pk, sk"} if keys_only else {}),
        }
        while True:
            answer = self._call("query", **request, **({"ExclusiveStartKey": start} if start else {}))
            yield from answer["Items"]
            start = answer.get("LastEvaluatedKey")
            if not start:
                return

    def new(self, item: Item, condition: str = NEW_ITEM) -> Action:
        """Part of a transaction: an item that must not stand there yet, or only where the condition holds of it."""
        return self._action("Put", Item=item, ConditionExpression=condition)

    def renew(self, item: Item, now: float) -> Action:
        """Part of a transaction: an item in the place of none, or of one that has expired."""
        return self.replace(item, "attribute_not_exists(pk) OR expiresAt <= :now", {":now": number(int(now))})

    def replace(self, item: Item, condition: str, values: Item) -> Action:
        """Part of a transaction: an item in the place of one of which the condition holds."""
        return self._action("Put", Item=item, ConditionExpression=condition, ExpressionAttributeValues=values)

    def change(self, key: Item, expression: str, condition: str, values: Item) -> Action:
        """Part of a transaction: an update."""
        parts = {"UpdateExpression": expression, "ConditionExpression": condition, "ExpressionAttributeValues": values}
        return self._action("Update", Key=key, **parts)

    def check(self, key: Item, condition: str) -> Action:
        """Part of a transaction: that a condition holds."""
        return self._action("ConditionCheck", Key=key, ConditionExpression=condition)

    def transact(self, actions: Sequence[Action], deadline: Deadline) -> None:
        """All or nothing. Raises ConditionFailed with what stands at the first action whose condition failed.

        Conflicts, throttling and lost answers are met with further tries until the deadline, then with Throttled or
        Unanswered.
        """
        token = str(uuid4())  # one for all tries, which keeps it from being done twice
        retry_until_deadline(
            lambda: self._call("transact_write_items", TransactItems=list(actions), ClientRequestToken=token), deadline
        )

    def _action(self, kind: str, **parts: Any) -> Action:
        return {kind: {"TableName": self._name, "ReturnValuesOnConditionCheckFailure": "ALL_OLD", **parts}}

    def put_many(self, items: Sequence[Item]) -> None:
        """Up to 25 items, whatever stands there."""
        self._write_batch([{"PutRequest": {"Item": item}} for item in items])

    def delete_many(self, keys: Sequence[Item]) -> None:
        """Remove up to 25 items."""
        self._write_batch([{"DeleteRequest": {"Key": key}} for key in keys])

    def _write_batch(self, requests: list[dict[str, Any]]) -> None:
        asked = {self._name: requests}
        while asked:
            asked = self._call("batch_write_item", RequestItems=asked).get("UnprocessedItems") or {}

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(**request)
            return answer
        except ClientError as error:
            raise _translated(error) from error
        except (NoConnection, HTTPClientError) as error:
            logger.warning("the table did not answer", extra={"operation": operation, "reason": type(error).__name__})
            raise Unanswered("The table did not answer; try again shortly.") from error


def _translated(error: ClientError) -> Exception:
    """Our error for DynamoDB's, or DynamoDB's own where it is a fault of ours."""
    response: dict[str, Any] = dict(error.response)
    code = response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(response.get("Item"))
    if code == "TransactionCanceledException":
        return _cancelled(response.get("CancellationReasons", [])) or error
    if code in ("TransactionConflictException", "TransactionInProgressException"):
        return Conflict()
    if code in _THROTTLED:
        return busy_table()
    if code in ("InternalServerError", "ServiceUnavailable"):
        return Unanswered("The table did not answer; try again shortly.")
    if code == "ValidationException" and "maximum allowed size" in response["Error"].get("Message", ""):
        return PayloadTooLarge("It is larger than an item may be.")
    return error


def _cancelled(reasons: Sequence[dict[str, Any]]) -> Exception | None:
    """What kept a transaction from being done: a condition before all, as no further try would help against it."""
    for reason in reasons:
        if reason.get("Code") == "ConditionalCheckFailed":
            return ConditionFailed(reason.get("Item"))
    codes = {reason.get("Code") for reason in reasons}
    if "TransactionConflict" in codes:
        return Conflict()
    return busy_table() if codes & {"ThrottlingError", "ProvisionedThroughputExceeded"} else None


def busy_table() -> Throttled:
    return Throttled("The table is busy; try again shortly.", headers={"retry-after": "1"})


def _id(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]

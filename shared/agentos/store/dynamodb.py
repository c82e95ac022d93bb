"""One DynamoDB table: its requests. `transport/` sends them; what goes wrong is in `faults.py`."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

from agentos.kernel import tracing
from agentos.kernel.clock import Deadline
from agentos.store.faults import ConditionFailed, answered, retry_until_deadline
from agentos.store.items import Item, number
from agentos.store.transport.messages import AwsClient

BATCH_GET_MAX = 100  # keys in one BatchGetItem, DynamoDB's limit
BATCH_WRITE_MAX = 25  # items in one BatchWriteItem, DynamoDB's limit
TRANSACTION_MAX = 100  # actions in one TransactWriteItems, DynamoDB's limit

Action = dict[str, Any]
"""One part of a transaction."""

NEW_ITEM = "attribute_not_exists(pk)"


class Table:
    """The requests that the stores are made of. Items are DynamoDB's typed dicts.

    The client sends a request again when its answer was lost. A write that then finds its own work done has succeeded,
    whatever its condition says.

    Every method raises Throttled, and Unavailable where the table did not answer or refused.
    """

    def __init__(self, client: AwsClient, name: str) -> None:
        self._client = client
        self._name = name
        self._attributes: tracing.Attributes = {"db.system.name": "aws.dynamodb", "aws.dynamodb.table_names": [name]}

    def get(self, key: Item) -> Item | None:
        """One item, read consistently."""
        answer = self._call("GetItem", TableName=self._name, Key=key, ConsistentRead=True)
        item: Item | None = answer.get("Item")
        return item

    def get_many(self, keys: Sequence[Item]) -> list[Item | None]:
        """Up to 100 items in the order of their keys, read consistently; None where there is none."""
        found: dict[tuple[str, str], Item] = {}
        asked = {self._name: {"Keys": list(keys), "ConsistentRead": True}}
        while asked:  # DynamoDB hands back what it could not read in one go (16 MB)
            answer = self._call("BatchGetItem", "Responses", RequestItems=asked)
            found |= {_id(item): item for item in answer["Responses"].get(self._name, [])}
            asked = answer.get("UnprocessedKeys") or {}
        return [found.get(_id(key)) for key in keys]

    def get_together(self, keys: Sequence[Item]) -> list[Item | None]:
        """Up to 100 items as they were at one moment, in the order of their keys. Raises Conflict.

        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
        """
        asked = [{"Get": {"TableName": self._name, "Key": key}} for key in keys]
        answer = self._call("TransactGetItems", "Responses", TransactItems=asked)
        return [found.get("Item") for found in answer["Responses"]]

    def put(self, item: Item, condition: str = NEW_ITEM, values: Item | None = None) -> None:
        """Write an item if `condition` holds for the stored one; by default there must be none.

        Raises ConditionFailed, Conflict.
        """
        request: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
        try:
            self._call(
                "PutItem",
                TableName=self._name,
                Item=item,
                ConditionExpression=condition,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **request,
            )
        except ConditionFailed as error:
            if error.item != item:
                raise

    def write(self, item: Item) -> None:
        """Write an item in the place of any."""
        self._call("PutItem", TableName=self._name, Item=item)

    def update(self, key: Item, expression: str, condition: str, values: Item, mark: Item | None = None) -> Item:
        """The item after the update. Raises ConditionFailed, Conflict.

        `mark`: attributes that only this update sets, by which it knows its own work.
        """
        try:
            answer = self._call(
                "UpdateItem",
                "Attributes",
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
        """Items in key order, `page` to a request. The next request is made when its items are needed.

        Reads of the table are consistent unless `consistent` is False. An index follows its table within moments.
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
            answer = self._call("Query", "Items", **request, **({"ExclusiveStartKey": start} if start else {}))
            yield from answer["Items"]
            start = answer.get("LastEvaluatedKey")
            if not start:
                return

    def new(self, item: Item, condition: str = NEW_ITEM) -> Action:
        """Part of a transaction: a new item, or one that replaces an item for which `condition` holds."""
        return self._action("Put", Item=item, ConditionExpression=condition)

    def renew(self, item: Item, now: float) -> Action:
        """Part of a transaction: a new item, or one that replaces an expired one."""
        return self.replace(item, "attribute_not_exists(pk) OR expiresAt <= :now", {":now": number(int(now))})

    def replace(self, item: Item, condition: str, values: Item) -> Action:
        """Part of a transaction: an item that replaces one for which `condition` holds."""
        return self._action("Put", Item=item, ConditionExpression=condition, ExpressionAttributeValues=values)

    def change(self, key: Item, expression: str, condition: str, values: Item) -> Action:
        """Part of a transaction: an update."""
        parts = {"UpdateExpression": expression, "ConditionExpression": condition, "ExpressionAttributeValues": values}
        return self._action("Update", Key=key, **parts)

    def add(self, key: Item, expression: str, values: Item) -> Action:
        """Part of a transaction: an update of an item, or a new item where there is none."""
        return self._action("Update", Key=key, UpdateExpression=expression, ExpressionAttributeValues=values)

    def check(self, key: Item, condition: str) -> Action:
        """Part of a transaction: that a condition holds."""
        return self._action("ConditionCheck", Key=key, ConditionExpression=condition)

    def remove(self, key: Item, condition: str, values: Item) -> Action:
        """Part of a transaction: the end of an item for which `condition` holds."""
        return self._action("Delete", Key=key, ConditionExpression=condition, ExpressionAttributeValues=values)

    def transact(self, actions: Sequence[Action], deadline: Deadline) -> None:
        """Do all actions or none. Raises ConditionFailed with the stored item of the first condition that failed.

        Conflicts, throttling and lost answers are met with further tries until the deadline, then with Throttled or
        Unavailable.
        """
        token = str(uuid4())  # the same for all tries, so that the transaction is done once
        retry_until_deadline(
            lambda: self._call("TransactWriteItems", TransactItems=list(actions), ClientRequestToken=token), deadline
        )

    def _action(self, kind: str, **parts: Any) -> Action:
        return {kind: {"TableName": self._name, "ReturnValuesOnConditionCheckFailure": "ALL_OLD", **parts}}

    def put_many(self, items: Sequence[Item]) -> None:
        """Write up to 25 items in the place of any."""
        self._write_batch([{"PutRequest": {"Item": item}} for item in items])

    def delete_many(self, keys: Sequence[Item]) -> None:
        """Remove up to 25 items."""
        self._write_batch([{"DeleteRequest": {"Key": key}} for key in keys])

    def _write_batch(self, requests: list[dict[str, Any]]) -> None:
        asked = {self._name: requests}
        while asked:
            asked = self._call("BatchWriteItem", RequestItems=asked).get("UnprocessedItems") or {}

    def _call(self, operation: str, result: str | None = None, **request: Any) -> dict[str, Any]:
        """The answer, which has the field `result`."""
        with tracing.span(f"dynamodb.{operation}", "client", self._attributes):
            return answered(operation, lambda: self._client.call(operation, **request), result)


def _id(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]

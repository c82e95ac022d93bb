"""A DynamoDB that answers what a message's turn asks, in JSON 1.0, without computing anything.

It keeps items by key. Conditions always hold, except that a transaction's check finds its item. An update returns the
stored item with the values that a lease sets. A session forgets all but its last `LENGTH` messages, so that every
further turn reads and writes the same. A session of the user `LOST` stops growing at so many, and loses what is added:
a process then knows none of its newest messages, as if another process had answered them.
"""

import json
import re
import zlib
from collections.abc import Callable
from typing import Any

LENGTH = 6
"""Messages in a session: a short conversation."""

LOST = "lost"
"""A user."""

CANCELLED = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"

Item = dict[str, Any]
Key = tuple[str, str]


class CannedDynamoDb:
    """Answers requests by the name of their operation, as the header `x-amz-target` has it."""

    def __init__(self) -> None:
        self._items: dict[Key, Item] = {}
        self._kept: dict[Key, Item] = {}

    def keep(self) -> None:
        """Remember the items as they are now."""
        self._kept = self._items.copy()

    def reset(self) -> None:
        """Have the items that were kept. Items are replaced and never changed, so that a copy of their table is one."""
        self._items = self._kept.copy()

    def answer(self, operation: str, body: bytes) -> tuple[int, bytes]:
        """The status and the body of the response."""
        request = json.loads(body)
        found: Item = getattr(self, f"_{operation}")(request)
        return 400 if "__type" in found else 200, json.dumps(found).encode()

    def _GetItem(self, request: Item) -> Item:  # noqa: N802 - the names of DynamoDB's operations
        item = self._items.get(_key(request["Key"]))
        return {"Item": item} if item else {}

    def _BatchGetItem(self, request: Item) -> Item:  # noqa: N802
        found = {
            table: [self._items[key] for key in map(_key, asked["Keys"]) if key in self._items]
            for table, asked in request["RequestItems"].items()
        }
        return {"Responses": found}

    def _PutItem(self, request: Item) -> Item:  # noqa: N802
        self._put(request["Item"])
        return {}

    def _DeleteItem(self, request: Item) -> Item:  # noqa: N802
        self._items.pop(_key(request["Key"]), None)
        return {}

    def _BatchWriteItem(self, request: Item) -> Item:  # noqa: N802
        for actions in request["RequestItems"].values():
            for action in actions:
                if "PutRequest" in action:
                    self._put(action["PutRequest"]["Item"])
        return {}

    def _TransactGetItems(self, request: Item) -> Item:  # noqa: N802
        return {"Responses": [self._GetItem(action["Get"]) for action in request["TransactItems"]]}

    def _UpdateItem(self, request: Item) -> Item:  # noqa: N802
        stored = self._stored(request["Key"])
        values = request.get("ExpressionAttributeValues", {})
        lease = {"lease": values[":turn"], "leaseUntil": values[":until"]} if {":turn", ":until"} <= {*values} else {}
        return {"Attributes": stored | lease}

    def _Query(self, request: Item) -> Item:  # noqa: N802
        values = {name: next(iter(value.values())) for name, value in request["ExpressionAttributeValues"].items()}
        matches, partition = _sort_condition(request["KeyConditionExpression"], values), next(iter(values.values()))
        found = [item for (pk, sk), item in self._items.items() if pk == partition and matches(sk)]
        found.sort(key=lambda item: str(item["sk"]["S"]), reverse=not request.get("ScanIndexForward", True))
        return {"Items": found[: request.get("Limit", 100)], "Count": len(found)}

    def _TransactWriteItems(self, request: Item) -> Item:  # noqa: N802
        checks = [action.get("ConditionCheck") for action in request["TransactItems"]]
        failed = [check is not None and _key(check["Key"]) not in self._items for check in checks]
        if any(failed):
            reasons = [{"Code": "ConditionalCheckFailed" if one else "None"} for one in failed]
            return {"__type": CANCELLED, "Message": "A condition failed.", "CancellationReasons": reasons}
        updates = [action["Update"] for action in request["TransactItems"] if "Update" in action]
        puts = [action["Put"]["Item"] for action in request["TransactItems"] if "Put" in action]
        full = [update["Key"] for update in updates if self._is_full(update["Key"])]
        if any(self._is_lost(key) for key in full):
            return {}
        for item in puts:
            if not full or item["pk"] in [key["pk"] for key in full]:  # else the table would grow with every turn
                self._put(item)
        for update in updates:
            self._set(update)
        for key in full:
            self._forget_oldest(key)
        return {}

    def _is_full(self, key: Item) -> bool:
        return int(self._stored(key).get("messageCount", {"N": "0"})["N"]) >= LENGTH

    def _is_lost(self, key: Item) -> bool:
        return str(self._stored(key).get("userSessions", {"S": ""})["S"]).endswith(LOST)

    def _forget_oldest(self, session: Item) -> None:
        """Leave the session its newest messages alone."""
        stored = self._stored(session)
        turns = json.loads(stored["turns"]["S"])[-LENGTH // 2 :]
        self._put({**stored, "turns": {"S": json.dumps(turns)}})
        messages = sorted(key for key in self._items if key[0] == session["pk"]["S"] and key[1].startswith("MESSAGE#"))
        for key in messages[:-LENGTH]:
            del self._items[key]

    def _set(self, update: Item) -> None:
        """`SET a = :a, b = :b REMOVE …`, the form in which a commit changes its session."""
        expression, values = update["UpdateExpression"], update["ExpressionAttributeValues"]
        changed = {name: values[value] for name, value in re.findall(r"(\w+) = (:\w+)", expression)}
        self._put({**self._stored(update["Key"]), **changed})

    def _stored(self, key: Item) -> Item:
        """The item of a key; where there is none, one that has its key alone."""
        return self._items.get(_key(key)) or key

    def _put(self, item: Item) -> None:
        self._items[_key(item)] = item


def _sort_condition(condition: str, values: dict[str, str]) -> Callable[[str], bool]:
    """What `pk = :pk AND …` asks of a sort key: a range, a prefix, or nothing."""
    names = re.findall(r":\w+", condition)[1:]
    if "BETWEEN" in condition:
        first, last = (values[name] for name in names)
        return lambda sort: first <= sort <= last
    prefix = values[names[0]] if names else ""
    return lambda sort: sort.startswith(prefix)


def _key(item: Item) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def checksum(body: bytes) -> str:
    """What DynamoDB sends as `x-amz-crc32`."""
    return str(zlib.crc32(body))

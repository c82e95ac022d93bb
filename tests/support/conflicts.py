"""Refusals that DynamoDB gives under load, and the back ends here never give: the write may succeed later."""

import json
from typing import Any

from botocore.awsrequest import AWSResponse

SINGLE = {
    "__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException",
    "message": "Transaction is ongoing",
}
MANY = {
    "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
    "message": "Transaction cancelled",
    "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}],
}


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: object) -> list[bytes]:
        return [self._content]


THROTTLED = {
    "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
    "message": "Slow down",
}


def conflict(client: Any, operation: str, times: int = 1) -> None:
    """The next requests of a kind conflict with a transaction on their item. They do not reach the table."""
    _refuse(client, operation, SINGLE if operation != "TransactWriteItems" else MANY, times)


def throttle(client: Any, operation: str, times: int = 1) -> None:
    """The next requests of a kind are throttled. They do not reach the table."""
    _refuse(client, operation, THROTTLED, times)


def _refuse(client: Any, operation: str, words: dict[str, Any], times: int) -> None:
    left = [words] * times

    def refuse(request: Any, **_: object) -> AWSResponse | None:
        if not left:
            return None
        return AWSResponse(request.url, 400, {}, _Body(json.dumps(left.pop()).encode()))

    client.meta.events.register(f"before-send.dynamodb.{operation}", refuse)

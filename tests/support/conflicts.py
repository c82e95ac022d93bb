"""DynamoDB's refusal of a write whose item another transaction has at that moment: no back end here ever says it."""

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


def conflict(client: Any, operation: str, times: int = 1) -> None:
    """The next requests of a kind meet a conflict; they do not reach the table."""
    left = [SINGLE if operation != "TransactWriteItems" else MANY] * times

    def refuse(request: Any, **_: object) -> AWSResponse | None:
        if not left:
            return None
        return AWSResponse(request.url, 400, {}, _Body(json.dumps(left.pop()).encode()))

    client.meta.events.register(f"before-send.dynamodb.{operation}", refuse)

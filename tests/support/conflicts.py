"""Refusals that DynamoDB gives under load, and the back ends here never give: the write may succeed later."""

from typing import Any

from agentos.store.transport.messages import Answer
from tests.support.transport import before, refusal

SINGLE = refusal("TransactionConflictException")
MANY = refusal("TransactionCanceledException", CancellationReasons=[{"Code": "None"}, {"Code": "TransactionConflict"}])
THROTTLED = refusal("ProvisionedThroughputExceededException")


def conflict(client: Any, operation: str, times: int = 1) -> None:
    """The next requests of a kind conflict with a transaction on their item. They do not reach the table."""
    _refuse(client, operation, SINGLE if operation != "TransactWriteItems" else MANY, times)


def throttle(client: Any, operation: str, times: int = 1) -> None:
    """The next requests of a kind are throttled. They do not reach the table."""
    _refuse(client, operation, THROTTLED, times)


def _refuse(client: Any, operation: str, answer: Answer, times: int) -> None:
    left = [answer] * times
    before(client, lambda _: left.pop() if left else None, operation)

"""When a request is sent again: the rules of botocore's standard mode.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

import random
import threading

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    HTTPClientError,
    ReadTimeoutError,
)
from botocore.exceptions import ConnectionError as NoConnection

Failure = ClientError | BotoCoreError

TRANSIENT = (NoConnection, HTTPClientError)
"""There is no answer: botocore's words for all that can happen to a connection."""

_STATUSES = {500, 502, 503, 504}
_CODES = {
    "RequestTimeout",
    "RequestTimeoutException",
    "PriorRequestNotComplete",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "RequestThrottled",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "LimitExceededException",
    "BandwidthLimitExceeded",
    "SlowDown",
    "TransactionInProgressException",
    "ReplicatedWriteConflictException",  # DynamoDB's model says that it can be sent again
}

LONGEST_PAUSE_SECONDS = 20
CAPACITY, COST, TIMEOUT_COST, REWARD = 500, 5, 10, 1


def may_succeed_later(failure: Failure) -> bool:
    """Whether the same request is sent again."""
    if isinstance(failure, ClientError):
        response = failure.response
        status = response["ResponseMetadata"]["HTTPStatusCode"]
        return status in _STATUSES or response["Error"]["Code"] in _CODES
    return isinstance(failure, TRANSIENT)


def pause(attempt: int) -> float:
    """Seconds between an attempt, of which the first is 1, and the next."""
    longest = min(2.0 ** (attempt - 1), LONGEST_PAUSE_SECONDS)
    return random.uniform(0, longest)  # noqa: S311 - a pause is no secret


class Quota:
    """Bounds the further tries of all threads together, so that a table in trouble is not asked three times as much."""

    def __init__(self) -> None:
        self._left = CAPACITY
        self._lock = threading.Lock()

    def take(self, failure: Failure) -> int | None:
        """What a further try costs, which is taken. None where too little is left."""
        cost = TIMEOUT_COST if isinstance(failure, ConnectTimeoutError | ReadTimeoutError) else COST
        with self._lock:
            if cost > self._left:
                return None
            self._left -= cost
            return cost

    def give_back(self, cost: int | None) -> None:
        """After a success: what its last further try cost, or a little where it needed none."""
        if self._left == CAPACITY:
            return
        with self._lock:
            self._left = min(CAPACITY, self._left + (cost or REWARD))

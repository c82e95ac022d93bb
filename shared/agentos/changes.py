"""The only code that knows a table's stream as Lambda hands it on: records to calls, a failure to `batchItemFailures`.

A consumer takes the key of a changed item and the time that is left, and says whether it is done with it:

    @consumer
    def handler(key: Key, deadline: Deadline) -> bool:
        return removal().sweep(key, deadline)

The first record that is not done ends the batch: Lambda hands it and those after it over again.
"""

import functools
from collections.abc import Callable
from typing import Any

from agentos.clock import Clock, Deadline
from agentos.endpoint import Event, Handler, LambdaContext, Response
from agentos.observe import logger

Key = dict[str, Any]


def consumer(function: Callable[[Key, Deadline], bool]) -> Handler:
    """Make a Lambda handler of a function that takes (key, deadline)."""

    @functools.wraps(function)
    def handler(event: Event, context: LambdaContext) -> Response:
        deadline = Deadline.after(context.get_remaining_time_in_millis() / 1000, Clock())
        for record in event["Records"]:
            change = record["dynamodb"]
            if not _done(function, change["Keys"], deadline):
                return {"batchItemFailures": [{"itemIdentifier": change["SequenceNumber"]}]}
        return {"batchItemFailures": []}

    return handler


def _done(function: Callable[[Key, Deadline], bool], key: Key, deadline: Deadline) -> bool:
    try:
        return function(key, deadline)
    except Exception:
        logger.exception("a change could not be dealt with")
        return False

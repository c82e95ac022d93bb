"""Turns a function into a Lambda handler for the table's stream.

    @table_handler
    def handler(key: ItemKey, deadline: Deadline) -> bool:
        return deletion().sweep(key, deadline)

The function gets the key of each changed item and returns whether it is done with it. The first record that is not done
ends the batch: Lambda delivers it and the records after it again.

https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

import functools
from collections.abc import Callable
from typing import Any

from agentos.api.endpoint import Handler
from agentos.api.queue_events import records_of
from agentos.api.request import LambdaContext, ProxyEvent
from agentos.api.response import ProxyResponse
from agentos.kernel import tracing
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.logs import invocation, logger

ItemKey = dict[str, Any]


def table_handler(function: Callable[[ItemKey, Deadline], bool]) -> Handler:
    """A Lambda handler that calls the function with each changed item's key and the deadline."""

    @functools.wraps(function)
    def handler(event: ProxyEvent, context: LambdaContext) -> ProxyResponse:
        deadline = Deadline.after(context.get_remaining_time_in_millis() / 1000, Clock())
        with invocation(request_id=context.aws_request_id, function_request_id=context.aws_request_id):
            failed = _first_failed(function, records_of(event), deadline)
            tracing.flush()
        return {"batchItemFailures": [] if failed is None else [{"itemIdentifier": failed}]}

    return handler


def _first_failed(
    function: Callable[[ItemKey, Deadline], bool], records: list[dict[str, Any]], deadline: Deadline
) -> str | None:
    """The sequence number of the first record that is not done.

    It is empty for a record that has none, and Lambda takes that for the failure of the whole batch.
    """
    with tracing.span("process table changes", "consumer"):
        for record in records:
            change = record.get("dynamodb")
            change = change if isinstance(change, dict) else {}
            if not _done(function, change, deadline):
                return str(change.get("SequenceNumber") or "")
    return None


def _done(function: Callable[[ItemKey, Deadline], bool], change: dict[str, Any], deadline: Deadline) -> bool:
    try:
        return function(change["Keys"], deadline)
    except Exception:
        logger.exception("a change of the table could not be handled")
        return False

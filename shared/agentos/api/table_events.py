"""Turns a function into a Lambda handler for the table's stream.

    @table_handler
    def handler(key: ItemKey, deadline: Deadline) -> bool:
        return deletion().sweep(key, deadline)

The function gets the key of each changed item and returns whether it is done with it. The first record that is not done
ends the batch: Lambda delivers it and the records after it again.

    @batch_handler
    def handler(items: list[Item], deadline: Deadline) -> None:
        usage_totals().count(items, deadline)

The function gets the items of a batch as they were after their changes. If it raises, Lambda delivers the batch again.

https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

import functools
from collections.abc import Callable
from typing import Any

from agentos.api.endpoint import Handler
from agentos.api.initialization import build_what_is_used
from agentos.api.queue_events import records_of
from agentos.api.request import LambdaContext, ProxyEvent
from agentos.api.response import ProxyResponse
from agentos.kernel import tracing
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.logs import invocation, logger

ItemKey = dict[str, Any]
Item = dict[str, Any]
"""An item in DynamoDB's typed JSON."""

RESERVE_SECONDS = 2.0
"""Of a function's time, so that a table in trouble is reported before Lambda ends the function."""


def table_handler(function: Callable[[ItemKey, Deadline], bool]) -> Handler:
    """A Lambda handler that calls the function with each changed item's key and the deadline."""

    build_what_is_used(function)

    @functools.wraps(function)
    def handler(event: ProxyEvent, context: LambdaContext) -> ProxyResponse:
        deadline = Deadline.after(context.get_remaining_time_in_millis() / 1000, Clock())
        with invocation(request_id=context.aws_request_id, function_request_id=context.aws_request_id):
            failed = _first_failed(function, records_of(event), deadline)
            tracing.flush()
        return {"batchItemFailures": [] if failed is None else [{"itemIdentifier": failed}]}

    return handler


def batch_handler(function: Callable[[list[Item], Deadline], object]) -> Handler:
    """A Lambda handler that calls the function with the new items of a batch, and a deadline before the function's."""

    build_what_is_used(function)

    @functools.wraps(function)
    def handler(event: ProxyEvent, context: LambdaContext) -> ProxyResponse:
        deadline = Deadline.after(context.get_remaining_time_in_millis() / 1000, Clock()).earlier(RESERVE_SECONDS)
        with invocation(request_id=context.aws_request_id, function_request_id=context.aws_request_id):
            records = records_of(event)
            done = _batch_done(function, records, deadline)
            tracing.flush()
        # The failure of the first record is that of the whole batch.
        return {"batchItemFailures": [] if done else [{"itemIdentifier": _sequence_number(records)}]}

    return handler


def _batch_done(
    function: Callable[[list[Item], Deadline], object], records: list[dict[str, Any]], deadline: Deadline
) -> bool:
    with tracing.span("process table changes", "consumer"):
        try:
            function([item for record in records if (item := _new_item(record))], deadline)
        except Exception:
            logger.exception("changes of the table could not be handled")
            return False
    return True


def _new_item(record: dict[str, Any]) -> Item:
    """The item after the change, empty where there is none. It holds no bytes as the table's own answers do."""
    change = record.get("dynamodb")
    item = change.get("NewImage") if isinstance(change, dict) else None
    return item if isinstance(item, dict) else {}


def _sequence_number(records: list[dict[str, Any]]) -> str:
    """Of the first record; empty where it has none, which Lambda takes for the failure of the whole batch."""
    change = records[0].get("dynamodb") if records else None
    return str(change.get("SequenceNumber") or "") if isinstance(change, dict) else ""


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

"""Turns a function into a Lambda handler for an SQS queue.

    @queue_handler
    def handler(message: QueueMessage) -> bool:
        return background_worker().run(message)

The function returns whether it is done with the message. A message that is not done is delivered again, until the queue
moves it to its dead-letter queue.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import functools
import json
from collections.abc import Callable
from typing import Any

from agentos.api.endpoint import Handler
from agentos.api.initialization import build_what_is_used
from agentos.api.request import LambdaContext, ProxyEvent
from agentos.api.response import ProxyResponse
from agentos.domain.requests import QueueMessage
from agentos.kernel import tracing
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.logs import invocation, logger


def queue_handler(function: Callable[[QueueMessage], bool]) -> Handler:
    """A Lambda handler that calls the function with each message of a batch."""

    build_what_is_used(function)

    @functools.wraps(function)
    def handler(event: ProxyEvent, context: LambdaContext) -> ProxyResponse:
        deadline = Deadline.after(context.get_remaining_time_in_millis() / 1000, Clock())
        with invocation(request_id=context.aws_request_id, function_request_id=context.aws_request_id):
            failed = [record for record in records_of(event) if not _done(function, record, deadline)]
            tracing.flush()
        # Lambda takes an empty identifier for the failure of the whole batch.
        return {"batchItemFailures": [{"itemIdentifier": record.get("messageId") or ""} for record in failed]}

    return handler


def records_of(event: ProxyEvent) -> list[dict[str, Any]]:
    """The records of a batch. What is no record counts as one without fields, which cannot be handled."""
    records = event.get("Records")
    return [record if isinstance(record, dict) else {} for record in records] if isinstance(records, list) else []


def _done(function: Callable[[QueueMessage], bool], record: dict[str, Any], deadline: Deadline) -> bool:
    try:
        receives = int(record["attributes"]["ApproximateReceiveCount"])
        message_id, receipt = record["messageId"], record["receiptHandle"]
        return function(QueueMessage(message_id, _json(record["body"]), receives, receipt, deadline))
    except Exception:
        logger.exception("a message of the queue could not be handled")
        return False


def _json(body: str) -> Any:
    """None where it is no JSON. An exception could quote the body."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # the second: brackets within brackets
        return None

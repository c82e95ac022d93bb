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
from agentos.api.request import LambdaContext, ProxyEvent
from agentos.api.response import ProxyResponse
from agentos.domain.requests import QueueMessage
from agentos.kernel import tracing
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.logs import correlated, invocation, logger

_ATTRIBUTES: tracing.Attributes = {"messaging.system": "aws_sqs", "messaging.operation.type": "process"}


def queue_handler(function: Callable[[QueueMessage], bool]) -> Handler:
    """A Lambda handler that calls the function with each message of a batch."""

    @functools.wraps(function)
    def handler(event: ProxyEvent, context: LambdaContext) -> ProxyResponse:
        deadline = Deadline.after(context.get_remaining_time_in_millis() / 1000, Clock())
        with invocation(function_request_id=context.aws_request_id):
            failed = [record["messageId"] for record in event["Records"] if not _done(function, record, deadline)]
            tracing.flush()
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    return handler


def _done(function: Callable[[QueueMessage], bool], record: dict[str, Any], deadline: Deadline) -> bool:
    """Its log lines carry the id of the request that accepted the turn, and the turn's."""
    try:
        document = json.loads(record["body"])
        receives = int(record["attributes"]["ApproximateReceiveCount"])
        message = QueueMessage(document, receives, record["receiptHandle"], deadline)
        ids = {"request_id": document.get("requestId"), "background_turn_id": document.get("turnId")}
        origin = document.get("traceparent")
        with correlated(**ids), tracing.span("process turn", "consumer", _ATTRIBUTES, origin):
            return function(message)
    except Exception:
        logger.exception("a message of the queue could not be handled")
        return False

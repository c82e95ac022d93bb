"""The only code that knows a queue's messages as Lambda hands them on: each to a call, failures to `batchItemFailures`.

A receiver takes a delivery and says whether it is done with it:

    @receiver
    def handler(delivery: Delivery) -> bool:
        return worker().run(delivery)

What is not done is delivered again, until the queue has had enough and puts it aside.
"""

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agentos.clock import Clock, Deadline
from agentos.endpoint import Event, Handler, LambdaContext, Response
from agentos.observe import logger


@dataclass(frozen=True)
class Delivery:
    """A message. `receives`: how often it has been delivered, this time among them."""

    document: dict[str, Any]
    receives: int
    receipt: str
    deadline: Deadline


def receiver(function: Callable[[Delivery], bool]) -> Handler:
    """Make a Lambda handler of a function that takes (delivery)."""

    @functools.wraps(function)
    def handler(event: Event, context: LambdaContext) -> Response:
        deadline = Deadline.after(context.get_remaining_time_in_millis() / 1000, Clock())
        failed = [record["messageId"] for record in event["Records"] if not _done(function, record, deadline)]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    return handler


def _done(function: Callable[[Delivery], bool], record: dict[str, Any], deadline: Deadline) -> bool:
    try:
        receives = int(record["attributes"]["ApproximateReceiveCount"])
        return function(Delivery(json.loads(record["body"]), receives, record["receiptHandle"], deadline))
    except Exception:
        logger.exception("a delivery could not be dealt with")
        return False

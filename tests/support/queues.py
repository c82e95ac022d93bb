"""A queue of moto's for tests, and the events that Lambda makes of its messages."""

from typing import Any
from uuid import uuid4

import boto3


class TurnQueue:
    """A new queue at a moto server."""

    def __init__(self, endpoint_url: str) -> None:
        self.client: Any = boto3.client("sqs", endpoint_url=endpoint_url)
        self.url = self.client.create_queue(QueueName=f"turns-{uuid4().hex}")["QueueUrl"]

    def event(self, receives: int | None = None) -> dict[str, Any]:
        """The event for the oldest message, which is then hidden. An empty event where there is no message."""
        names = ["ApproximateReceiveCount"]
        answer = self.client.receive_message(QueueUrl=self.url, MessageSystemAttributeNames=names)
        return {"Records": [_record(message, receives) for message in answer.get("Messages", [])]}

    def length(self) -> int:
        """How many messages can be received."""
        name = "ApproximateNumberOfMessages"
        return int(self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])["Attributes"][name])


def _record(message: dict[str, Any], receives: int | None) -> dict[str, Any]:
    counted = message["Attributes"]["ApproximateReceiveCount"]
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {"ApproximateReceiveCount": counted if receives is None else str(receives)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
    }

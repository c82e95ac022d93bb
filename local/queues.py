"""Queues on this machine, moto's, and the functions that they feed, as Lambda's event source mappings do.

Not imitated: several batches at once, a batching window, filters. The queue itself counts how often a message has been
received, and puts it aside after too many times.
"""

import sys
import threading
import traceback
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.context import REGION
from local.events import ACCOUNT_ID
from local.functions import Functions
from local.queue_settings import QueueSource
from local.template import Template

WAIT_SECONDS = 1
"""How long a look at an empty queue lasts, and so how long the end of the host may have to wait for it."""
END_SECONDS = 5

Record = dict[str, Any]


def connect(endpoint_url: str) -> Any:
    """An SQS client."""
    return boto3.client("sqs", endpoint_url=endpoint_url, region_name=REGION, config=Config(read_timeout=30))


def make(endpoint_url: str, template: Template) -> dict[str, str]:
    """Make the template's queues; their URLs by their names in the template."""
    client = connect(endpoint_url)
    urls: dict[str, str] = {}
    arns: dict[str, str] = {}
    for queue in sorted(template.queues, key=lambda one: one.dead_letters is not None):  # what is referred to first
        attributes = {"VisibilityTimeout": str(queue.visibility)}
        if queue.dead_letters:
            target, receives = arns[queue.dead_letters], queue.receives
            attributes["RedrivePolicy"] = f'{{"deadLetterTargetArn": "{target}", "maxReceiveCount": {receives}}}'
        url = client.create_queue(QueueName=queue.name, Attributes=attributes)["QueueUrl"]
        found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        urls[queue.name], arns[queue.name] = url, found["Attributes"]["QueueArn"]
    return urls


class Pollers:
    """A thread for each mapping of a template, from `start` to `stop`."""

    def __init__(self, template: Template, functions: Functions, endpoint_url: str, urls: dict[str, str]) -> None:
        self._stopped = threading.Event()
        self._pollers = [Poller(one, functions, endpoint_url, urls[one.queue]) for one in template.queue_sources]
        self._threads = [
            threading.Thread(target=self._run, args=[poller], name="queue", daemon=True) for poller in self._pollers
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """A batch that is being worked on may end, as long as that takes no more than `END_SECONDS`."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(END_SECONDS)

    def _run(self, poller: "Poller") -> None:
        while not self._stopped.is_set():
            if not poller.poll():
                self._stopped.wait(WAIT_SECONDS)


class Poller:
    """Hands one queue's messages to one function."""

    def __init__(self, source: QueueSource, functions: Functions, endpoint_url: str, url: str) -> None:
        self._source = source
        self._functions = functions
        self._url = url
        self._client = connect(endpoint_url)

    def poll(self) -> bool:
        """Hand over the next batch; whether there was one. What is done is deleted, what failed comes again."""
        try:
            found = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=self._source.batch_size,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            messages = found.get("Messages", [])
            if messages:
                failed = self._invoke([as_lambda_has_it(message, self._source.queue) for message in messages])
                for message in messages:
                    if message["MessageId"] not in failed:
                        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
            return bool(messages)
        except (BotoCoreError, ClientError) as error:
            print(f"the queue {self._source.queue} cannot be read: {error}", file=sys.stderr)
            return False

    def _invoke(self, records: list[Record]) -> set[str]:
        """The ids of the messages that failed."""
        everything = {record["messageId"] for record in records}
        try:
            answer = self._functions.invoke(self._source.function, {"Records": records}, lambda: False) or {}
            failures = answer.get("batchItemFailures", []) if self._source.partial else []
            return {failure["itemIdentifier"] for failure in failures}
        except (Exception, SystemExit):  # nothing that a handler does may end the host
            traceback.print_exc()
            return everything


def as_lambda_has_it(message: dict[str, Any], queue: str) -> Record:
    """The record as a function gets it, made of what boto3 makes of ReceiveMessage's answer."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {
            name: {f"{key[0].lower()}{key[1:]}": value for key, value in given.items()}
            for name, given in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{queue}",
        "awsRegion": REGION,
    }

"""Creates the template's queues, and feeds functions from them as Lambda's event source mappings do.

Not imitated: several batches at once, batching windows, filters. SQS itself counts how often a message has been
received, and moves it to the dead-letter queue.
"""

import json
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
from local.queue_settings import Queue, QueueEventSource
from local.template import Template

POLL_SECONDS = 0.25
"""Between two requests while the queue is empty."""
END_SECONDS = 5

Record = dict[str, Any]


def connect(endpoint_url: str) -> Any:
    """An SQS client."""
    return boto3.client("sqs", endpoint_url=endpoint_url, region_name=REGION, config=Config(read_timeout=30))


def ensure_queues(endpoint_url: str, template: Template) -> dict[str, str]:
    """Create the template's queues where they are missing, and set their attributes. Returns their URLs by name."""
    client = connect(endpoint_url)
    urls: dict[str, str] = {}
    for queue in sorted(template.queues, key=lambda one: one.dead_letter_queue is not None):  # dead letters first
        urls[queue.name] = client.create_queue(QueueName=queue.name)["QueueUrl"]
        client.set_queue_attributes(QueueUrl=urls[queue.name], Attributes=_attributes(client, queue, urls))
    return urls


def _attributes(client: Any, queue: Queue, urls: dict[str, str]) -> dict[str, str]:
    attributes = {"VisibilityTimeout": str(queue.visibility_timeout)}
    if queue.dead_letter_queue:
        url = urls[queue.dead_letter_queue]
        found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        policy = {"deadLetterTargetArn": found["QueueArn"], "maxReceiveCount": queue.max_receives}
        attributes["RedrivePolicy"] = json.dumps(policy)
    return attributes


class QueuePollers:
    """A thread for each function that is fed from a queue, from `start` to `stop`."""

    def __init__(self, template: Template, functions: Functions, endpoint_url: str, urls: dict[str, str]) -> None:
        self._stopped = threading.Event()
        self._pollers = [QueuePoller(one, functions, endpoint_url, urls[one.queue]) for one in template.queue_sources]
        self._threads = [
            threading.Thread(target=self._run, args=[poller], name="queue", daemon=True) for poller in self._pollers
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """A function that is running may finish, if that takes no more than `END_SECONDS`."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(END_SECONDS)

    def _run(self, poller: "QueuePoller") -> None:
        while not self._stopped.is_set():
            if not poller.poll():
                self._stopped.wait(POLL_SECONDS)


class QueuePoller:
    """Invokes one function with the messages of one queue."""

    def __init__(self, source: QueueEventSource, functions: Functions, endpoint_url: str, url: str) -> None:
        self._source = source
        self._functions = functions
        self._url = url
        self._client = connect(endpoint_url)

    def poll(self) -> bool:
        """Handle the next batch; whether there was one. A message that failed stays in the queue and comes again."""
        try:
            response = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=self._source.batch_size,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            messages = response.get("Messages", [])
            if messages:
                failed = self._invoke([to_record(message, self._source.queue) for message in messages])
                for message in messages:
                    if message["MessageId"] not in failed:
                        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
            return bool(messages)
        except (BotoCoreError, ClientError) as error:
            print(f"the queue {self._source.queue} cannot be read: {error}", file=sys.stderr)
            return False

    def _invoke(self, records: list[Record]) -> set[str]:
        """The ids of the messages that failed: all of them, if the function raises."""
        try:
            response = self._functions.invoke(self._source.function, {"Records": records}, lambda: False) or {}
        except (Exception, SystemExit):  # nothing that a handler does may end the host
            traceback.print_exc()
            return {record["messageId"] for record in records}
        failures = response.get("batchItemFailures", []) if self._source.reports_failures else []
        return {failure["itemIdentifier"] for failure in failures}


def to_record(message: dict[str, Any], queue: str) -> Record:
    """The record of a Lambda event, of a message in boto3's response to ReceiveMessage."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {
            name: {f"{key[0].lower()}{key[1:]}": value for key, value in attribute.items()}
            for name, attribute in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{queue}",
        "awsRegion": REGION,
    }

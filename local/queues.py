"""Creates the template's queues, and feeds functions from them as Lambda's event source mappings do.

Not imitated: batching windows, filters, and a number of batches at once that grows with the load. SQS itself counts how
often a message has been received, and moves it to the dead-letter queue.
"""

import json
import sys
import threading
import time
import traceback
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local import aws
from local.context import REGION
from local.events import ACCOUNT_ID
from local.functions import Functions
from local.queue_settings import Queue, QueueEventSource
from local.template import Template

POLL_SECONDS = 0.25
"""Between two requests while the queue is empty."""
END_SECONDS = 5

HIDDEN_SECONDS = 30
"""How long a message is hidden that was received. Lambda takes the queue's own time, which may not be shorter than the
function's timeout. Here the host may be killed at any moment, and a message that nobody works on should not wait for
that. A function that may take longer has to extend this time, as run_turn does.
"""

QUEUE_ERRORS = (BotoCoreError, ClientError, LookupError)
"""No answer, a refusal, and an answer that lacks a field."""

Message = dict[str, Any]
"""As botocore returns it from ReceiveMessage."""
Record = dict[str, Any]


def connect(endpoint_url: str) -> Any:
    """An SQS client. A poller tries again by itself, and a host whose store has ended does not wait for this one."""
    config = Config(read_timeout=30, retries={"total_max_attempts": 2})
    return aws.client("sqs", endpoint_url=endpoint_url, region_name=REGION, config=config)


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
    """The pollers of all functions that are fed from queues, from `start` to `stop`."""

    def __init__(self, template: Template, functions: Functions, endpoint_url: str, urls: dict[str, str]) -> None:
        sources = template.queue_sources
        self._pollers = [QueuePoller(source, functions, endpoint_url, urls[source.queue]) for source in sources]

    def start(self) -> None:
        for poller in self._pollers:
            poller.start()

    def stop(self) -> None:
        """Functions that are running may finish, if that takes no more than `END_SECONDS`."""
        end = time.monotonic() + END_SECONDS
        for poller in self._pollers:
            poller.stop()
        for poller in self._pollers:
            poller.join(end)


class QueuePoller:
    """Invokes one function with the messages of one queue, with as many batches at once as its source says.

    One thread receives batches while a worker is free. The workers are daemons: a function that never ends does not
    keep the host.
    """

    def __init__(self, source: QueueEventSource, functions: Functions, endpoint_url: str, url: str) -> None:
        self._source = source
        self._functions = functions
        self._url = url
        self._client = connect(endpoint_url)
        self._stopped = threading.Event()
        self._free = threading.Semaphore(source.concurrency)
        self._receiver = threading.Thread(target=self._run, name="queue", daemon=True)

    def start(self) -> None:
        self._receiver.start()

    def stop(self) -> None:
        """Receive nothing more."""
        self._stopped.set()

    def join(self, end: float) -> None:
        """Wait until all batches are handled, but not longer than until `end` (monotonic)."""
        for _ in range(self._source.concurrency):
            self._free.acquire(timeout=max(0.0, end - time.monotonic()))

    def poll(self) -> bool:
        """Receive and handle one batch. Returns whether there was one."""
        messages = self._receive()
        self._handle(messages)
        return bool(messages)

    def _run(self) -> None:
        while not self._stopped.is_set():
            if not self._free.acquire(timeout=POLL_SECONDS):
                continue
            messages = self._receive()
            if messages:
                threading.Thread(target=self._work, args=[messages], name="queue-worker", daemon=True).start()
            else:
                self._free.release()
                self._stopped.wait(POLL_SECONDS)

    def _work(self, messages: list[Message]) -> None:
        try:
            self._handle(messages)
        finally:
            self._free.release()

    def _receive(self) -> list[Message]:
        """The next batch; none if the queue is empty or cannot be read."""
        try:
            response = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=self._source.batch_size,
                VisibilityTimeout=HIDDEN_SECONDS,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            return list(response.get("Messages", ()))
        except QUEUE_ERRORS as error:
            self._report(error)
            return []

    def _handle(self, messages: list[Message]) -> None:
        """Invoke the function. A message that failed stays in the queue and is delivered again."""
        if not messages:
            return
        failed = self._invoke([to_record(message, self._source.queue) for message in messages])
        for message in messages:
            if message["MessageId"] not in failed:
                self._delete(message)

    def _delete(self, message: Message) -> None:
        try:
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        except QUEUE_ERRORS as error:
            self._report(error)

    def _report(self, error: Exception) -> None:
        print(f"the queue {self._source.queue} cannot be read: {error!r}", file=sys.stderr)

    def _invoke(self, records: list[Record]) -> set[str]:
        """The ids of the messages that failed: all of them, if the function raises."""
        try:
            response = self._functions.invoke(self._source.function, {"Records": records}, lambda: False) or {}
        except (Exception, SystemExit):  # nothing that a handler does may end the host
            traceback.print_exc()
            return {record["messageId"] for record in records}
        failures = response.get("batchItemFailures", []) if self._source.reports_failures else []
        return {failure["itemIdentifier"] for failure in failures}


def to_record(message: Message, queue: str) -> Record:
    """The record of a Lambda event, of a message in botocore's response to ReceiveMessage."""
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

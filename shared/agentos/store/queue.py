"""The queue of turns that are run later."""

from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from agentos.kernel import json_text
from agentos.kernel.errors import Unanswered
from agentos.kernel.logs import logger


def connect(endpoint_url: str | None = None) -> Any:
    """An SQS client for a function: short time-outs, three tries."""
    config = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})
    return boto3.client("sqs", endpoint_url=endpoint_url, config=config)


class Queue:
    """Messages are JSON documents."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, document: dict[str, Any]) -> None:
        """Raises Unanswered where the queue did not take it, or did not say so."""
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=json_text.dump(document))
        except (BotoCoreError, ClientError) as error:
            logger.warning("the queue did not answer", exc_info=True)
            raise Unanswered("The queue did not answer; try again shortly.") from error

    def retry_in(self, receipt: str, seconds: int) -> None:
        """Have a message that was received delivered again so soon, rather than when its time out is over."""
        try:
            self._client.change_message_visibility(QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds)
        except (BotoCoreError, ClientError):  # then it comes later
            logger.warning("a message comes again later than it might", exc_info=True)

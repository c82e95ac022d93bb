"""The queue of background turns."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from agentos.kernel import json_text
from agentos.kernel.errors import Unavailable
from agentos.kernel.logs import logger
from agentos.store.transport.messages import AwsClient


class Queue:
    """Messages are JSON documents."""

    def __init__(self, client: AwsClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, document: dict[str, Any]) -> None:
        """Raises Unavailable where the queue did not take it, or did not say so."""
        try:
            self._client.call("SendMessage", QueueUrl=self._url, MessageBody=json_text.dump(document))
        except (BotoCoreError, ClientError) as error:
            logger.warning("the queue did not answer", extra={"operation": "send_message", "reason": _reason(error)})
            message = "The queue did not answer; try again shortly."
            raise Unavailable(message, headers={"retry-after": "1"}) from None

    def hide(self, receipt: str, seconds: int) -> None:
        """Have a message that was received delivered again after so many seconds, unless it is deleted before.

        Where the queue does not answer, the message keeps the time that it had.
        """
        try:
            self._client.call(
                "ChangeMessageVisibility", QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )
        except (BotoCoreError, ClientError) as error:
            details = {"operation": "change_message_visibility", "reason": _reason(error)}
            logger.warning("a message's visibility could not be changed", extra=details)


def _reason(error: BotoCoreError | ClientError) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__

"""botocore's client behind the method of ours: for unusual settings, for tools that have one, and to compare with."""

from collections.abc import Mapping
from typing import Any

from botocore import xform_name
from botocore.parsers import ResponseParserError

from agentos.store.transport.answers import PartialAnswer, document
from agentos.store.transport.messages import Timeouts


class BotocoreClient:
    """`client` is boto3's or botocore's for one service."""

    def __init__(self, client: Any) -> None:
        self.client = client
        client.meta.events.register("before-parse", check_answer)

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """As the method of `Client`. Raises ParamValidationError too, which is a BotoCoreError."""
        try:
            answer: dict[str, Any] = getattr(self.client, xform_name(operation))(**parameters)
        except ResponseParserError:
            raise PartialAnswer from None
        return answer


def connect(endpoint_url: str | None, timeouts: Timeouts, attempts: int, service: str = "dynamodb") -> BotocoreClient:
    """A client with the time-outs, tries and connections of ours."""
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=timeouts.connect,
        read_timeout=timeouts.read,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=50,
        tcp_keepalive=True,
    )
    client: Any = boto3.client  # its type knows services by literal names alone
    return BotocoreClient(client(service, endpoint_url=endpoint_url, config=config))


def check_answer(response_dict: Mapping[str, Any], **_: Any) -> None:
    """A handler of botocore's `before-parse` event. Raises PartialAnswer.

    botocore parses the answer before it compares DynamoDB's checksum, and takes a body that is no JSON for an empty
    object: a cut answer to GetItem would mean that there is no such item. Statuses from 500 are left to botocore, which
    sends the request again.
    """
    if response_dict["status_code"] < 500:
        document(response_dict["headers"], response_dict["body"])

"""A service's answers: checked, decoded, and errors as botocore's ClientError."""

import zlib
from collections.abc import Mapping
from http.client import responses
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from agentos.store.transport.messages import Answer, decode

_CHECKSUM = "x-amz-crc32"


class PartialAnswer(BotoCoreError):
    """An answer that is cut, or is no JSON object."""

    fmt = "an answer of the service is not whole"


def succeeded(answer: Answer) -> bool:
    return answer.status < 300


def document(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The fields of a whole answer. Raises PartialAnswer."""
    checksum = headers.get(_CHECKSUM)
    if checksum is not None and checksum != str(zlib.crc32(body)):
        raise PartialAnswer
    try:
        found = decode(body)
    except ValueError:
        raise PartialAnswer from None
    if not isinstance(found, dict):
        raise PartialAnswer
    return found


def refusal(operation: str, answer: Answer, retries: int) -> ClientError:
    """The error that an answer reports, in botocore's shape: `Error`, `ResponseMetadata`, and the fields that the error
    has itself, such as the reasons of a cancelled transaction. Raises PartialAnswer.

    An error of the server need not be JSON: it may come from a proxy on the way.
    """
    try:
        fields = document(answer.headers, answer.body)
    except PartialAnswer:
        if answer.status < 500:
            raise
        fields = {"message": responses.get(answer.status, "")}
    code = str(fields.pop("__type", answer.status)).partition(":")[0].rpartition("#")[2]
    message = fields.get("message", fields.get("Message", ""))
    metadata = {
        "RequestId": answer.headers.get("x-amzn-requestid", ""),
        "HTTPStatusCode": answer.status,
        "HTTPHeaders": dict(answer.headers),
        "RetryAttempts": retries,
    }
    response: Any = {**fields, "Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}
    return ClientError(response, operation)

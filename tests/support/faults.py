"""Faults between a client and the table: a transport that loses, refuses and cuts answers."""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError
from botocore.httpsession import URLLib3Session

Transport = Callable[[Any], AWSResponse]
"""Takes a botocore request and returns the answer, or raises what botocore's own transport would raise."""


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: object) -> list[bytes]:
        return [self._content]


def reply(request: Any, status: int, body: bytes, headers: dict[str, str] | None = None) -> AWSResponse:
    return AWSResponse(request.url, status, headers or {}, _Body(body))


def error(code: str, status: int = 400) -> Transport:
    """The table refuses with this code. Its message quotes an item, which we must not pass on."""
    document = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "about an item with a secret in it"}
    return lambda request: reply(request, status, json.dumps(document).encode())


def page(status: int) -> Transport:
    """Something on the way answers with a page of HTML."""
    return lambda request: reply(request, status, b"<html>a secret</html>")


def cut(request: Any) -> AWSResponse:
    """The request is carried out, but the end of its answer is cut off."""
    session = URLLib3Session()
    answer = session.send(request)
    body = answer.content
    session.close()
    # All headers but the length stay, so that a checksum is still the one that DynamoDB sent.
    headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
    return reply(request, answer.status_code, body[:-1], headers)


def cut_error(request: Any) -> AWSResponse:
    """The end of a failed condition's answer, which holds the item, is cut off."""
    document = {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "failed"}
    body = json.dumps({**document, "Item": {"body": {"S": "a secret"}}}).encode()
    return reply(request, 400, body[:-9], {"x-amz-crc32": str(zlib.crc32(body))})


def refused(request: Any) -> AWSResponse:
    """There is no connection."""
    raise ConnectTimeoutError(endpoint_url=request.url)


FAULTS: dict[str, Transport] = {
    "cut": cut,
    "cut error": cut_error,
    "nothing": lambda request: reply(request, 200, b""),
    "a list": lambda request: reply(request, 200, b"[]"),
    "page 200": page(200),
    "page 400": page(400),
    "page 502": page(502),
    "no connection": refused,
    "server error": error("InternalServerError", 500),
    "access denied": error("AccessDeniedException"),
    "unknown": error("SomethingNewException"),
    "throttled": error("ProvisionedThroughputExceededException"),
}


@dataclass
class Faults:
    """Causes one fault in a client's requests of one kind, a number of times. Requests about health are not
    affected."""

    client: Any
    left: int = 0
    operation: str = ""
    fault: Transport = refused
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client.meta.events.register_first("before-send.dynamodb", self._send)

    def inflict(self, fault: Transport, operation: str, times: int) -> None:
        self.fault, self.operation, self.left = fault, operation, times

    def _send(self, request: Any, event_name: str, **_: Any) -> AWSResponse | None:
        operation = event_name.rpartition(".")[2]
        self.requests.append(operation)
        if operation != self.operation or self.left <= 0 or b'"HEALTH"' in request.body:
            return None
        self.left -= 1
        return self.fault(request)

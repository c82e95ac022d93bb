"""Faults between a client and the table: a transport that loses, refuses and cuts answers."""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ConnectTimeoutError

from agentos.store.transport.messages import Answer, Request
from tests.support.transport import Send, around, is_about_health

Fault = Callable[[Request, Send], Answer]
"""Sends a request or not, and returns an answer or raises what a transport raises."""


def error(code: str, status: int = 400) -> Fault:
    """The table refuses with this code. Its message quotes an item, which we must not pass on."""
    document = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "about an item with a secret in it"}
    return text(status, json.dumps(document).encode())


def text(status: int, body: bytes) -> Fault:
    """The table, or something on the way, answers so."""
    return lambda request, send: Answer(status, {}, body)


def page(status: int) -> Fault:
    """Something on the way answers with a page of HTML."""
    return text(status, b"<html>a secret</html>")


def cut(request: Request, send: Send) -> Answer:
    """The request is carried out, but the end of its answer is cut off. A checksum is the one that DynamoDB sent."""
    answer = send(request)
    return answer._replace(body=answer.body[:-1])


def cut_error(request: Request, send: Send) -> Answer:
    """The end of a failed condition's answer, which holds the item, is cut off."""
    document = {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "failed"}
    body = json.dumps({**document, "Item": {"body": {"S": "a secret"}}}).encode()
    return Answer(400, {"x-amz-crc32": str(zlib.crc32(body))}, body[:-9])


def refused(request: Request, send: Send) -> Answer:
    """There is no connection."""
    raise ConnectTimeoutError(endpoint_url="http://127.0.0.1")


FAULTS: dict[str, Fault] = {
    "cut": cut,
    "cut error": cut_error,
    "nothing": text(200, b""),
    "a list": text(200, b"[]"),
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
    fault: Fault = refused
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        around(self.client, self._send)

    def inflict(self, fault: Fault, operation: str, times: int) -> None:
        self.fault, self.operation, self.left = fault, operation, times

    def _send(self, request: Request, send: Send) -> Answer:
        self.requests.append(request.operation)
        if request.operation != self.operation or self.left <= 0 or is_about_health(request):
            return send(request)
        self.left -= 1
        return self.fault(request, send)

"""The ASGI application: each request goes to the service that its X-Amz-Target header names.

ministack's own application serves 60 services and starts several of them; these four are what the project uses.
"""

import json
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.services import dynamodb, dynamodb_streams, sqs, ssm

from local.ministack_server.database import Database

SERVICES = {
    "DynamoDB_20120810": dynamodb,
    "DynamoDBStreams_20120810": dynamodb_streams,
    "AmazonSQS": sqs,
    "AmazonSSM": ssm,
}

Headers = dict[str, str]
Result = tuple[int, Headers, bytes]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class App:
    """Serves the four services, and saves what a request changed before it is answered if there is a database."""

    def __init__(self, database: Database | None) -> None:
        self._database = database

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        body = await _read(receive)
        status, response_headers, content = await self._handle(scope, headers, body)
        raw_headers = [(name.lower().encode(), str(value).encode()) for name, value in response_headers.items()]
        raw_headers.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": raw_headers})
        await send({"type": "http.response.body", "body": content})

    async def _handle(self, scope: dict[str, Any], headers: Headers, body: bytes) -> Result:
        target, _, action = headers.get("x-amz-target", "").partition(".")
        if target not in SERVICES:
            return _error(400, "UnknownOperationException", f"There is no service {target!r} here.")
        try:
            result: tuple[int, Headers, bytes | str] = await SERVICES[target].handle_request(
                scope["method"], scope["path"], headers, body, {}
            )
            if self._database:
                self._database.save(target, action)
        except Exception as error:
            traceback.print_exc()
            return _error(500, "InternalServerError", str(error))
        status, response_headers, content = result
        return status, response_headers, content.encode() if isinstance(content, str) else content


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


def _error(status: int, code: str, text: str) -> Result:
    content = json.dumps({"__type": code, "message": text}).encode()
    return status, {"content-type": "application/x-amz-json-1.0"}, content

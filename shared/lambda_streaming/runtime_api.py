"""A client of Lambda's Runtime API, as documented for custom runtimes.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

Every request has its own connection. Lambda may freeze a function between invocations for hours, and a kept connection
would be dead by then. A new connection to the same machine takes a tenth of a millisecond.
"""

import json
from collections.abc import Mapping
from email.message import Message
from http.client import HTTPConnection
from typing import Any, NamedTuple

from lambda_streaming.failures import Failure
from lambda_streaming.response import STALL_SECONDS, ResponseStream

_BASE = "/2018-06-01/runtime"


class RuntimeApiError(Exception):
    """The Runtime API refused a request. The process cannot continue."""


class Invocation(NamedTuple):
    """One call of the function: its event as bytes, and the headers that came with it."""

    headers: Message
    """Names are not case-sensitive."""
    event: bytes

    @property
    def request_id(self) -> str:
        return str(self.headers["Lambda-Runtime-Aws-Request-Id"])

    @property
    def tenant_id(self) -> str | None:
        """Lambda's own tenant isolation. It has nothing to do with the application's tenants."""
        return self.headers["Lambda-Runtime-Aws-Tenant-Id"]

    @property
    def echoed(self) -> dict[str, str]:
        """Headers that AWS's client sends back unchanged."""
        name = "Lambda-Runtime-Invocation-Id"
        return {name: self.headers[name]} if name in self.headers else {}


class RuntimeApi:
    """A client of the API at `address`, which is `host:port`.

    `stall`: seconds after which a peer that accepts no data of a response counts as gone.
    """

    def __init__(self, address: str, stall: float = STALL_SECONDS) -> None:
        self._address = address
        self._stall = stall

    def next(self) -> Invocation:
        """Wait for the next invocation without a timeout. Raises RuntimeApiError, OSError."""
        headers, body = self._exchange("GET", "/invocation/next", 200)
        return Invocation(headers, body)

    def fail_init(self, failure: Failure) -> None:
        """Report that the function cannot start. Raises RuntimeApiError, OSError."""
        self._post("/init/error", failure.document(), failure.named)

    def wait_for_restore(self) -> None:
        """Lambda takes its snapshot while this waits. It returns in each environment that is started from it. Raises
        RuntimeApiError, OSError."""
        self._exchange("GET", "/restore/next", 200)

    def fail_restore(self, failure: Failure) -> None:
        """Report that an environment started from a snapshot cannot serve. Raises RuntimeApiError, OSError."""
        self._post("/restore/error", failure.document(), failure.named)

    def fail(self, invocation: Invocation, failure: Failure) -> None:
        """Report a failure of an invocation without a response. Raises RuntimeApiError, OSError."""
        request_id = invocation.request_id
        headers = failure.named | failure.traced | invocation.echoed
        self._post(f"/invocation/{request_id}/error", failure.document(request_id), headers)

    def respond(self, invocation: Invocation, head: Mapping[str, Any]) -> ResponseStream:
        """Start a response. Raises TypeError if `head` is not JSON."""
        path = f"{_BASE}/invocation/{invocation.request_id}/response"
        return ResponseStream(self._address, path, invocation.echoed, head, self._stall)

    def _post(self, path: str, document: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        content = {"Content-Type": "application/json", **headers}
        self._exchange("POST", path, 202, json.dumps(document).encode(), content)

    def _exchange(
        self, method: str, path: str, expected: int, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[Message, bytes]:
        connection = HTTPConnection(self._address, timeout=None)  # a library may set another default
        try:
            connection.request(method, _BASE + path, body, headers or {})
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status != expected:
            raise RuntimeApiError(f"{method} {path}: {response.status} {answer!r}")
        return response.headers, answer

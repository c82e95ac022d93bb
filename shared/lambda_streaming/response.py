"""A streamed response: one HTTP request to the Runtime API, its body sent piece by piece.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
"""

import json
import logging
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any

from lambda_streaming.failures import Failure

_DELIMITER = b"\0" * 8
"""Between the head and the body."""

_HEADERS = {
    "Content-Type": "application/vnd.awslambda.http-integration-response",
    "Lambda-Runtime-Function-Response-Mode": "streaming",
    "Transfer-Encoding": "chunked",
}
_TRAILERS = ("Lambda-Runtime-Function-Error-Type", "Lambda-Runtime-Function-Error-Body")

STALL_SECONDS = 10
"""After which a peer that takes nothing counts as gone. The handler's own work must not wait for it until it is killed;
and yet in this time a connection that Lambda throttles to 2 MB/s takes a slice many times over."""

_SLICE_BYTES = 64 * 1024

logger = logging.getLogger(__name__)


class ResponseStream:
    """A response that has begun. No method raises: what cannot be sent is dropped, and that is logged once."""

    def __init__(
        self, address: str, path: str, headers: Mapping[str, str], head: Mapping[str, Any], stall: float = STALL_SECONDS
    ) -> None:
        """`head` has `statusCode`, `headers` and so on; TypeError where it is no JSON, before anything is sent."""
        prelude = json.dumps(head).encode() + _DELIMITER
        self._connection = HTTPConnection(address, timeout=stall)
        self._open = True
        self._attempt(lambda: self._begin(path, {**_HEADERS, **headers}))
        self.write(prelude)

    def write(self, piece: bytes) -> None:
        """Send a piece of the body, at once. An empty one would mean the end, and is left out."""
        if piece:
            self._attempt(lambda: self._send(b"%x\r\n%b\r\n" % (len(piece), piece)))

    def end(self, trailers: Mapping[str, str]) -> None:
        """The response is whole, or with trailers broken off. What is written later is dropped."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in trailers.items())
        self._attempt(lambda: self._send(f"0\r\n{lines}\r\n".encode()))
        self._attempt(self._conclude)
        self._close()

    def _begin(self, path: str, headers: Mapping[str, str]) -> None:
        self._connection.putrequest("POST", path, skip_accept_encoding=True)
        for name, value in headers.items():
            self._connection.putheader(name, value)
        for name in _TRAILERS:  # a line each, as AWS's own runtimes have it
            self._connection.putheader("Trailer", name)
        self._connection.endheaders()

    def _send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:  # in slices, because the time-out is for all that is given at once
            self._connection.send(rest[:_SLICE_BYTES])
            rest = rest[_SLICE_BYTES:]

    def _conclude(self) -> None:
        """Wait until all has been taken: closing before that could cut it off, and the handler has done its work."""
        self._connection.sock.settimeout(None)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != 202:
            raise HTTPException(f"{response.status} {answer!r}")

    def _attempt(self, action: Callable[[], None]) -> None:
        if not self._open:
            return
        try:
            action()
        except (OSError, HTTPException) as error:
            logger.warning("what is left of the response is dropped: %s: %s", type(error).__name__, error)
            self._close()

    def _close(self) -> None:
        self._open = False
        self._connection.close()


class InvocationResponse:
    """What an invocation answers: a response, which begins at most once, or a failure."""

    def __init__(self, respond: Callable[[Mapping[str, Any]], ResponseStream], fail: Callable[[Failure], None]) -> None:
        self._respond = respond
        self._fail = fail
        self._stream: ResponseStream | None = None

    @property
    def begun(self) -> bool:
        return self._stream is not None

    def open(self, head: Mapping[str, Any]) -> Callable[[bytes], None]:
        """Begin the response; what is returned sends a piece of its body.

        Raises RuntimeError if it has begun already, TypeError where `head` is no JSON.
        """
        if self._stream is not None:
            raise RuntimeError("the response has begun already")
        self._stream = self._respond(head)
        return self._stream.write

    def end(self) -> None:
        """The body is whole."""
        if self._stream is not None:
            self._stream.end({})

    def fail(self, failure: Failure, request_id: str) -> None:
        """Break the response off, or answer with the failure where there is none."""
        if self._stream is not None:
            self._stream.end(failure.trailers(request_id))
        else:
            self._fail(failure)

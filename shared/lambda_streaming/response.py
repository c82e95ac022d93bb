"""A streamed response: one HTTP request to the Runtime API whose body is sent in pieces.

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
"""Separates the head from the body."""

_HEADERS = {
    "Content-Type": "application/vnd.awslambda.http-integration-response",
    "Lambda-Runtime-Function-Response-Mode": "streaming",
    "Transfer-Encoding": "chunked",
}
_TRAILERS = ("Lambda-Runtime-Function-Error-Type", "Lambda-Runtime-Function-Error-Body")

STALL_SECONDS = 10.0
"""The default of STREAMING_STALL_SECONDS. A peer that accepts no data for this long counts as gone, so that the handler
can finish its own work. A connection that Lambda throttles to 2 MB/s needs 0.03 s for one slice."""

_SLICE_BYTES = 64 * 1024

logger = logging.getLogger(__name__)


class ResponseStream:
    """A response that has started. No method raises: data that cannot be sent is dropped, and one log line says so."""

    def __init__(
        self, address: str, path: str, headers: Mapping[str, str], head: Mapping[str, Any], stall: float = STALL_SECONDS
    ) -> None:
        """`head` holds `statusCode` and `headers`. Raises TypeError, before anything is sent, if it is not JSON."""
        prelude = json.dumps(head).encode() + _DELIMITER
        self._connection = HTTPConnection(address, timeout=stall)
        self._open = True
        self._attempt(lambda: self._begin(path, {**_HEADERS, **headers}))
        self.write(prelude)

    def write(self, piece: bytes) -> None:
        """Send a piece of the body at once. An empty piece is left out, because it would mark the end."""
        if piece:
            self._attempt(lambda: self._send(b"%x\r\n%b\r\n" % (len(piece), piece)))

    def end(self, trailers: Mapping[str, str]) -> None:
        """End the response. Trailers mark it as failed. Later writes are dropped."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in trailers.items())
        self._attempt(lambda: self._send(f"0\r\n{lines}\r\n".encode()))
        self._attempt(self._conclude)
        self._close()

    def _begin(self, path: str, headers: Mapping[str, str]) -> None:
        self._connection.putrequest("POST", path, skip_accept_encoding=True)
        for name, value in headers.items():
            self._connection.putheader(name, value)
        for name in _TRAILERS:  # one line for each, as in AWS's own runtimes
            self._connection.putheader("Trailer", name)
        self._connection.endheaders()

    def _send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:  # in slices, because the timeout covers each call of send
            self._connection.send(rest[:_SLICE_BYTES])
            rest = rest[_SLICE_BYTES:]

    def _conclude(self) -> None:
        """Wait until everything was accepted, because closing earlier could cut the response off."""
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
            logger.warning("the rest of the response is dropped: %s: %s", type(error).__name__, error)
            self._close()

    def _close(self) -> None:
        self._open = False
        self._connection.close()


class InvocationResponse:
    """An invocation's result: a response, which starts at most once, or a failure."""

    def __init__(self, respond: Callable[[Mapping[str, Any]], ResponseStream], fail: Callable[[Failure], None]) -> None:
        self._respond = respond
        self._fail = fail
        self._stream: ResponseStream | None = None

    @property
    def started(self) -> bool:
        return self._stream is not None

    def open(self, head: Mapping[str, Any]) -> Callable[[bytes], None]:
        """Start the response and return a function that sends a piece of its body.

        Raises RuntimeError if it has started already, TypeError if `head` is not JSON.
        """
        if self._stream is not None:
            raise RuntimeError("the response has started already")
        self._stream = self._respond(head)
        return self._stream.write

    def end(self) -> None:
        """The body is complete."""
        if self._stream is not None:
            self._stream.end({})

    def fail(self, failure: Failure, request_id: str) -> None:
        """End a started response as failed, or report the failure if there is none."""
        if self._stream is not None:
            self._stream.end(failure.trailers(request_id))
        else:
            self._fail(failure)

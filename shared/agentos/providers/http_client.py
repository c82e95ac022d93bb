"""The HTTP client for providers: every request ends in time, whatever the server does.

A call runs in the thread of its caller. The sockets bound the whole exchange (`bounded_socket.py`): TLS, headers, and a
body that trickles. One pool of connections serves every thread.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from agentos.kernel.clock import Clock, Timeouts
from agentos.providers.bounded_socket import aborted_by
from agentos.providers.connections import Connections, Exchange, Transport
from agentos.providers.http_failures import FAILURES, body_too_long, classified, closed_on_error, refuse_bombs
from agentos.providers.http_stream import HttpStream
from agentos.providers.transport import HttpRequest, HttpResponse

STALL_SECONDS = 30.0
"""The longest time between two events of an answer, unless a setting says otherwise (`limits.streamStallSeconds`)."""


class HttpClient:
    """A client that lives as long as the process.

    `reply_bytes`: the longest body that is read. `stall_seconds`: the longest time between two events of a streamed
    answer. `transport` replaces the network. `clock` tells how long the connections were idle.
    """

    def __init__(
        self,
        reply_bytes: int,
        transport: Transport | None = None,
        stall_seconds: float = STALL_SECONDS,
        clock: Clock | None = None,
    ) -> None:
        self._reply_bytes = reply_bytes
        self._stall_seconds = stall_seconds
        self._transport = transport or Connections(clock)

    def send(self, request: HttpRequest, seconds: float) -> HttpResponse:
        """The whole response. Raises UpstreamError: `timeout`, `connect` or `bad_response`."""
        if request.aborted is None:
            return self._send(request, seconds)
        with aborted_by(request.aborted):
            return self._send(request, seconds)

    def _send(self, request: HttpRequest, seconds: float) -> HttpResponse:
        response = self._post(request, seconds).response
        with closed_on_error(response):
            refuse_bombs(response)
            try:
                body = response.read(self._reply_bytes + 1)
            except FAILURES as error:
                raise classified(error, seconds) from error
            if len(body) > self._reply_bytes:
                raise body_too_long(self._reply_bytes, response.status)
        return HttpResponse(response.status, response.headers, body)

    @contextmanager
    def open(self, request: HttpRequest, timeouts: Timeouts) -> Iterator[HttpStream]:
        """The response as it arrives. When the context ends, no more is waited for: the connection is closed unless
        the rest is there.

        Raises UpstreamError: `timeout`, `connect` or `bad_response`. Reading the stream raises the same.
        """
        began = time.monotonic()
        exchange = self._post(request, timeouts.first_output)
        with closed_on_error(exchange.response):
            refuse_bombs(exchange.response)
            stream = HttpStream(exchange, timeouts, began, self._reply_bytes, self._stall_seconds)
            yield stream
            stream.finish()

    def close(self) -> None:
        """Close the connections that are idle."""
        self._transport.close()

    def _post(self, request: HttpRequest, seconds: float) -> Exchange:
        try:
            return self._transport.post(request, seconds)
        except FAILURES as error:
            raise classified(error, seconds) from error

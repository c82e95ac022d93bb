"""The HTTP client for providers: every request ends in time, whatever the server does.

`asyncio`'s cancellation bounds the whole exchange: name lookup, TLS, headers, and a body that trickles. The timeouts of
httpx bound each single read only. The event loop runs in a thread of its own, so that the code around it stays
synchronous, and one connection pool serves every thread.
"""

import asyncio
import atexit
import math
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import anyio
import anyio.abc
import httpx
from anyio.from_thread import start_blocking_portal

from agentos.kernel.clock import Clock, Timeouts
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.http_stream import HttpStream, body_too_long
from agentos.providers.transport import HttpRequest, HttpResponse

_OVERHEAD = 100
"""Bytes of a stream for one byte of its text: an event of some hundred bytes around every word."""

STALL_SECONDS = 30.0
"""The longest time between two events of an answer, unless a setting says otherwise (`limits.streamStallSeconds`)."""

IDLE_SECONDS = 30
"""A connection that is idle for longer is not used again, because the server may have closed it."""

ABORT_SECONDS = 0.5
"""How often it is asked whether a call has been aborted, where that can be."""

POOL = httpx.Limits(max_connections=200, max_keepalive_connections=20, keepalive_expiry=IDLE_SECONDS)


class HttpClient:
    """A client that lives as long as the process.

    `reply_bytes`: the longest body that is read. `stall_seconds`: the longest time between two events of a streamed
    answer. `transport` replaces the network in tests. `clock` tells how long the connections were idle.
    """

    def __init__(
        self,
        reply_bytes: int,
        transport: httpx.AsyncBaseTransport | None = None,
        stall_seconds: float = STALL_SECONDS,
        clock: Clock | None = None,
    ) -> None:
        self._reply_bytes = reply_bytes
        self._stall_seconds = stall_seconds
        self._transport = transport
        self._clock = clock or Clock()
        self._calls = 0  # that are under way
        self._used_at = self._clock.time()
        self._tls = httpx.create_ssl_context()
        self._loop = start_blocking_portal()
        self._portal = self._loop.__enter__()
        self._client = self._portal.call(self._connect)
        atexit.register(self.close)

    def send(self, request: HttpRequest, seconds: float) -> HttpResponse:
        """The whole response. Raises UpstreamError: `timeout`, `connect` or `bad_response`."""
        return self._portal.call(self._send, request, seconds)

    @contextmanager
    def open(self, request: HttpRequest, timeouts: Timeouts) -> Iterator[HttpStream]:
        """The response as it arrives. When the context ends, the rest is not read and the connection is closed.

        Raises UpstreamError: `timeout`, `connect` or `bad_response`. Reading the stream raises the same.
        """
        pump, stream = self._portal.start_task(self._pump, request, timeouts)
        try:
            yield stream
        finally:
            pump.cancel()

    def close(self) -> None:
        """Close the connections and end the loop's thread. This happens once, at the latest when the process ends."""
        atexit.unregister(self.close)
        self._portal.call(self._client.aclose)
        self._loop.__exit__(None, None, None)

    async def _connect(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=self._transport,
            verify=self._tls,
            limits=POOL,
            timeout=None,  # noqa: S113 - `_send` bounds the whole exchange
            follow_redirects=False,
        )

    async def _send(self, request: HttpRequest, seconds: float) -> HttpResponse:
        with _classified(seconds), anyio.fail_after(seconds) as scope:
            async with _watched(request, scope), self._post(request) as response:
                body = b"".join([chunk async for chunk in self._chunks(response, self._reply_bytes)])
                return HttpResponse(response.status_code, response.headers, body)

    async def _pump(
        self, request: HttpRequest, timeouts: Timeouts, *, task_status: anyio.abc.TaskStatus[HttpStream]
    ) -> None:
        """Put the response into a stream, which exists as soon as the response's headers have arrived."""
        stream: HttpStream | None = None
        try:
            with _classified(timeouts.first_output), anyio.fail_after(timeouts.first_output) as scope:
                async with self._post(request) as response:

                    def extend() -> None:
                        self._portal.start_task_soon(_delay, scope, timeouts.total - timeouts.first_output)

                    stream = HttpStream(
                        response.status_code, response.headers, self._reply_bytes, extend, self._stall_seconds
                    )
                    task_status.started(stream)
                    async for chunk in self._chunks(response, self._reply_bytes * _OVERHEAD):
                        stream.put(chunk)
                    stream.put(None)
        except Exception as error:  # the reader must not wait for ever, whatever happened
            if stream is None:
                raise
            stream.put(error)

    @asynccontextmanager
    async def _post(self, request: HttpRequest) -> AsyncIterator[httpx.Response]:
        await self._drop_idle_connections()
        self._calls += 1
        try:
            headers = dict(request.headers)
            async with self._client.stream("POST", request.url, headers=headers, content=request.body) as response:
                yield response
        finally:
            self._calls -= 1
            self._used_at = self._clock.time()

    async def _drop_idle_connections(self) -> None:
        """Close the pool if it was idle for too long by the time of day.

        httpx looks at the monotonic clock, which may stand still while Lambda freezes the process between invocations.
        """
        if not self._calls and self._clock.time() - self._used_at > IDLE_SECONDS:
            idle, self._client = self._client, await self._connect()
            await idle.aclose()

    async def _chunks(self, response: httpx.Response, max_bytes: int) -> AsyncIterator[bytes]:
        if "," in response.headers.get("content-encoding", ""):  # a few kilobytes could unfold into gigabytes
            raise UpstreamError(ErrorClass.BAD_RESPONSE, "compressed more than once", status=response.status_code)
        length = 0
        async for chunk in response.aiter_bytes():
            length += len(chunk)
            if length > max_bytes:
                raise body_too_long(max_bytes, response.status_code)
            yield chunk


@asynccontextmanager
async def _watched(request: HttpRequest, scope: anyio.CancelScope) -> AsyncIterator[None]:
    """Ends the scope, as if its time were over, soon after the request has been aborted."""
    if request.aborted is None:
        yield
        return
    watcher = asyncio.ensure_future(_watch(request.aborted, scope))
    try:
        yield
    finally:
        watcher.cancel()


async def _watch(aborted: Callable[[], bool], scope: anyio.CancelScope) -> None:
    while not aborted():
        await asyncio.sleep(ABORT_SECONDS)
    scope.deadline = -math.inf


async def _delay(scope: anyio.CancelScope, seconds: float) -> None:
    scope.deadline += seconds


@contextmanager
def _classified(seconds: float) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise UpstreamError(ErrorClass.TIMEOUT, f"no whole response within {seconds:.1f} s") from error
    except httpx.DecodingError as error:
        raise UpstreamError(ErrorClass.BAD_RESPONSE, "the body's compression is broken") from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise UpstreamError(ErrorClass.CONNECT, type(error).__name__) from error

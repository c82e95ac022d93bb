"""What passes between an adapter and the HTTP client: requests, and responses whole or as they arrive."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from agentos.kernel.clock import Timeouts


class HttpRequest(NamedTuple):
    """A POST to a provider. `aborted`: its call ends soon after this returns True, as if its time were over."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    aborted: Callable[[], bool] | None = None


class HttpResponse(NamedTuple):
    """A provider's response, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


SendRequest = Callable[[HttpRequest, float], HttpResponse]
"""Sends a request and returns the response within so many seconds.

Raises UpstreamError: `timeout`, `connect` or `bad_response`.
"""


class IncomingResponse(Protocol):
    """A provider's response as it arrives. Reading it in any way raises UpstreamError, as `SendRequest` does."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def max_bytes(self) -> int:
        """The most bytes of text that an answer may have."""

    def __iter__(self) -> Iterator[bytes]: ...
    def peek(self) -> bytes:
        """The beginning of the body without leading white space; it stays to be read. b"" for an empty body."""

    def read(self) -> HttpResponse:
        """The whole response."""

    def progress(self) -> None:
        """Report an event of an answer that has begun.

        From the first report on, the call may take `Timeouts.total`, and the next event must come within the time that
        the HTTP client allows between two events.
        """


OpenResponse = Callable[[HttpRequest, Timeouts], AbstractContextManager[IncomingResponse]]
"""Sends a request. The response can be read until the context ends. Raises UpstreamError, as `SendRequest` does."""


class HttpTransport(Protocol):
    """Both ways to get a response (`http_client.py`)."""

    @property
    def send(self) -> SendRequest: ...
    @property
    def open(self) -> OpenResponse: ...


class ReceivedResponse:
    """A response that has been read, in the form of one that arrives."""

    def __init__(self, whole: HttpResponse, max_bytes: int) -> None:
        self._whole = whole
        self.status = whole.status
        self.headers = whole.headers
        self.max_bytes = max_bytes

    def __iter__(self) -> Iterator[bytes]:
        return iter((self._whole.body,))

    def peek(self) -> bytes:
        return self._whole.body.lstrip()

    def read(self) -> HttpResponse:
        return self._whole

    def progress(self) -> None:
        """Nothing can be late any more."""

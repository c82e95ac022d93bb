"""What passes between an adapter and the HTTP client: requests, and replies whole or as they come."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from agentos.kernel.clock import Timeouts


@dataclass(frozen=True)
class HttpRequest:
    """A POST to a provider."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class HttpResponse:
    """A provider's reply, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


SendRequest = Callable[[HttpRequest, float], HttpResponse]
"""Send a request within so many seconds. Raises UpstreamError: `timeout`, `connect` or `bad_response`."""


class IncomingResponse(Protocol):
    """A provider's reply as it comes. Iterating and reading raise UpstreamError, as `SendRequest` does."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def max_bytes(self) -> int:
        """The bytes that an answer may have, whatever is around it."""

    def __iter__(self) -> Iterator[bytes]: ...
    def read(self) -> HttpResponse:
        """All of it."""

    def output_started(self) -> None:
        """The answer has begun: from now on `Patience.whole` counts."""


OpenResponse = Callable[[HttpRequest, Timeouts], AbstractContextManager[IncomingResponse]]
"""Send a request; the reply may be read until the context ends. Raises UpstreamError, as `SendRequest` does."""


class HttpTransport(Protocol):
    """Both ways to an answer (`http.py`)."""

    @property
    def send(self) -> SendRequest: ...
    @property
    def open(self) -> OpenResponse: ...

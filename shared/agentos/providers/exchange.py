"""What passes between an adapter and the HTTP client: requests, and replies whole or as they come."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from agentos.clock import Patience


@dataclass(frozen=True)
class HttpRequest:
    """A POST to a provider."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class HttpReply:
    """A provider's reply, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Send = Callable[[HttpRequest, float], HttpReply]
"""Send a request within so many seconds. Raises UpstreamError: `timeout`, `connect` or `bad_response`."""


class Incoming(Protocol):
    """A provider's reply as it comes. Iterating and reading raise UpstreamError, as `Send` does."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def most(self) -> int:
        """The bytes that an answer may have, whatever is around it."""

    def __iter__(self) -> Iterator[bytes]: ...
    def read(self) -> HttpReply:
        """All of it."""

    def begun(self) -> None:
        """The answer has begun: from now on `Patience.whole` counts."""


Open = Callable[[HttpRequest, Patience], AbstractContextManager[Incoming]]
"""Send a request; the reply may be read until the context ends. Raises UpstreamError, as `Send` does."""


class Client(Protocol):
    """Both ways to an answer (`http.py`)."""

    @property
    def send(self) -> Send: ...
    @property
    def open(self) -> Open: ...

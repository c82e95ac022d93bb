"""A network that a test scripts, under the real HTTP client: httpx's requests and responses stand for the wire."""

from collections.abc import Callable, Iterator
from typing import cast

import httpx
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError

from agentos.providers.connections import Exchange
from agentos.providers.transport import HttpRequest

Handler = Callable[[httpx.Request], httpx.Response]
"""Answers a request. It may raise httpx's transport errors, as a network has them."""


class ScriptedTransport:
    """Answers every request by `handle`."""

    def __init__(self, handle: Handler) -> None:
        self._handle = handle

    def post(self, request: HttpRequest, seconds: float) -> Exchange:
        try:
            answer = self._handle(httpx.Request("POST", request.url, headers=request.headers, content=request.body))
        except httpx.TimeoutException as error:
            raise ProtocolError("scripted", TimeoutError(f"no response in {seconds} s")) from error
        except httpx.TransportError as error:
            raise ProtocolError("scripted", error) from error
        body = _Body(iter(cast("httpx.SyncByteStream", answer.stream)))
        response = HTTPResponse(body=body, headers=answer.headers, status=answer.status_code, preload_content=False)
        return Exchange(response, lambda moment: None)

    def close(self) -> None:
        """Nothing is open."""


class _Body:
    """A response's body as http.client hands it on: in the pieces in which it arrives."""

    closed = False

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read1(self, amount: int) -> bytes:
        try:
            while not self._rest:
                self._rest = next(self._pieces)
        except StopIteration:
            return b""
        except httpx.TransportError as error:
            raise ConnectionResetError("scripted") from error
        piece, self._rest = self._rest[:amount], self._rest[amount:]
        return piece

    def read(self, amount: int | None = None) -> bytes:
        whole = b""
        while (amount is None or len(whole) < amount) and (piece := self.read1((amount or 1 << 30) - len(whole))):
            whole += piece
        return whole

    def close(self) -> None:
        self.closed = True

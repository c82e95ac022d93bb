"""How the socket tests call: every call is watched, so that one that outlives its time fails its test."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.http_client import HttpClient
from agentos.providers.transport import HttpRequest, HttpResponse
from tests.providers.recordings import recording
from tests.providers.rude_server import Connection, RudeServer, reply

BOUND = 65536
SHORT = 0.3  # seconds; the servers of the tests would go on for ever
TIMEOUT = 120.0  # seconds until a test gives a call up as lost; nothing depends on its length
ANSWER = recording("openai/answer").content


def in_time(call: Callable[[], Any]) -> Any:
    """What the call returns or raises. Raises TimeoutError if it does not end at all."""
    ended: Future[Any] = Future()

    def run() -> None:
        try:
            ended.set_result(call())
        except BaseException as error:
            ended.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return ended.result(TIMEOUT)


def post(http: HttpClient, url: str, seconds: float = TIMEOUT) -> HttpResponse:
    request = HttpRequest(url, {"content-type": "application/json"}, b'{"hello": "world"}')
    reply: HttpResponse = in_time(lambda: http.send(request, seconds))
    return reply


def failure(http: HttpClient, url: str, seconds: float = TIMEOUT) -> ErrorClass:
    with pytest.raises(UpstreamError) as caught:
        post(http, url, seconds)
    return caught.value.error_class


def answer(connection: Connection) -> None:
    """Serve one connection as a good server would, request after request."""
    while connection.request():
        connection.send(reply(ANSWER))


def one_reply(data: bytes) -> RudeServer:
    def behaviour(connection: Connection) -> None:
        connection.request()
        connection.send(data)

    return RudeServer(behaviour)

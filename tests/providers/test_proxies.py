"""Providers are reached through the proxy that the environment names."""

import pytest

from agentos.providers.http_client import HttpClient
from tests.providers.calls import ANSWER, BOUND, post
from tests.providers.misbehaving_server import Connection, MisbehavingServer, reply


def test_a_proxy_of_the_environment_is_told_the_whole_address(environment: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    def proxy(connection: Connection) -> None:
        while request := connection.request():
            asked.append(request)
            connection.send(reply(ANSWER))

    with MisbehavingServer(proxy) as server:
        environment.setenv("HTTP_PROXY", server.url)
        environment.setenv("NO_PROXY", "other.example")
        http = HttpClient(BOUND)
        assert post(http, "http://provider.example/v1/chat").body == ANSWER
        assert post(http, "http://provider.example/v1/chat").body == ANSWER
        http.close()
        assert server.connections == 1
    assert asked[0].startswith(b"POST http://provider.example/v1/chat HTTP/1.1\r\n")
    assert b"\r\nhost: provider.example\r\n" in asked[0].lower()

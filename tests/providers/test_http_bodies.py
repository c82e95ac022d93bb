"""Bodies over real sockets: bounded whatever they claim to be, unpacked, and never fetched from elsewhere."""

import gzip

import pytest

from agentos.kernel.clock import Timeouts
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.http_client import HttpClient
from agentos.providers.upstream import UpstreamClient
from tests.providers.calls import ANSWER, BOUND, TIMEOUT, answer, failure, one_reply, post
from tests.providers.recordings import prompt, settings_for
from tests.providers.rude_server import Connection, RudeServer, reply


def squeezed(body: bytes) -> bytes:
    return reply(gzip.compress(body), "200 OK", "content-encoding: gzip")


@pytest.mark.parametrize("length", [BOUND - 1, BOUND])
def test_a_body_up_to_the_bound_is_read(length: int, http: HttpClient) -> None:
    for data in (reply(b"x" * length), squeezed(b"x" * length)):
        with one_reply(data) as server:
            assert post(http, server.url).body == b"x" * length


@pytest.mark.parametrize("data", [
    reply(b"x" * (BOUND + 1)),
    squeezed(b"x" * (BOUND + 1)),
    squeezed(b"x" * (BOUND * 1000)),
    b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (BOUND + 1),
], ids=["plain", "gzip", "bomb", "without a length"])  # fmt: skip
def test_a_body_over_the_bound_is_a_bad_response(data: bytes, http: HttpClient) -> None:
    with one_reply(data) as server:
        assert failure(http, server.url) is ErrorClass.BAD_RESPONSE


def test_an_endless_body_is_given_up_at_the_bound(http: HttpClient) -> None:
    def flood(connection: Connection) -> None:
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while not connection.closing.is_set():
            connection.send(b"x" * BOUND)

    with RudeServer(flood) as server:
        assert failure(http, server.url) is ErrorClass.BAD_RESPONSE
        assert server.hung_up.wait(TIMEOUT)


def test_a_body_compressed_more_than_once_is_not_unfolded(http: HttpClient) -> None:
    twice = gzip.compress(gzip.compress(ANSWER))
    with one_reply(reply(twice, "200 OK", "content-encoding: gzip, gzip")) as server:
        assert failure(http, server.url) is ErrorClass.BAD_RESPONSE


def test_a_compression_that_is_none_is_a_bad_response(http: HttpClient) -> None:
    with one_reply(reply(b"not gzip", "200 OK", "content-encoding: gzip")) as server:
        assert failure(http, server.url) is ErrorClass.BAD_RESPONSE


# --- through the adapter ----------------------------------------------------------------------


def asked(http: HttpClient, url: str) -> UpstreamError | str:
    """What one attempt at a provider behind this address ends in."""
    settings = settings_for(OPENAI_ENDPOINT=url)
    asker = UpstreamClient(settings, http)
    try:
        return asker.call(settings.target("openai:gpt-4o-mini", "test"), prompt(), Timeouts(TIMEOUT, TIMEOUT)).text
    except UpstreamError as error:
        return error


@pytest.mark.parametrize("data", [
    reply(b"<!doctype html><title>Welcome to the hotel's Wi-Fi</title>"),
    reply(gzip.compress(ANSWER)[:-30], "200 OK", "content-encoding: gzip"),
    reply(b"", "204 No Content"),
    reply(ANSWER[:-10]),
], ids=["HTML", "truncated gzip", "nothing", "truncated JSON"])  # fmt: skip
def test_a_200_that_is_no_answer_is_a_bad_response(data: bytes, http: HttpClient) -> None:
    with one_reply(data) as server:
        error = asked(http, server.url)
    assert isinstance(error, UpstreamError)
    assert error.error_class is ErrorClass.BAD_RESPONSE


def test_compressed_and_chunked_answers_are_read(http: HttpClient) -> None:
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(ANSWER), ANSWER)
    for data in (squeezed(ANSWER), chunked):
        with one_reply(data) as server:
            assert asked(http, server.url) == "Hello! How can I help you today?"


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect"])
def test_a_redirect_is_a_bad_response_and_is_not_followed(status: str, http: HttpClient) -> None:
    with RudeServer(answer) as elsewhere, one_reply(reply(b"", status, f"location: {elsewhere.url}/")) as server:
        error = asked(http, server.url)
        assert isinstance(error, UpstreamError)
        assert (error.error_class, error.status) == (ErrorClass.BAD_RESPONSE, int(status[:3]))
        assert elsewhere.connections == 0

"""Streamed replies over real sockets: read in time and to the end. The connection is closed when the reader stops."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agentos.domain import AnswerListener
from agentos.kernel.clock import Timeouts
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.http_client import HttpClient
from agentos.providers.transport import HttpRequest
from agentos.providers.upstream import UpstreamClient
from tests.providers.calls import SHORT, TIMEOUT, in_time
from tests.providers.misbehaving_server import Connection, MisbehavingServer
from tests.providers.recordings import model_of, prompt, settings_for

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
PIECE = b"4\r\nword\r\n"
END = b"0\r\n\r\n"
FIRST_OUTPUT = 1.5
"""Seconds in which even a busy machine gets the first text over loopback."""


def words_for_ever(connection: Connection) -> None:
    connection.request()
    connection.send(HEAD)
    connection.trickle(PIECE)


def a_word_and_silence(connection: Connection) -> None:
    connection.request()
    connection.send(HEAD + PIECE)
    connection.hang()


def a_word_and_no_end(connection: Connection) -> None:
    connection.request()
    connection.send(HEAD + PIECE)


def silence(connection: Connection) -> None:
    connection.request()
    connection.hang()


def read(http: HttpClient, url: str, patience: Timeouts, look: Callable[[Any], object]) -> None:
    with http.open(HttpRequest(url, {}, b"{}"), patience) as incoming:
        look(incoming)


def failure(http: HttpClient, url: str, patience: Timeouts, look: Callable[[Any], object]) -> ErrorClass:
    with pytest.raises(UpstreamError) as caught:
        in_time(lambda: read(http, url, patience, look))
    return caught.value.error_class


@pytest.mark.parametrize("behaviour", [silence, a_word_and_silence, words_for_ever])
def test_an_answer_that_does_not_begin_is_a_timeout(behaviour: Callable[[Connection], None], http: HttpClient) -> None:
    with MisbehavingServer(behaviour) as server:
        assert failure(http, server.url, Timeouts(SHORT, TIMEOUT), list) is ErrorClass.TIMEOUT
        assert server.hung_up.wait(TIMEOUT)


def test_an_answer_that_has_begun_has_the_whole_time(http: HttpClient) -> None:
    late = threading.Event()

    def a_word_and_a_late_end(connection: Connection) -> None:
        connection.request()
        connection.send(HEAD + PIECE)
        late.wait(TIMEOUT)
        connection.send(END)

    def look(incoming: Any) -> None:
        pieces = iter(incoming)
        next(pieces)
        incoming.progress()
        time.sleep(1.5 * FIRST_OUTPUT)
        late.set()
        assert list(pieces) == []

    with MisbehavingServer(a_word_and_a_late_end) as server:
        in_time(lambda: read(http, server.url, Timeouts(FIRST_OUTPUT, TIMEOUT), look))


def test_the_whole_time_is_bounded_too(http: HttpClient) -> None:
    def look(incoming: Any) -> None:
        for _ in incoming:
            incoming.progress()  # the total time is granted once, however often this is reported

    with MisbehavingServer(words_for_ever) as server:
        assert failure(http, server.url, Timeouts(SHORT, 2 * SHORT), look) is ErrorClass.TIMEOUT
        assert server.hung_up.wait(TIMEOUT)


def test_a_piece_is_received_before_the_end(http: HttpClient) -> None:
    def look(incoming: Any) -> None:
        assert incoming.status == 200
        assert incoming.headers["content-type"] == "text/event-stream"
        pieces: Iterator[bytes] = iter(incoming)
        assert next(pieces) == b"word"

    with MisbehavingServer(a_word_and_silence) as server:
        in_time(lambda: read(http, server.url, Timeouts(TIMEOUT, TIMEOUT), look))
        assert server.hung_up.wait(TIMEOUT), "a client that stops reading closes the connection"


def test_a_body_that_breaks_off_is_a_failure_after_its_pieces(http: HttpClient) -> None:
    seen: list[bytes] = []
    with MisbehavingServer(a_word_and_no_end) as server:
        broken = failure(http, server.url, Timeouts(TIMEOUT, TIMEOUT), lambda incoming: seen.extend(incoming))
    assert broken is ErrorClass.CONNECT
    assert b"".join(seen) == b"word"


def test_a_closed_port_is_a_failure_to_connect(http: HttpClient) -> None:
    with MisbehavingServer(silence) as server:
        url = server.url
    assert failure(http, url, Timeouts(TIMEOUT, TIMEOUT), list) is ErrorClass.CONNECT


NOTHING_SAID = {
    "openai": (
        b": OPENROUTER PROCESSING\n\n",
        b'data: {"choices": [{"delta": {"role": "assistant", "content": ""}}]}\n\n',
    ),
    "anthropic": (b": hello\n\n", b'event: ping\ndata: {"type": "ping"}\n\n'),
    "openai-responses": (
        b": hello\n\n",
        b'data: {"type": "response.in_progress", "response": {}}\n\n',
        b'data: {"type": "keepalive", "sequence_number": 3}\n\n',
    ),
    "gemini": (b": hello\n\n", b'data: {"candidates": [{"content": {"parts": [{"text": ""}]}}]}\n\n'),
}
"""Bytes that keep a connection busy and are no answer: comments, and events without text."""


@pytest.mark.parametrize(
    ("provider", "piece"), [(name, piece) for name, pieces in NOTHING_SAID.items() for piece in pieces]
)
def test_a_stream_without_text_is_a_timeout(provider: str, piece: bytes, http: HttpClient) -> None:
    def busy(connection: Connection) -> None:
        connection.request()
        connection.send(HEAD)
        connection.trickle(b"%x\r\n%b\r\n" % (len(piece), piece))

    with MisbehavingServer(busy) as server:
        model = model_of(provider)
        settings = settings_for(**{f"{model.partition(':')[0].upper()}_ENDPOINT": server.url})
        target = settings.target(model, "test")
        received: list[str] = []
        with pytest.raises(UpstreamError) as caught:
            in_time(
                lambda: UpstreamClient(settings, http).call(
                    target, prompt(), Timeouts(SHORT, TIMEOUT), AnswerListener(received.append)
                )
            )
        assert caught.value.error_class is ErrorClass.TIMEOUT
        assert received == []
        assert server.hung_up.wait(TIMEOUT)

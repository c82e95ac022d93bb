"""The HTTP client over real sockets: every call ends by its time, as an answer or a classified failure."""

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from agentos.kernel.errors import ErrorClass
from agentos.providers.http_client import HttpClient
from agentos.providers.transport import HttpRequest
from tests.providers.calls import ANSWER, BOUND, SHORT, TIMEOUT, answer, failure, post
from tests.providers.rude_server import Connection, RudeServer, reply
from tests.support.clock import ShiftedClock

# --- time -------------------------------------------------------------------------------------


def trickled_body(connection: Connection) -> None:
    connection.request()
    connection.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n")
    connection.trickle(b" ")


def trickled_chunks(connection: Connection) -> None:
    connection.request()
    connection.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    connection.trickle(b"1\r\n \r\n")


def trickled_headers(connection: Connection) -> None:
    connection.request()
    connection.send(b"HTTP/1.1 200 OK\r\n")
    connection.trickle(b"x-more: yes\r\n")


def endless_interim_replies(connection: Connection) -> None:
    connection.request()
    connection.trickle(b"HTTP/1.1 100 Continue\r\n\r\n")


def silence(connection: Connection) -> None:
    connection.request()
    connection.hang()


def silence_after_headers(connection: Connection) -> None:
    connection.request()
    connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n")
    connection.hang()


@pytest.mark.parametrize("behaviour", [
    trickled_body, trickled_chunks, trickled_headers, endless_interim_replies, silence, silence_after_headers,
])  # fmt: skip
def test_whatever_dawdles_is_a_timeout_and_is_hung_up_on(
    behaviour: Callable[[Connection], None], http: HttpClient
) -> None:
    with RudeServer(behaviour) as server:
        assert failure(http, server.url, SHORT) is ErrorClass.TIMEOUT
        assert server.hung_up.wait(TIMEOUT), "the upstream call went on after its time"


def test_a_server_that_never_accepts_is_a_timeout(http: HttpClient) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as waiting:
        for _ in range(3):  # more than the kernel lets wait
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        assert failure(http, f"http://127.0.0.1:{listener.getsockname()[1]}", SHORT) is ErrorClass.TIMEOUT


def test_calls_that_hang_hold_up_no_other(http: HttpClient) -> None:
    release = threading.Event()

    def answer_late(connection: Connection) -> None:
        connection.request()
        release.wait(TIMEOUT)
        connection.send(reply(ANSWER))

    with RudeServer(answer_late) as slow, RudeServer(answer) as quick, ThreadPoolExecutor(8) as pool:
        hanging = [pool.submit(post, http, slow.url) for _ in range(8)]
        assert post(http, quick.url).body == ANSWER
        assert not any(call.done() for call in hanging)
        release.set()
        assert {call.result().body for call in hanging} == {ANSWER}


# --- connections ------------------------------------------------------------------------------


def test_a_refused_connection(http: HttpClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert failure(http, f"http://127.0.0.1:{port}") is ErrorClass.CONNECT


@pytest.mark.parametrize("url", ["http://", "ftp://127.0.0.1/", "http://[::1", "http://a\x00b"])
def test_an_address_that_is_none(url: str, http: HttpClient) -> None:
    assert failure(http, url) is ErrorClass.CONNECT


def reset_at_once(connection: Connection) -> None:
    connection.reset()


def reset_after_request(connection: Connection) -> None:
    connection.request()
    connection.reset()


def reset_in_body(connection: Connection) -> None:
    connection.request()
    connection.send(reply(ANSWER)[:-20])
    connection.reset()


def closed_without_a_word(connection: Connection) -> None:
    connection.request()


def body_cut_short(connection: Connection) -> None:
    connection.request()
    connection.send(reply(ANSWER)[:-20])


def chunks_cut_short(connection: Connection) -> None:
    connection.request()
    connection.send(b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"id"\r\n')


def garbage(connection: Connection) -> None:
    connection.request()
    connection.send(b"SSH-2.0-OpenSSH_9.9\r\n\x00\x01\x02")


def endless_header(connection: Connection) -> None:
    connection.request()
    connection.send(b"HTTP/1.1 200 OK\r\nx-long: " + b"x" * 1_000_000)


@pytest.mark.parametrize("behaviour", [
    reset_at_once, reset_after_request, reset_in_body, closed_without_a_word, body_cut_short, chunks_cut_short,
    garbage, endless_header,
])  # fmt: skip
def test_an_exchange_that_breaks_off(behaviour: Callable[[Connection], None], http: HttpClient) -> None:
    with RudeServer(behaviour) as server:
        assert failure(http, server.url) is ErrorClass.CONNECT


def test_a_connection_is_used_again(http: HttpClient) -> None:
    with RudeServer(answer) as server:
        assert [post(http, server.url).status for _ in range(5)] == [200] * 5
        assert server.connections == 1


def test_a_connection_that_was_closed_meanwhile_is_replaced(http: HttpClient) -> None:
    def answer_once(connection: Connection) -> None:
        connection.request()
        connection.send(reply(ANSWER))

    with RudeServer(answer_once) as server:
        for _ in range(3):
            server.hung_up.clear()
            assert post(http, server.url).body == ANSWER
            assert server.hung_up.wait(TIMEOUT)
        assert server.connections == 3


@pytest.mark.parametrize(("seconds", "connections"), [(29, 1), (31, 2), (7200, 2)])
def test_connections_that_were_idle_while_frozen_are_not_used_again(seconds: float, connections: int) -> None:
    """The time of day moves on while Lambda freezes a process; the monotonic clock may stand still, as it does here."""
    clock = ShiftedClock()
    http = HttpClient(BOUND, clock=clock)
    with RudeServer(answer) as server:
        assert post(http, server.url).body == ANSWER
        clock.shift += seconds
        assert post(http, server.url).body == ANSWER
        assert post(http, server.url).body == ANSWER
        assert server.connections == connections
        assert server.hung_up.wait(TIMEOUT) if connections > 1 else not server.hung_up.is_set()
    http.close()


def test_a_call_under_way_keeps_its_connection_when_the_time_of_day_jumps() -> None:
    clock, release = ShiftedClock(), threading.Event()
    http = HttpClient(BOUND, clock=clock)

    def answer_late(connection: Connection) -> None:
        connection.request()
        clock.shift += 3600
        release.wait(TIMEOUT)
        connection.send(reply(ANSWER))

    with RudeServer(answer_late) as slow, RudeServer(answer) as quick, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(post, http, slow.url)
        while not clock.shift:
            threading.Event().wait(0.01)
        assert post(http, quick.url).body == ANSWER
        release.set()
        assert waiting.result(TIMEOUT).body == ANSWER
    http.close()


def test_twenty_threads_share_it_at_once(http: HttpClient) -> None:
    together = threading.Barrier(20)

    def answer_when_all_are_here(connection: Connection) -> None:
        request = connection.request()
        together.wait(TIMEOUT)
        connection.send(reply(request.partition(b"\r\n\r\n")[2]))

    def ask(number: int) -> bytes:
        return http.send(HttpRequest(server.url, {}, b"%d" % number), TIMEOUT).body

    with RudeServer(answer_when_all_are_here) as server, ThreadPoolExecutor(20) as pool:
        assert list(pool.map(ask, range(20))) == [b"%d" % number for number in range(20)]

"""Clients that read nothing, send slowly or stay idle cost the local host's other clients nothing."""

import errno
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from local.connections import ClientLimits, InvalidLimit
from local.environment import Environment
from tests.e2e.hosting import ROOT, Host, eventually, start
from tests.e2e.test_local_streaming import HEAD, SERVERS, STREAMER
from tests.support.sse import events, text_of
from tests.support.upstream import Upstream, answer, streamed_reply

LIMITS = {"CLIENT_STALL_SECONDS": "1", "REQUEST_BODY_SECONDS": "1", "IDLE_CONNECTION_SECONDS": "2"}
WAIT_SECONDS = 60
NOT_READING = 150
"""More than asyncio gives to blocking work (32 and fewer), and than the host once had (128)."""


@pytest.fixture(scope="module", params=SERVERS)
def streamer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """The host with the function of tests/e2e/streamer, and short limits."""
    folder = tmp_path_factory.mktemp("streamer")
    if request.param == "h11":
        (folder / "sitecustomize.py").write_text("import sys\nsys.modules['httptools'] = None  # as if not installed\n")
    variables = {"PYTHONPATH": f"{folder}:{ROOT / 'shared'}", **LIMITS}
    host = start(folder, variables, "--root", str(STREAMER))
    yield host
    host.end()


def connect(host: Host) -> socket.socket:
    """A connection that takes little before it is read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(WAIT_SECONDS)
    url = urlsplit(str(host.client.base_url))
    connection.connect((url.hostname, url.port))
    return connection


def request(path: str, body: object, **headers: str) -> bytes:
    content = json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", "host: x", f"content-length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def rest_of(connection: socket.socket) -> bytes:
    """What the server sends until it closes the connection."""
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    return received


def test_a_client_that_reads_nothing_counts_as_gone(streamer: Host) -> None:
    name = uuid4().hex
    with closing(connect(streamer)) as not_reading:
        not_reading.sendall(request("/streamed/not-reading", [["open", HEAD], ["flood"], ["signal", name]]))
        done = streamer.client.post("/plain/wait", json=[["wait", name]])
        assert done.status_code == 200
        assert rest_of(not_reading).startswith(b"HTTP/1.1 200")


def test_a_client_that_does_not_read_a_plain_response_is_disconnected(streamer: Host) -> None:
    with closing(connect(streamer)) as not_reading:
        not_reading.sendall(request("/plain/not-reading", [["large", 5_000_000]]))
        eventually(lambda: not_reading.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNRESET)


def test_a_client_that_reads_slowly_gets_everything(streamer: Host) -> None:
    size, pieces, mebibyte = 0, 2, 1024 * 1024
    with closing(connect(streamer)) as slow:
        slow.sendall(request("/streamed/slow", [["open", HEAD], ["fill", pieces, mebibyte]], connection="close"))
        while piece := slow.recv(8192):
            size += len(piece)
    assert size > pieces * mebibyte


def test_many_clients_that_read_nothing_take_no_thread_from_others(streamer: Host) -> None:
    meeting = uuid4().hex
    with ExitStack() as open_connections:
        for _ in range(NOT_READING):
            not_reading = open_connections.enter_context(closing(connect(streamer)))
            not_reading.sendall(
                request("/streamed/not-reading", [["open", HEAD], ["meet", meeting, NOT_READING + 1], ["flood"]])
            )
        answered = streamer.client.post("/plain/healthy", json=[["meet", meeting, NOT_READING + 1]])
        assert answered.status_code == 200
        assert streamer.client.post("/plain/healthy", json=[]).status_code == 200


@pytest.mark.parametrize("head", [b"", b"POST /plain/a HTTP/1.1\r\nhost: x\r\n"], ids=["silent", "half a head"])
def test_a_connection_without_a_request_is_closed(streamer: Host, head: bytes) -> None:
    with closing(connect(streamer)) as idle:
        idle.sendall(head)
        assert rest_of(idle) == b""


def test_a_connection_that_is_idle_after_a_request_is_closed(streamer: Host) -> None:
    with closing(connect(streamer)) as idle:
        idle.sendall(request("/plain/once", []))
        assert rest_of(idle).endswith(b"done")


def test_a_body_that_does_not_come_is_refused(streamer: Host) -> None:
    with closing(connect(streamer)) as trickling:
        trickling.sendall(request("/plain/a", [["answer", 1]])[:-1])
        response = rest_of(trickling)
    assert response.startswith(b"HTTP/1.1 408")
    assert b"connection: close" in response


def test_a_long_request_is_not_idle(streamer: Host) -> None:
    """Its client waits for longer than an idle connection may exist."""
    name = uuid4().hex
    with closing(connect(streamer)) as waiting, closing(connect(streamer)) as idle:
        waiting.sendall(request("/plain/waiting", [["wait", name]], connection="close"))
        assert rest_of(idle) == b""
        with closing(connect(streamer)) as later:
            assert rest_of(later) == b""
        assert streamer.client.post("/plain/signal", json=[["signal", name]]).status_code == 200
        assert rest_of(waiting).endswith(b"done")


def test_a_turn_whose_client_reads_nothing_is_stored_and_can_be_replayed(
    start_host: Callable[..., Host], dynamodb_endpoint: str
) -> None:
    pieces = [f"{number:04} ".ljust(10_000, "x") for number in range(150)]
    with Upstream(default=answer("Well.")) as upstream:
        host = start_host({"STORE": dynamodb_endpoint, "LOCAL_ENDPOINT": upstream.url, **LIMITS})
        session = host.session(host.agent(model="local:any"))
        upstream.script.append(streamed_reply(*pieces))
        body, key = {"content": "Hello"}, "k"
        with closing(connect(host)) as not_reading:
            not_reading.sendall(request(f"{session}/messages?stream=true", body, idempotency_key=key))
            eventually(lambda: host.client.get(session).json()["messageCount"] == 2)
            assert len(rest_of(not_reading)) < sum(map(len, pieces))
        again = {"Idempotency-Key": key, "Accept": "text/event-stream", "Last-Event-ID": "1"}
        replayed = events(host.client.post(f"{session}/messages", json=body, headers=again).text)
        assert [event.id for event in replayed] == list(range(2, len(pieces) + 3))
        assert text_of(replayed) == "".join(pieces)
        assert replayed[-1].data["state"] != "incomplete"
        assert host.say(session).json()["content"] == "Well."
        assert len(upstream.requests) == 2
        assert "Traceback" not in host.output


@pytest.mark.parametrize("text", ["0", "-1", "soon", "inf", "nan"])
def test_a_limit_that_is_no_number_of_seconds_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidLimit, match=f"CLIENT_STALL_SECONDS .*'{text}'"):
        ClientLimits.of(Environment(tmp_path / ".env", {"CLIENT_STALL_SECONDS": text}))


def test_limits_have_defaults(tmp_path: Path) -> None:
    assert ClientLimits.of(Environment(tmp_path / ".env", {})) == ClientLimits(stall=10, body=30, idle=60)
    given = Environment(tmp_path / ".env", {"IDLE_CONNECTION_SECONDS": "0.5"})
    assert ClientLimits.of(given) == ClientLimits(stall=10, body=30, idle=0.5)

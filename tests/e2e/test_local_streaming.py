"""The local host streams: pieces come one by one over a real socket, and a client sees when a stream breaks off.

No test waits for a time. A handler continues when another request of the test says so (streamer/function/app.py).
"""

import asyncio
import base64
import json
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local.functions import Functions
from local.gateway import Gateway
from local.streaming import DELIMITER_BYTES, MAX_PRELUDE_BYTES, MAX_STREAM_BYTES
from local.template import load_template
from tests.e2e.hosting import ROOT, STOP_SECONDS, Host, eventually, start

STREAMER = ROOT / "tests" / "e2e" / "streamer"
SERVERS = ["h11", "httptools"]
"""What uvicorn speaks HTTP with: the one that `make run` installs, and the one that it prefers where it finds it."""

HEAD = {"statusCode": 200, "headers": {"Content-Type": "text/event-stream"}}
MEGABYTE = 1024 * 1024


def write(piece: bytes) -> list[Any]:
    """The step that writes it."""
    return ["write", base64.b64encode(piece).decode()]


@dataclass(frozen=True)
class Streamer:
    """The host with the function whose steps a test gives."""

    host: Host
    name: str = field(default_factory=lambda: uuid4().hex)
    """The test's own: the last segment of its paths, and of its signals."""

    def run(self, *steps: list[Any], route: str = "streamed") -> httpx.Response:
        return self.host.client.post(f"/{route}/{self.name}", json=steps)

    @contextmanager
    def streaming(self, *steps: list[Any]) -> Iterator[httpx.Response]:
        """The answer as soon as its head is there."""
        with self.host.client.stream("POST", f"/streamed/{self.name}", json=steps) as answer:
            yield answer

    def signal(self, name: str) -> None:
        """Let a handler that waits for it go on."""
        assert self.host.client.post("/plain/signal", json=[["signal", self.of(name)]]).status_code == 200

    def wait(self, name: str) -> None:
        """Return when a handler has come to that step."""
        assert self.host.client.post("/plain/wait", json=[["wait", self.of(name)]]).status_code == 200

    def of(self, name: str) -> str:
        return f"{name}-{self.name}"

    @property
    def reports(self) -> list[str]:
        """The lines of the terminal about the test's own requests."""
        return [line for line in self.host.output.splitlines() if self.name in line]


@pytest.fixture(scope="module", params=SERVERS)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("streamer")
    if request.param == "h11":
        (folder / "sitecustomize.py").write_text("import sys\nsys.modules['httptools'] = None  # as if not installed\n")
    host = start(folder, {"PYTHONPATH": f"{folder}:{ROOT / 'shared'}"}, "--root", str(STREAMER))
    yield host
    host.end()


@pytest.fixture
def streamer(running: Host) -> Streamer:
    return Streamer(running)


def body_of(answer: httpx.Response) -> tuple[bytes, bool]:
    """What came, and whether it is the whole."""
    body = bytearray()
    try:
        for piece in answer.iter_raw():
            body += piece
    except httpx.RemoteProtocolError as error:
        assert "incomplete" in str(error)
        return bytes(body), False
    return bytes(body), True


def test_every_piece_arrives_before_the_next_is_written(streamer: Streamer) -> None:
    text = "data: ü\n\ndata: 😀\n\n".encode()
    pieces = [text[:7], text[7:17], text[17:18], text[18:]]  # two of the cuts go through a character
    steps = [step for number, piece in enumerate(pieces) for step in (["wait", streamer.of(str(number))], write(piece))]
    with streamer.streaming(["open", HEAD], *steps, ["wait", streamer.of("end")]) as answer:
        assert answer.status_code == 200  # sent before there is any piece
        raw = answer.iter_raw()
        for number, piece in enumerate(pieces):
            streamer.signal(str(number))
            came = b""
            while len(came) < len(piece):
                came += next(raw)
            assert came == piece
        assert streamer.reports == []  # it goes on
        streamer.signal("end")
        assert list(raw) == []
    eventually(lambda: streamer.reports != [])
    (report,) = streamer.reports
    assert report.startswith(f"POST    /streamed/{streamer.name} 200 ")


def test_status_and_headers(streamer: Streamer) -> None:
    head = {
        "statusCode": 207,
        "headers": {"X-One": 1, "X-Both": "lost", "X-Flag": True},
        "multiValueHeaders": {"x-both": ["a", "b"]},
    }
    answer = streamer.run(["open", head], write(b"{}"))
    assert (answer.status_code, answer.content) == (207, b"{}")
    assert answer.headers.get_list("x-both") == ["a", "b"]
    reported = {name: answer.headers[name] for name in ("content-type", "x-one", "x-flag", "transfer-encoding")}
    assert reported == {
        "content-type": "application/json",
        "x-one": "1",
        "x-flag": "true",
        "transfer-encoding": "chunked",
    }
    others = {streamer.run(["open", HEAD]).headers["x-amzn-requestid"], streamer.run().headers["x-amzn-requestid"]}
    assert len({answer.headers["x-amzn-requestid"], *others}) == 3


def test_what_a_handler_returns_after_its_stream_is_ignored(streamer: Streamer) -> None:
    for last in (["answer", {"statusCode": 500, "body": "lost"}], ["no_json"], ["large", 7 * MEGABYTE]):
        answer = streamer.run(["open", HEAD], write(b"whole"), last)
        assert (answer.status_code, answer.content) == (200, b"whole")


def test_empty_pieces_and_no_pieces(streamer: Streamer) -> None:
    """An empty piece is no end, though a chunk of no bytes would be one."""
    assert streamer.run(["open", HEAD], write(b""), write(b"a"), write(b""), write(b"b")).content == b"ab"
    empty = streamer.run(["open", HEAD])
    assert (empty.status_code, empty.content) == (200, b"")
    assert streamer.run(["open", {"statusCode": 204}]).status_code == 204


def test_a_function_that_opens_no_stream_answers_as_usual(streamer: Streamer) -> None:
    answer = streamer.run(["answer", {"statusCode": 201, "headers": {"x-one": "1"}, "body": "é"}])
    assert (answer.status_code, answer.headers["x-one"], answer.text) == (201, "1", "é")
    assert answer.headers["content-length"] == "2"


@pytest.mark.parametrize(("route", "can"), [("streamed", True), ("buffered", False), ("plain", False)])
def test_a_context_can_stream_only_where_the_template_says_so(streamer: Streamer, route: str, can: bool) -> None:
    assert streamer.run(["can_stream"], route=route).json() is can


@pytest.mark.parametrize("step", [["fail", "before any piece"], ["leave"], ["answer", {"status": 200}]])
def test_a_failure_before_the_stream_is_api_gateways_response(streamer: Streamer, step: list[Any]) -> None:
    failed = streamer.run(step)
    assert (failed.status_code, failed.json()) == (502, {"code": "failed"})


@pytest.mark.parametrize(
    "head",
    [
        None,
        {},
        {"statusCode": 99},
        {"statusCode": 200, "body": "it follows, and is no part of the head"},
        {"statusCode": 200, "headers": {"a": "b\r\nc: d"}},
        {"statusCode": 200, "headers": {"a": "é"}},
        {"statusCode": 200, "headers": {"a b": "c"}},
        {"statusCode": 200, "multiValueHeaders": {"a": "b"}},
        {"statusCode": 200, "headers": {"a": "b" * MAX_PRELUDE_BYTES}},
    ],
)
def test_a_malformed_head_is_a_502_and_opens_nothing(streamer: Streamer, head: Any) -> None:
    reported = "StreamerFunction returned what API Gateway does not accept: "
    before = streamer.host.output.count(reported)
    failed = streamer.run(["open", head], write(b"never"))
    assert (failed.status_code, failed.json()) == (502, {"code": "failed"})
    assert streamer.host.output.count(reported) == before + 1
    caught = streamer.run(["failing", "open", head], ["open", HEAD], write(b"in time"))
    assert caught.content == b"in time"


@pytest.mark.parametrize(
    ("step", "reported"),
    [
        (["fail", "after the head"], "ValueError: after the head"),
        (["leave"], "SystemExit: 3"),
        (["open", HEAD], "RuntimeError: the stream is open already"),
    ],
)
@pytest.mark.parametrize("pieces", [[], [b"first"]])
def test_a_failure_after_the_head_breaks_the_stream_off(
    streamer: Streamer, step: list[Any], reported: str, pieces: list[bytes]
) -> None:
    before = streamer.host.output.count(reported)
    with streamer.streaming(["open", HEAD], *map(write, pieces), step) as answer:
        assert answer.status_code == 200
        assert body_of(answer) == (b"".join(pieces), False)
    eventually(lambda: len(streamer.reports) == 1)
    assert streamer.host.output.count(reported) == before + 1


def test_a_second_stream_is_refused_and_the_first_continues(streamer: Streamer) -> None:
    answer = streamer.run(["open", HEAD], write(b"a"), ["failing", "open", {"statusCode": 500}], write(b"b"))
    assert (answer.status_code, answer.content) == (200, b"ab")


@pytest.mark.parametrize("leave", [["until_gone"], ["flood"]], ids=["silent", "writing"])
def test_a_client_that_hangs_up_does_not_stop_the_handler(streamer: Streamer, leave: list[Any]) -> None:
    """The function learns it, and further writes have no effect. The client had stopped reading before."""
    before = streamer.host.output.count("Traceback")
    steps = [["open", HEAD], write(b"first"), leave, ["fill", 20, MEGABYTE], ["signal", streamer.of("over")]]
    with streamer.streaming(*steps) as answer:
        assert next(answer.iter_raw()).startswith(b"first")
    streamer.wait("over")
    eventually(lambda: len(streamer.reports) == 1)
    assert streamer.host.output.count("Traceback") == before


def test_fifty_streams_at_once(streamer: Streamer) -> None:
    """None goes on until all have sent their first piece."""
    pieces = [[f"{number} {'ü' * number}{index} ".encode() for index in range(20)] for number in range(50)]

    def ask(mine: list[bytes]) -> bytes:
        first, *rest = mine
        return streamer.run(
            ["open", HEAD], write(first), ["meet", streamer.of("all"), len(pieces)], *map(write, rest)
        ).content

    with ThreadPoolExecutor(len(pieces)) as threads:
        assert list(threads.map(ask, pieces)) == [b"".join(mine) for mine in pieces]


def test_a_large_stream(streamer: Streamer) -> None:
    answer = streamer.run(["open", HEAD], ["fill", 20, MEGABYTE])
    assert answer.content == b"".join(bytes([index]) * MEGABYTE for index in range(20))


def test_a_large_answer_in_one_piece(streamer: Streamer) -> None:
    """Lambda's bound on answers that are not streamed is that of the way they are asked for."""
    assert streamer.run(["large", 20 * MEGABYTE]).content == b"x" * 20 * MEGABYTE
    assert streamer.run(["large", 7 * MEGABYTE], route="plain").status_code == 502


@pytest.mark.parametrize(("excess", "is_whole"), [(0, True), (1, False)])
def test_a_stream_over_lambdas_limit_breaks_off(streamer: Streamer, excess: int, is_whole: bool) -> None:
    """Status and headers count, and so does what parts them from the body."""
    size = MAX_STREAM_BYTES - len(json.dumps(HEAD)) - DELIMITER_BYTES
    last = ["write", base64.b64encode(b"y" * (size % MEGABYTE + excess)).decode()]
    steps = [["open", HEAD], ["fill", size // MEGABYTE, MEGABYTE], last if is_whole else ["failing", *last]]
    with streamer.streaming(*steps) as answer:
        length = 0
        try:
            for piece in answer.iter_raw():
                length += len(piece)
        except httpx.RemoteProtocolError:
            assert not is_whole
    assert length == (size if is_whole else size // MEGABYTE * MEGABYTE)
    assert is_whole or "StreamTooLarge" in streamer.host.output


def test_the_connection_is_reused_after_a_stream(streamer: Streamer) -> None:
    url = streamer.host.client.base_url
    connection = HTTPConnection(str(url.host), url.port, timeout=STOP_SECONDS)
    connection.connect()
    connection.auto_open = 0  # or a lost connection would be made again
    for number in range(3):
        for route in ("streamed", "plain"):
            opened = [["open", HEAD], write(b"%d" % number)] if route == "streamed" else []
            connection.request("POST", f"/{route}/{streamer.name}", body=json.dumps(opened))
            assert connection.getresponse().read() == (b"%d" % number if opened else b"done")
    connection.close()


@pytest.mark.parametrize("step", [["wait", "for ever"], ["flood"]], ids=["silent", "writing"])
def test_the_host_ends_during_a_stream(start_host: Callable[..., Host], step: list[Any]) -> None:
    """The client, which does not read meanwhile, sees that something is missing."""
    host = start_host({"PYTHONPATH": str(ROOT / "shared")}, "--root", str(STREAMER))
    with Streamer(host).streaming(["open", HEAD], write(b"first"), step) as answer:
        raw = answer.iter_raw()
        assert next(raw).startswith(b"first")
        host.process.send_signal(signal.SIGINT)
        assert host.process.wait(STOP_SECONDS) == 0
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            list(raw)
    assert "Traceback" not in host.output
    assert "never awaited" not in host.output


def test_a_handler_outlives_the_server_without_an_error(tmp_path: Path) -> None:
    """The server ends while nobody takes the function's piece. The function learns it, and further writes have no
    effect."""
    template, done = load_template(STREAMER / "template.yaml", "any"), tmp_path / "done"
    functions = Functions(tmp_path, "none", watched=list, refresh=lambda: None)
    steps = [["open", HEAD], write(b"first"), ["until_gone"], write(b"second"), ["touch", str(done)]]
    scope = {"type": "http", "method": "POST", "raw_path": b"/streamed/a", "query_string": b"", "headers": []}
    scope |= {"client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2), "http_version": "1.1"}

    async def serve() -> None:
        waits, requests = asyncio.Event(), [{"type": "http.request", "body": json.dumps(steps).encode()}]

        async def receive() -> Any:
            return requests.pop() if requests else await asyncio.Future()

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body":
                waits.set()
                await asyncio.Future()

        answering = asyncio.create_task(Gateway(template, functions, lambda *_: None)(scope, receive, send))
        await waits.wait()
        answering.cancel()

    asyncio.run(serve())
    eventually(done.exists)

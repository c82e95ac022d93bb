"""What goes over the wire, and what becomes of a handler if it goes nowhere: with a Runtime API of the test's own."""

import base64
import json
import os
import socket
import sys
import threading
from pathlib import Path

import pytest

from lambda_streaming.response import ResponseStream
from tests.lambda_streaming.handlers.app import OK
from tests.lambda_streaming.running import ROOT, Image, make_image, run
from tests.lambda_streaming.scripted import HangUp, ScriptedRuntimeApi

PRELUDE = json.dumps(OK).encode() + b"\0" * 8


def event(do: str, **fields: object) -> bytes:
    return json.dumps({"do": do, **fields}).encode()


def test_a_streamed_response_on_the_wire(ours: Image) -> None:
    with ScriptedRuntimeApi(event("stream", pieces=["one", "", "zwö"])) as api:
        run(ours, api.address)
    (post,) = api.posts("/2018-06-01/runtime/invocation/request-1/response")
    assert post.headers["Transfer-Encoding"] == "chunked"
    assert post.headers["Lambda-Runtime-Function-Response-Mode"] == "streaming"
    assert post.headers["Content-Type"] == "application/vnd.awslambda.http-integration-response"
    assert post.headers.get_all("Trailer") == [
        "Lambda-Runtime-Function-Error-Type",
        "Lambda-Runtime-Function-Error-Body",
    ]
    assert post.chunks == [PRELUDE, b"one", "zwö".encode()]
    assert post.trailers is not None
    assert post.trailers.items() == []


def test_a_piece_is_there_before_the_handler_goes_on(ours: Image, tmp_path: Path) -> None:
    """It goes on when the pipe is opened, which is not before the piece has been read."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def go_on(chunk: bytes) -> None:
        if chunk != PRELUDE:
            pipe.write_bytes(b"")

    with ScriptedRuntimeApi(event("wait", pieces=["one", "two", "three"], pipe=str(pipe))) as api:
        api.on_chunk = go_on
        run(ours, api.address)
    (post,) = api.posts("/response")
    assert post.chunks == [PRELUDE, b"one", b"two", b"three"]


def test_more_than_a_buffered_answer_may_be(ours: Image) -> None:
    """The emulator would take no more than those 6 MB here either, unlike Lambda."""
    size, count = 3 * 1024 * 1024 + 1, 3
    with ScriptedRuntimeApi(event("large", pieces=count, size=size)) as api:
        run(ours, api.address)
    (post,) = api.posts("/response")
    assert post.chunks == [PRELUDE, *(bytes([number]) * size for number in range(count))]
    assert post.whole


@pytest.mark.parametrize("message", ["spoilt", "spoilt 🙂 " * 1000])
def test_trailers_tell_of_an_error_after_the_first_piece(ours: Image, message: str) -> None:
    with ScriptedRuntimeApi(event("fail_midway", pieces=["one"], depth=3, message=message)) as api:
        run(ours, api.address)
    (post,) = api.posts("/response")
    assert post.chunks == [PRELUDE, b"one"]
    assert post.trailers is not None
    assert post.trailers.keys() == ["Lambda-Runtime-Function-Error-Type", "Lambda-Runtime-Function-Error-Body"]
    assert post.trailers["Lambda-Runtime-Function-Error-Type"] == "LookupError"
    error = json.loads(base64.b64decode(post.trailers["Lambda-Runtime-Function-Error-Body"], validate=True))
    assert error.keys() == {"errorMessage", "errorType", "requestId", "stackTrace"}
    assert (error["errorType"], error["requestId"]) == ("LookupError", "request-1")
    assert error["errorMessage"]
    assert message.startswith(error["errorMessage"])
    if error["errorMessage"] == message:
        assert "raise LookupError" in error["stackTrace"][-1]
    assert len(str(post.trailers)) < 4096
    assert not api.posts("/error")


def test_a_process_that_ends_leaves_the_response_unfinished(ours: Image) -> None:
    with ScriptedRuntimeApi(event("exit", pieces=["one"], code=3), event("never")) as api:
        assert run(ours, api.address).code == 3
        (post,) = api.posts("/response")
    assert post.chunks == [PRELUDE, b"one"]
    assert not post.whole


def test_a_handlers_work_goes_on_when_the_connection_is_cut(ours: Image, tmp_path: Path) -> None:
    pipe, done = tmp_path / "pipe", tmp_path / "done"
    os.mkfifo(pipe)

    def cut(chunk: bytes) -> None:
        if chunk == b"one":
            raise HangUp

    work = event("work", pieces=["one", *["x" * 100_000] * 20], pipe=str(pipe), done=str(done))
    stop = threading.Event()

    def go_on() -> None:
        """Let the handler go on each time that it waits."""
        while not stop.is_set():
            pipe.write_bytes(b"")

    with ScriptedRuntimeApi(work, event("stream", pieces=["next"])) as api:
        api.on_chunk = cut
        thread = threading.Thread(target=go_on)
        thread.start()
        ended = run(ours, api.address)
        stop.set()
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # for the thread, which may wait for one
        thread.join()
        os.close(reader)
    assert done.read_text() == "done"
    assert ended.output.count("the rest of the response is dropped") == 1
    assert api.posts("request-2/response")[0].chunks[-1] == b"next"
    assert not api.posts("/error")


def test_nothing_is_raised_where_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    stream = ResponseStream(address, "/response", {}, OK)
    stream.write(b"one")
    stream.end({})


def test_a_peer_that_takes_nothing_counts_as_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stream = ResponseStream(f"127.0.0.1:{server.getsockname()[1]}", "/response", {}, OK, stall=0.05)
        for _ in range(10):
            stream.write(b"x" * 10_000_000)
        stream.end({})


@pytest.mark.parametrize("text", ["0", "-1", "soon", "nan", "900"])
def test_a_stall_that_is_no_time_stops_the_start(ours: Image, text: str) -> None:
    with ScriptedRuntimeApi(event("never")) as api:
        assert run(ours, api.address, STREAMING_STALL_SECONDS=text).code == 1
    (post,) = api.requests
    assert post.path.endswith("/init/error")
    assert json.loads(post.body)["errorMessage"] == f"STREAMING_STALL_SECONDS must be seconds, not '{text}'"


def test_the_stall_is_a_setting(ours: Image) -> None:
    """The Runtime API reads no more after the first piece; with the default, this would take ten seconds."""
    go_on = threading.Event()
    with ScriptedRuntimeApi(event("large", pieces=40, size=1_000_000)) as api:
        api.on_chunk = lambda chunk: None if chunk == PRELUDE else go_on.wait() and None
        ended = run(ours, api.address, STREAMING_STALL_SECONDS="0.05")
        go_on.set()
    assert "the rest of the response is dropped: TimeoutError" in ended.output


def test_what_is_sent_after_the_end_is_dropped() -> None:
    with ScriptedRuntimeApi() as api:
        stream = ResponseStream(api.address, "/response", {}, OK)
        stream.write(b"one")
        stream.end({})
        stream.write(b"two")
        stream.end({})
    (post,) = api.requests
    assert post.chunks == [PRELUDE, b"one"]


def test_a_response_that_is_refused_is_logged_and_no_more(ours: Image) -> None:
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"
    with ScriptedRuntimeApi(event("stream", pieces=["one"]), event("stream", pieces=["two"]), answer=refusal) as api:
        ended = run(ours, api.address)
    assert [post.chunks[-1] for post in api.posts("/response")] == [b"one", b"two"]
    assert ended.output.count("is dropped: HTTPException: 413 b'no'") == 2


def test_a_refused_error_ends_the_process(ours: Image) -> None:
    refusal = b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno"
    with ScriptedRuntimeApi(event("fail", message="a"), event("never"), answer=refusal) as api:
        ended = run(ours, api.address)
    assert ended.code == 1
    assert "RuntimeApiError: POST /invocation/request-1/error: 500 b'no'" in ended.errors
    assert len(api.requests) == 2


def test_an_event_that_is_no_json_is_an_error(ours: Image) -> None:
    with ScriptedRuntimeApi(b"{") as api:
        run(ours, api.address)
    (post,) = api.posts("/error")
    assert json.loads(post.body)["errorType"] == "Runtime.UnmarshalError"


def test_a_process_that_is_killed_loses_nothing_of_its_log(ours: Image) -> None:
    with ScriptedRuntimeApi(event("killed", line="half a line")) as api:
        ended = run(ours, api.address)
    assert (ended.output, ended.errors) == ("half a line", "half a line")


def test_modules_are_found_in_the_managed_order(tmp_path: Path) -> None:
    """The function's own first, then the layer's, then the runtime's."""
    task = tmp_path / "task"
    image = make_image(tmp_path, task=task)
    task.mkdir()
    (task / "app.py").symlink_to(ROOT / "tests" / "lambda_streaming" / "handlers" / "app.py")
    layer = tmp_path / "opt" / "python"
    packages = layer / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    packages.mkdir(parents=True)
    places = [task, packages, layer, tmp_path / "runtime"]
    modules = ["in_all", "in_layer_and_runtime", "in_layers_root_and_runtime", "in_runtime"]
    for number, place in enumerate(places):
        for module in modules[: number + 1]:
            (place / f"{module}.py").write_text("")
    with ScriptedRuntimeApi(*(event("find", module=module) for module in modules)) as api:
        run(image, api.address)
    found = [post.chunks[-1].decode() for post in api.posts("/response")]
    assert found == [str(place / f"{module}.py") for place, module in zip(places, modules, strict=True)]


def test_a_path_that_the_user_sets_is_kept(ours: Image, tmp_path: Path) -> None:
    (tmp_path / "only_theirs.py").write_text("")
    with ScriptedRuntimeApi(event("find", module="only_theirs")) as api:
        run(ours, api.address, PYTHONPATH=str(tmp_path))
    (post,) = api.posts("/response")
    assert post.chunks[-1].decode() == str(tmp_path / "only_theirs.py")


def test_sam_local_is_left_to_awss_own_client(ours: Image) -> None:
    """It hands a function's answer on as it is, and so it must be whole."""
    with ScriptedRuntimeApi(event("plain", result=OK)) as api:
        run(ours, api.address, AWS_SAM_LOCAL="true")
    (post,) = api.posts("/response")
    assert json.loads(post.body) == OK
    assert "Transfer-Encoding" not in post.headers

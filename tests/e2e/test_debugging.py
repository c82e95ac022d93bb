"""A debugger attached to the local host stops in a handler."""

import threading
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.e2e.hosting import ROOT, STOP_SECONDS, Host, launch
from tests.support.debugger import Debugger
from tests.support.ports import free_port

STREAMER = ROOT / "tests" / "e2e" / "streamer"
HANDLER = ROOT / "functions" / "health" / "app.py"
RETURN_LINE = next(number for number, line in enumerate(HANDLER.read_text().splitlines(), 1) if "return" in line)


def test_the_debugger_stops_in_a_handler_and_continues(start_host: Callable[..., Host]) -> None:
    port = free_port()
    host = start_host({"DEBUG_PORT": str(port)})
    assert f"may attach at 127.0.0.1:{port}" in host.output
    answers: list[httpx.Response] = []
    caller = threading.Thread(target=lambda: answers.append(host.client.get("/health")))
    with Debugger(port) as debugger:
        debugger.break_at(str(HANDLER), RETURN_LINE)
        caller.start()
        assert debugger.stopped_at() == (str(HANDLER), RETURN_LINE)
        debugger.go_on()
        caller.join(STOP_SECONDS)
    assert [answer.status_code for answer in answers] == [200]


def test_the_debugger_stops_during_a_stream_and_continues(start_host: Callable[..., Host]) -> None:
    """What was sent before the stop is with the client already."""
    port = free_port()
    host = start_host({"DEBUG_PORT": str(port), "PYTHONPATH": str(ROOT / "shared")}, "--root", str(STREAMER))
    steps = [["open", {"statusCode": 200}], ["write", "Zmlyc3Q="], ["fill", 2, 1]]
    file = STREAMER / "function" / "app.py"
    line = next(number for number, line in enumerate(file.read_text().splitlines(), 1) if "* size)" in line)
    with Debugger(port) as debugger:
        debugger.break_at(str(file), line)
        with host.client.stream("POST", "/streamed/debugged", json=steps) as answer:
            pieces = answer.iter_raw()
            assert next(pieces) == b"first"
            for _ in range(2):
                assert debugger.stopped_at() == (str(file), line)
                debugger.go_on()
            assert b"".join(pieces) == b"\0\1"


def test_an_invalid_debug_port_is_one_clear_line(tmp_path: Path) -> None:
    process, log = launch(tmp_path, free_port(), {"DEBUG_PORT": "here"})
    assert process.wait(STOP_SECONDS) == 1
    assert log.read_text().startswith("agentos: no debugger can attach at DEBUG_PORT here: ")

"""`make replay`: one recorded event in a real container, what it prints, and a debugger in it."""

import re
import subprocess
import sys
from pathlib import Path

from local import process
from tests.support.debugger import Debugger
from tests.support.gateway import ROOT
from tests.support.ports import free_port

START_SECONDS = 60
REPLAY = ["env", f"PYTHONPATH={ROOT}:{ROOT / 'shared'}", sys.executable, "-m", "tests.sam_local.replay"]


def file_of(name: str) -> Path:
    return ROOT / "events" / f"{name}.json"


def make_replay(event: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*REPLAY, str(event)], env=environment, capture_output=True, text=True)


def test_make_replay_shows_answer_and_log(outer: dict[str, str]) -> None:
    done = make_replay(file_of("get_session/bad_unknown"), outer | {"LOCAL_MODEL": "0"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("404\ncontent-type: application/json\n")
    assert '"code": "not_found"' in done.stdout
    assert "END RequestId" in done.stderr  # SAM may miss what comes first, while it attaches


def test_make_replay_under_a_debugger(outer: dict[str, str], tmp_path: Path) -> None:
    """It stops in the handler, found by the folder that stands for the container's /var/task."""
    port = free_port()
    handler = ROOT / "functions" / "get_session" / "app.py"
    line = next(number for number, text in enumerate(handler.read_text().splitlines(), 1) if "return" in text)
    command = [*REPLAY, str(file_of("get_session/ok"))]
    environment = outer | {"LOCAL_MODEL": "0", "DEBUG_PORT": str(port)}
    with (
        (tmp_path / "log").open("wb") as log,
        process.running(command, log, environment) as replay,
        Debugger(port, {str(handler.parent): "/var/task"}) as debugger,
    ):
        debugger.break_at(str(handler), line)
        assert debugger.stopped_at() == (str(handler), line)
        debugger.go_on()
        assert replay.wait(START_SECONDS) == 0
    assert re.search(r"^200$", (tmp_path / "log").read_text(), re.M)


def test_make_replay_refuses_what_is_no_event_of_a_function(outer: dict[str, str], tmp_path: Path) -> None:
    stray = tmp_path / "stray.json"
    stray.write_text("{}")
    done = make_replay(stray, outer)
    assert done.returncode == 1
    assert "no function has the folder" in done.stderr

"""Instructions of a call, counted by valgrind's callgrind: the same on a busy machine as on a quiet one.

    python -m bench.speed.instructions <port> <calls>      under callgrind, by `counted`

The program runs uncounted until everything is warm, because counting makes it fifty times slower. It then asks valgrind
by `vgdb` to count, and calls `getloadavg` between its parts, at which callgrind writes what it has counted since.
https://valgrind.org/docs/manual/cl-manual.html
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.speed import floors, ours
from bench.speed.processes import stub
from tests.support.gateway import ROOT

FLOOR = "httpx"
CALLS = (FLOOR, "routed call", "chat completion", "stored message", "stored message, history read")
OPTIONS = ("--tool=callgrind", "--instr-atstart=no", "--dump-before=getloadavg")


class NotCounted(Exception):
    """Why instructions cannot be counted on this machine."""


def counted(calls: int, timeout: float) -> dict[str, int]:
    """Instructions of one call of each name. Raises NotCounted, also after `timeout` seconds."""
    valgrind = shutil.which("valgrind")
    if not valgrind or not shutil.which("vgdb"):
        raise NotCounted("valgrind is not installed")
    with stub() as port, tempfile.TemporaryDirectory() as folder:
        command = [valgrind, *OPTIONS, f"--callgrind-out-file={folder}/counts", sys.executable, "-m", __name__]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'shared'}:{ROOT}", "PYTHONHASHSEED": "0"}
        try:
            subprocess.run(
                [*command, str(port), str(calls)],
                env=environment,
                cwd=ROOT,
                capture_output=True,
                timeout=timeout,
                check=True,
            )
        except (subprocess.SubprocessError, OSError) as error:
            raise NotCounted(f"callgrind did not end well: {type(error).__name__}") from error
        return {name: _total(Path(folder, f"counts.{2 * part}")) // calls for part, name in enumerate(CALLS, 1)}


def _total(dump: Path) -> int:
    """The instructions of one of callgrind's files. Those with odd numbers are of what ran between two parts."""
    found = re.search(r"^totals: (\d+)", dump.read_text(), re.M) if dump.exists() else None
    if not found:
        raise NotCounted("callgrind has written no counts")
    return int(found[1])


def run(port: int, count: int) -> None:
    """What callgrind counts."""
    ours.use(ours.environment(port))
    calls = {
        FLOOR: floors.calls(port)[FLOOR],
        "routed call": ours.routed_call(),
        "chat completion": ours.chat_completion(),
        "stored message": ours.stored_message(),
        "stored message, history read": ours.message_after_another_process(),
    }
    for call in calls.values():
        for _ in range(5):
            call()
    _start_counting()
    for name in CALLS:
        calls[name]()
        os.getloadavg()
        for _ in range(count):
            calls[name]()
        os.getloadavg()


def _start_counting() -> None:
    """Valgrind listens to vgdb while this process computes, so it may not sleep until vgdb ends."""
    switch = subprocess.Popen(["vgdb", f"--pid={os.getpid()}", "instrumentation", "on"], stdout=subprocess.DEVNULL)
    while switch.poll() is None:
        pass
    if switch.returncode:
        raise SystemExit(switch.returncode)


if __name__ == "__main__":
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - the functions' metrics go there
    run(int(sys.argv[1]), int(sys.argv[2]))

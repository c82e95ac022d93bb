"""Programs that run beside the host for a while: started in a group of their own, ended with it."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO

END_SECONDS = 15


class EndedEarly(Exception):
    """The program ended before it was of use."""


@contextmanager
def running(
    command: Sequence[str], output: IO[bytes] | int | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """The program; in the end it is asked to end, and made to after `END_SECONDS`.

    Its own session keeps the terminal's Ctrl-C from it: it must not go before what needs it. Where there is setpriv,
    on any Linux, the kernel ends it even if we are killed.
    """
    tied = ["setpriv", "--pdeathsig", "TERM", *command] if shutil.which("setpriv") else command
    process = subprocess.Popen(tied, stdout=output, stderr=output, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(ready: Callable[[], bool], seconds: float, process: subprocess.Popen[bytes] | None = None) -> None:
    """Return as soon as `ready` says so. Raises EndedEarly, TimeoutError."""
    end = time.monotonic() + seconds
    while not ready():
        if process and process.poll() is not None:
            raise EndedEarly(f"it ended with exit code {process.returncode}")
        if time.monotonic() > end:
            raise TimeoutError(f"not ready after {seconds:.0f} s")
        time.sleep(0.1)


def listens(port: int) -> bool:
    """Whether somebody takes connections on that port of the loopback interface."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

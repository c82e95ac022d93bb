"""Processes that run beside the host for a while and end with it."""

import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

END_SECONDS = 15
SERVER_END_SECONDS = 5
"""How long a `Server` has to end by itself before it is killed."""


class EndedEarly(Exception):
    """The program ended before it was of use."""


class ServerError(Exception):
    """A server does not start. The text says why."""


class Server:
    """A server in a process of its own, which serves as long as its standard input is open.

    The kernel closes that pipe when this process ends, so that the server ends as well, even after kill -9. The server
    prints its base URL when it is ready, and the reason on standard error when it cannot start.
    """

    def __init__(
        self, command: Sequence[str], folder: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        """Begin to start it, with `folder` as its working directory. Both it and `environment` default to ours."""
        self._stopping = False
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the server may write
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def wait(self, seconds: float) -> str:
        """Its base URL as soon as it serves. Raises ServerError when it ended or took longer than `seconds`."""
        timer = threading.Timer(seconds, self._process.kill)
        timer.start()
        try:
            url = next(iter(self._process.stdout or ()), "").strip()
        finally:
            timer.cancel()
        if url:
            return url
        raise ServerError(self._failure(seconds))

    def join(self) -> None:
        """Wait until it has ended by itself."""
        self._process.wait()

    def watch(self, on_end: Callable[[int], None]) -> None:
        """Call `on_end` with its exit code, in another thread, if it ends before `stop` is called."""

        def wait() -> None:
            code = self._process.wait()
            if not self._stopping:
                on_end(code)

        threading.Thread(target=wait, name="watch", daemon=True).start()

    def stop(self, seconds: float = SERVER_END_SECONDS) -> None:
        """Close its standard input and wait until it has ended. Kill it if that takes longer than `seconds`."""
        self._stopping = True
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._errors.close()

    def _failure(self, seconds: float) -> str:
        code = self._process.wait()
        self._errors.seek(0)
        last = self._errors.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
        return last or f"its server ended with exit code {code} within {seconds:.0f} s"


@contextmanager
def running(
    command: Sequence[str], output: IO[bytes] | int | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for the length of a `with` block. It is terminated at the end, and killed after `END_SECONDS`.

    It has a session of its own, so that Ctrl-C in the terminal does not end it before what depends on it. Where there
    is setpriv, on any Linux, the kernel terminates it even if we are killed.
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
    """Return as soon as `ready()` is true. Raises EndedEarly when `process` has ended, TimeoutError."""
    end = time.monotonic() + seconds
    while not ready():
        if process and process.poll() is not None:
            raise EndedEarly(f"it ended with exit code {process.returncode}")
        if time.monotonic() > end:
            raise TimeoutError(f"not ready after {seconds:.0f} s")
        time.sleep(0.1)


def listens(port: int) -> bool:
    """Whether somebody accepts connections on that port of the loopback interface."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

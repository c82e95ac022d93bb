"""What is known of an emulator that runs in the background: a folder with a lock, which it holds, and its facts."""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
"""Those of the account's root user in ministack."""


class AlreadyRuns(Exception):
    """An emulator runs in that folder."""


@dataclass(frozen=True)
class Facts:
    """A running emulator."""

    pid: int
    endpoint: str
    """What AWS's clients take for AWS_ENDPOINT_URL."""
    address: str
    """The address of this machine at which containers reach a server."""
    image: str
    model_url: str
    """The base URL of the local model for containers; empty where there is none."""
    model: str
    """The line about the model in the summary."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """The folder's lock, for the length of a `with` block. The folder is removed at its end. Raises AlreadyRuns."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRuns(f"an emulator runs in {folder} already; make destroy-local ends it") from None
        try:
            yield
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def write(folder: Path, facts: Facts) -> None:
    """Say that the emulator is ready."""
    unfinished = folder / "facts.new"
    unfinished.write_text(json.dumps(asdict(facts)))
    unfinished.rename(folder / "facts.json")


def read(folder: Path) -> Facts | None:
    """The facts of the emulator that runs in the folder, if one does and is ready."""
    if not runs(folder):
        return None
    try:
        return Facts(**json.loads((folder / "facts.json").read_text()))
    except FileNotFoundError:
        return None


def runs(folder: Path) -> bool:
    """Whether an emulator holds the folder's lock. The kernel takes the lock away from a process that ends."""
    try:
        with (folder / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False

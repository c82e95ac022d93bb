"""One server for all processes of a test run."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path


@contextmanager
def shared(folder: Path, name: str, serving: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """The URL of a server. The process that asks first starts it with `serving`, and ends it after the others are done.

    `folder` is the same for all processes. The kernel releases the locks of a process that dies, so none waits for it.
    """
    address = folder / f"{name}.url"
    with (folder / f"{name}.users").open("w") as users, (folder / f"{name}.starting").open("w") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)
        if address.exists():
            fcntl.flock(starting, fcntl.LOCK_UN)
            yield address.read_text()
            return
        with serving() as url:
            address.write_text(url)
            fcntl.flock(starting, fcntl.LOCK_UN)
            yield url
            fcntl.flock(starting, fcntl.LOCK_EX)  # who asks from now on starts another
            address.unlink()
            fcntl.flock(users, fcntl.LOCK_EX)

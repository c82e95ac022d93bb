"""`python -m local.ministack_server [DATABASE]`: serves until standard input is closed.

The host holds the other end of standard input, so that this process ends with it however the host ends, even by
kill -9. It prints its base URL when it is ready. DATABASE is the file that keeps tables and queues; without it they are
in memory.
"""

import asyncio
import os
import signal
import socket
import sqlite3
import sys
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config

from local.ministack_server import queries, settings
from local.ministack_server.app import App
from local.ministack_server.database import Database

BACKLOG = 1024
"""Connections that may wait to be accepted. The host serves 128 requests at once, each with several calls."""
KEEP_ALIVE_SECONDS = 75
"""As in ministack's own server. It must be longer than botocore's pool keeps a connection that is not used."""
LOCKED = "database is locked"
SIGNALS = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]  # Windows has no SIGHUP
"""A terminal or `kill` may send them to all processes of a group. They are for the host, which closes standard input
after the last request."""


def main() -> int:
    """The exit code."""
    for name in SIGNALS:
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    settings.apply()
    queries.install()
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    try:
        database = Database(path) if path else None
    except (sqlite3.Error, OSError, ValueError) as error:
        print(f"{path}: {_explanation(error)}", file=sys.stderr)
        return 1
    with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        asyncio.run(_serve(App(database), listener))
    if database:
        database.close()
    sys.stdout.flush()
    os._exit(0)  # at once: ministack's threads and the reader of standard input would hold the interpreter up


def _explanation(error: Exception) -> str:
    if str(error) == LOCKED:
        return "another host uses it; end that one, or start without STORE=disk"
    return f"{error}; move it away to start afresh"


async def _serve(app: App, listener: socket.socket) -> None:
    """Until standard input is closed. No request is cut in half, since each is handled without waiting."""
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.backlog = BACKLOG
    config.keep_alive_timeout = KEEP_ALIVE_SECONDS
    config.errorlog = None
    server = asyncio.create_task(serve(app, config, shutdown_trigger=asyncio.Event().wait))
    closed = asyncio.create_task(asyncio.to_thread(sys.stdin.buffer.read))
    await asyncio.wait({server, closed}, return_when=asyncio.FIRST_COMPLETED)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m local.emulator_server PORT ADDRESS…`: serves until standard input is closed, then removes its containers.

The process that started it holds the other end of standard input, so that this one ends with it even after kill -9.
It prints its first URL when it is ready. What ministack reads from the environment is set by local/emulator.
"""

import asyncio
import signal
import sys

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.app import app

from local.emulator_server import corrections

KEEP_ALIVE_SECONDS = 75
"""As in ministack's own server."""
START_SECONDS = 60
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""A terminal may send them to all processes of a group. They are for the process that started this one."""


def main() -> int:
    """The exit code."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    corrections.install()
    port, *addresses = sys.argv[1:]
    asyncio.run(_serve(int(port), addresses))
    return 0


async def _serve(port: int, addresses: list[str]) -> None:
    """Until standard input is closed."""
    config = Config()
    config.bind = [f"{address}:{port}" for address in addresses]
    config.keep_alive_timeout = KEEP_ALIVE_SECONDS
    config.accesslog = None
    closed = asyncio.Event()
    server = asyncio.create_task(serve(app, config, shutdown_trigger=closed.wait))
    await asyncio.wait({server, asyncio.create_task(_listens(addresses[0], port))}, return_when="FIRST_COMPLETED")
    if not server.done():
        print(f"http://{addresses[0]}:{port}", flush=True)
        ended = asyncio.create_task(asyncio.to_thread(sys.stdin.buffer.read))
        await asyncio.wait({server, ended}, return_when="FIRST_COMPLETED")
        closed.set()
    await server


async def _listens(address: str, port: int) -> None:
    """Returns when connections are accepted, which is after ministack's start-up."""
    for _ in range(START_SECONDS * 20):
        try:
            _, writer = await asyncio.open_connection(address, port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise TimeoutError(f"not ready after {START_SECONDS} s")


if __name__ == "__main__":
    sys.exit(main())

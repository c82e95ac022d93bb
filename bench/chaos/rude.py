"""Clients that cost a careless server its threads: idle ones, ones that send slowly, ones that do not read."""

import asyncio
import contextlib
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

DEAF_BYTES = 200_000
"""Of a question, which the answer repeats: more than the buffers between the host and its client hold."""
DEAF_SECONDS = 60.0
"""After which a deaf client asks anew. The host has closed its connection long before."""
CONNECT_SECONDS = 10.0
"""Within which the first connections of the others are made."""
RECEIVE_BUFFER = 4096

Behave = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RudeClients:
    """`idle`, `trickling` and `deaf` connections beside the load, from `start` to `close`."""

    port: int
    new_session: Callable[[], Awaitable[str]]
    """The path of a session of its own, for each question of a deaf client: a long history would be load of another
    kind."""
    idle: int = 0
    trickling: int = 0
    deaf: int = 0
    connected: Counter[str] = field(default_factory=Counter)
    """How many connections were made, by kind."""
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        """Each begins at a moment of its own, so that they are no burst."""
        kinds: list[tuple[str, Behave, int, float]] = [
            ("idle", self._idle, self.idle, CONNECT_SECONDS),
            ("trickling", self._trickle, self.trickling, CONNECT_SECONDS),
            ("deaf", self._ignore, self.deaf, DEAF_SECONDS),
        ]
        for kind, behave, count, seconds in kinds:
            for number in range(count):
                delay = seconds * number / count
                self._tasks.append(asyncio.create_task(self._again(kind, behave, delay)))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _again(self, kind: str, behave: Behave, delay: float) -> None:
        """A server may hang up on them, and is away after a kill: they come back."""
        await asyncio.sleep(delay)
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=RECEIVE_BUFFER)
                self.connected[kind] += 1
                try:
                    await behave(reader, writer)
                finally:
                    writer.transport.abort()
            await asyncio.sleep(random.uniform(0.5, 1.5))

    async def _idle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async def _trickle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in b"POST /agents HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n" + b" " * 1_000_000:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(1)

    async def _ignore(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Ask for a stream and read nothing of it."""
        path = await self.new_session()
        body = json.dumps({"content": "x" * DEAF_BYTES}).encode()
        head = f"POST {path}/messages?stream=true HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(head.encode() + body)
        await writer.drain()
        await asyncio.sleep(DEAF_SECONDS)

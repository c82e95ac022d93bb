"""Clients that cost a careless server its threads: idle ones, ones that send slowly, ones that do not read."""

import asyncio
import contextlib
import json
import random
import socket
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import chain, repeat

from bench.chaos.blocked import blocked

NOT_READING_BYTES = 200_000
"""Of a question, which the answer repeats: more than the buffers between the host and its client hold."""
NOT_READING_SECONDS = 60.0
"""Within which all clients that do not read have asked once."""
CONNECT_SECONDS = 10.0
"""Within which the first connections of the others are made."""
RECEIVE_BUFFER = 4096
TRICKLE = b"POST /agents HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n"

Behave = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class MisbehavingClients:
    """`idle`, `trickling` and `not_reading` connections beside the load, from `start` to `close`."""

    port: int
    new_session: Callable[[], Awaitable[str]]
    """Returns the path of a new session. Each question of a client that does not read takes a session of its own: a
    long history would be load of another kind."""
    idle: int = 0
    trickling: int = 0
    not_reading: int = 0
    again_seconds: float = NOT_READING_SECONDS
    """After which a client that does not read asks anew, whether the host has closed its connection or not."""
    connected: Counter[str] = field(default_factory=Counter)
    """How many connections were made, by kind."""
    _not_reading_ports: set[int] = field(default_factory=set)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        """Each begins at a moment of its own, so that they are no burst."""
        kinds: list[tuple[str, Behave, int, float]] = [
            ("idle", self._idle, self.idle, CONNECT_SECONDS),
            ("trickling", self._trickle, self.trickling, CONNECT_SECONDS),
            ("not reading", self._ignore, self.not_reading, NOT_READING_SECONDS),
        ]
        for kind, behave, count, seconds in kinds:
            for number in range(count):
                delay = seconds * number / count
                self._tasks.append(asyncio.create_task(self._again(kind, behave, delay)))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def blocked(self) -> int:
        """How many clients that do not read keep the host waiting in a write now. Linux only."""
        return blocked(self.port, self._not_reading_ports, 2 * NOT_READING_BYTES)

    async def _again(self, kind: str, behave: Behave, delay: float) -> None:
        """A server may hang up on them, and is away after a kill: they come back."""
        await asyncio.sleep(delay)
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await self._connect()
                self.connected[kind] += 1
                try:
                    await behave(reader, writer)
                finally:
                    writer.transport.abort()
            await asyncio.sleep(random.uniform(0.5, 1.5))

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection whose kernel, too, receives little before it is read."""
        connection = socket.socket()
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.port))
        return await asyncio.open_connection(sock=connection, limit=RECEIVE_BUFFER)

    async def _idle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async def _trickle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in chain(TRICKLE, repeat(ord(" "), 1_000_000)):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(1)

    async def _ignore(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Ask for a stream and read nothing of it. It has the text twice: in pieces, and in its last event."""
        path = await self.new_session()
        body = json.dumps({"content": "x" * NOT_READING_BYTES}).encode()
        head = f"POST {path}/messages?stream=true HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(head.encode() + body)
        await writer.drain()
        port = writer.get_extra_info("sockname")[1]
        self._not_reading_ports.add(port)
        try:
            await asyncio.sleep(self.again_seconds)
        finally:
            self._not_reading_ports.discard(port)

"""Clients that cost a careless server its threads: idle ones, ones that send slowly, ones that do not read."""

import asyncio
import contextlib
import json
from dataclasses import dataclass, field


@dataclass
class RudeClients:
    """`idle`, `trickling` and `deaf` connections beside the load, until `close`."""

    port: int
    path: str
    """Of the messages of a session of their own."""
    idle: int = 0
    trickling: int = 0
    deaf: int = 0
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        kinds = [(self._idle, self.idle), (self._trickle, self.trickling), (self._ignore, self.deaf)]
        for behave, count in kinds:
            self._tasks += [asyncio.create_task(self._again(behave)) for _ in range(count)]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _again(self, behave: object) -> None:
        """A server may hang up on them, and is away after a kill: they come back."""
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1024)
                try:
                    await behave(reader, writer)  # type: ignore[operator]
                finally:
                    writer.transport.abort()
            await asyncio.sleep(1)

    async def _idle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async def _trickle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in b"POST /agents HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n" + b" " * 1_000_000:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(1)

    async def _ignore(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Ask for a stream and read nothing of it."""
        body = json.dumps({"content": "x" * 200_000}).encode()
        head = f"POST {self.path}?stream=true HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(600)

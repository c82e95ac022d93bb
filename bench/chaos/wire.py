"""HTTP/1.1 on asyncio streams. Unlike a library it can break a response off at any byte."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

MAX_HEAD = 64 * 1024


class Closed(Exception):
    """The peer has closed the connection."""


@dataclass
class Message:
    """A request or a response: its first line, its headers in lower case, and its body."""

    first: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.first.split(" ")[1]

    def encoded(self) -> bytes:
        """The message as bytes, with a content length."""
        headers = {name: value for name, value in self.headers.items() if name != "transfer-encoding"}
        headers["content-length"] = str(len(self.body))
        lines = [self.first, *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body


async def read_message(reader: asyncio.StreamReader) -> Message:
    """The next message of a connection. Raises Closed."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip("\r\n").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("transfer-encoding") == "chunked":
            return Message(first, headers, await _chunks(reader))
        if first.startswith("HTTP/") and "content-length" not in headers:
            return Message(first, headers, await reader.read())  # the body ends with the connection
        return Message(first, headers, await reader.readexactly(int(headers.get("content-length", "0"))))
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError) as error:
        raise Closed from error


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readline()
    return body


@dataclass
class Connection:
    """A client's connection to a server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Raises Closed."""
        try:
            self.writer.write(data)
            await self.writer.drain()
        except ConnectionError as error:
            raise Closed from error

    def reset(self) -> None:
        """Close at once, without what is still to be sent."""
        self.writer.transport.abort()


Handle = Callable[[Message, Connection], Awaitable[None]]
"""Answers one request on its connection. Raises Closed to end the connection."""


@dataclass
class Server:
    """Serves on a free port of the loopback interface until `close`."""

    handle: Handle
    _connections: set[asyncio.Task[None]] = field(default_factory=set)
    port: int = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=MAX_HEAD)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while True:
                await self.handle(await read_message(reader), Connection(reader, writer))
        except (Closed, ConnectionError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._connections.discard(task)

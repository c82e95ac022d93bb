"""A scripted Runtime API. It records what the runtime sends, and can close the connection."""

import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.client import parse_headers
from typing import BinaryIO, NoReturn

DEADLINE_MS = 4_102_444_800_000  # the year 2100
ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
RESTORED = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
STOP = b"HTTP/1.1 500 No More\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Request:
    """What the runtime sent; `chunks` grows while it comes in."""

    method: str
    path: str
    headers: Message
    body: bytes = b""
    chunks: list[bytes] = field(default_factory=list)
    trailers: Message | None = None
    whole: bool = False


class HangUp(Exception):
    """The connection is to be reset."""


class ScriptedRuntimeApi:
    """Gives out `events`, all with the same `headers`. Then it refuses, which ends the runtime."""

    def __init__(self, *events: bytes, headers: dict[str, str] | None = None, answer: bytes = ACCEPTED) -> None:
        self.requests: list[Request] = []
        self.on_chunk: Callable[[bytes], None] = lambda chunk: None
        self._events = list(events)
        self._headers = {"Lambda-Runtime-Deadline-Ms": str(DEADLINE_MS), **(headers or {})}
        self._answer = answer
        self._count = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self) -> "ScriptedRuntimeApi":
        return self

    def __exit__(self, *exc: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def posts(self, end: str) -> list[Request]:
        return [request for request in self.requests if request.method == "POST" and request.path.endswith(end)]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as incoming:
            try:
                while line := incoming.readline().decode():
                    method, path, _ = line.split(" ")
                    request = Request(method, path, parse_headers(incoming))
                    self.requests.append(request)
                    connection.sendall(self._answer_to(request, connection, incoming))
            except HangUp:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _answer_to(self, request: Request, connection: socket.socket, incoming: BinaryIO) -> bytes:
        if request.method == "GET":
            return RESTORED if request.path.endswith("/restore/next") else self._next()
        if "Expect" in request.headers:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if request.headers.get("Transfer-Encoding") == "chunked":
            while size := int(incoming.readline() or self._gone(), 16):
                request.chunks.append(incoming.read(size))
                incoming.readline()
                self.on_chunk(request.chunks[-1])
            request.trailers = parse_headers(incoming)
            request.body = b"".join(request.chunks)
        else:
            request.body = incoming.read(int(request.headers["Content-Length"]))
        request.whole = True
        return self._answer

    def _gone(self) -> NoReturn:
        raise HangUp  # the runtime has, in the middle of a response

    def _next(self) -> bytes:
        if self._count == len(self._events):
            return STOP
        event = self._events[self._count]
        self._count += 1
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(event)),
            "Lambda-Runtime-Aws-Request-Id": f"request-{self._count}",
            **self._headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
        return f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode() + event

"""An HTTP server that answers as a test says, over kept connections, and keeps what it was sent."""

import json
import socket
import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

DYNAMODB = "com.amazonaws.dynamodb.v20120810#"


@dataclass(frozen=True)
class Reply:
    """`close` ends the connection after the reply. A reply without a status is none: the connection just ends."""

    status: int | None = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    close: bool = False


DROPPED = Reply(status=None)


def fields(status: int = 200, **document: Any) -> Reply:
    """A whole reply of DynamoDB's."""
    body = json.dumps(document).encode()
    return Reply(status, body, {"x-amz-crc32": str(zlib.crc32(body)), "x-amzn-RequestId": "R1"})


def error(code: str, status: int = 400, **document: Any) -> Reply:
    return fields(status, __type=f"{DYNAMODB}{code}", **{"message": f"about {code}", **document})


@dataclass(frozen=True)
class Seen:
    """A request. The names of its headers are in small letters. `connection` counts from 1."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class CannedServer:
    """Answers with the replies of `script`, then with `default`."""

    def __init__(self) -> None:
        self.script: list[Reply] = []
        self.default = Reply()
        self.seen: list[Seen] = []
        self.connections = 0
        self.closed = threading.Semaphore(0)
        """Released when a connection has ended."""
        self.before: Callable[[], object] = lambda: None
        """Called before each reply."""
        self.release = threading.Event()
        """Set to let go of the requests that wait: see `hang`."""
        self.hang = False
        """Whether requests get no answer until `release` is set."""
        self._server = _Server(self)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "CannedServer":
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, canned: CannedServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.canned = canned

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has left is no error of a test."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.canned.connections += 1
        self._number = self.server.canned.connections

    def finish(self) -> None:
        super().finish()
        self.connection.close()
        self.server.canned.closed.release()

    def do_POST(self) -> None:
        canned = self.server.canned
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        canned.seen.append(Seen(self.command, self.path, headers, body, self._number))
        canned.before()
        if canned.hang:
            canned.release.wait(60)
        reply = canned.script.pop(0) if canned.script else canned.default
        if reply.status is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response_only(reply.status)
        chunked = "transfer-encoding" in reply.headers
        length = {} if chunked else {"content-length": str(len(reply.body))}
        for name, value in {**length, **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)
        self.wfile.flush()
        self.close_connection = reply.close

    do_GET = do_POST  # noqa: N815 - the names of http.server

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """Nothing is printed."""

"""Fakes on loopback: one server for all of them, each under its name."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.conversations.fakes.provider import FakeProvider, Request
from tests.support.loopback import Loopback


class FakeServer(Loopback):
    """Serves fakes for as long as a block lasts."""

    def __init__(self, *fakes: FakeProvider) -> None:
        self.fakes = {fake.name: fake for fake in fakes}

    def __enter__(self) -> "FakeServer":
        super().__enter__()
        for fake in self.fakes.values():
            fake.url = f"http://127.0.0.1:{self.port}/{fake.name}"
        return self

    def handler(self, *connection: Any) -> "_Handler":
        return _Handler(self.fakes, *connection)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, fakes: dict[str, FakeProvider], *arguments: Any) -> None:
        self._fakes = fakes
        super().__init__(*arguments)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        name, _, path = self.path.removeprefix("/").partition("/")
        fake = self._fakes[name]
        sent = fake.reply(Request("POST", f"/{path}", headers, body))
        self.send_response(sent.status)
        length = {"transfer-encoding": "chunked"} if sent.streamed else {"content-length": str(len(sent.body))}
        for header, value in {"content-type": sent.content_type, **length, **sent.headers}.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(b"".join(_chunks(fake, sent.body)) if sent.streamed else sent.body)

    def log_message(self, *_: object) -> None:
        pass


def _chunks(fake: FakeProvider, body: bytes) -> Iterator[bytes]:
    """HTTP chunks: these bounds arrive at a client, however the network puts the bytes together."""
    dice, at = fake.model.dice(), 0
    while at < len(body):
        piece = body[at : at + dice.randint(1, fake.model.longest)]
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
        at += len(piece)
    yield b"0\r\n\r\n"

"""Fakes on loopback: one server for all of them, each under its name.

It speaks the little HTTP that our client needs, as it answers some hundred thousand requests in one run.
"""

from collections.abc import Iterator
from http import HTTPStatus
from socketserver import StreamRequestHandler
from typing import Any, Self

from tests.conversations.fakes.provider import FakeProvider, Request, Sent
from tests.support.loopback import Loopback


class FakeServer(Loopback):
    """Serves fakes for as long as a block lasts."""

    def __init__(self, *fakes: FakeProvider) -> None:
        self.fakes = {fake.name: fake for fake in fakes}

    def __enter__(self) -> Self:
        super().__enter__()
        for fake in self.fakes.values():
            fake.prepare()
            fake.url = f"http://127.0.0.1:{self.port}/{fake.name}"
        return self

    def handler(self, *connection: Any) -> Any:
        return _Handler(self.fakes, *connection)


class _Handler(StreamRequestHandler):
    """A connection, which is kept for further requests."""

    disable_nagle_algorithm = True

    def __init__(self, fakes: dict[str, FakeProvider], *arguments: Any) -> None:
        self._fakes = fakes
        super().__init__(*arguments)

    def handle(self) -> None:
        while line := self.rfile.readline():
            method, target, _ = line.decode("latin-1").split(" ")
            headers = dict(self._headers())
            body = self.rfile.read(int(headers.get("content-length", 0)))
            name, _, path = target.removeprefix("/").partition("/")
            fake = self._fakes[name]
            sent = fake.reply(Request(method, f"/{path}", headers, body))
            self.wfile.write(_head(sent) + (b"".join(_chunks(fake, sent.body)) if sent.streamed else sent.body))

    def _headers(self) -> Iterator[tuple[str, str]]:
        while line := self.rfile.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            yield name.lower(), value.strip()


def _head(sent: Sent) -> bytes:
    length = {"transfer-encoding": "chunked"} if sent.streamed else {"content-length": str(len(sent.body))}
    headers = {"content-type": sent.content_type, **length, **sent.headers}
    lines = [f"HTTP/1.1 {sent.status} {HTTPStatus(sent.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _chunks(fake: FakeProvider, body: bytes) -> Iterator[bytes]:
    """HTTP chunks: these bounds arrive at a client, however the network puts the bytes together."""
    dice, at = fake.model.dice(), 0
    while at < len(body):
        piece = body[at : at + dice.randint(1, fake.model.longest)]
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
        at += len(piece)
    yield b"0\r\n\r\n"

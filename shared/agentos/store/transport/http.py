"""HTTP/1.1 as far as the services need it: a POST that is sent in one piece, and its answer.

http.client reads headers with the parser for e-mails, which takes longer than all else of a request to the table.
"""

import socket
from collections.abc import Mapping
from http.client import HTTPException

from agentos.store.transport.messages import Answer

MAX_HEAD_BYTES = 65_536
_PIECE = 65_536


def request_bytes(path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """What is sent. Raises ValueError where a header has a line break, or letters that HTTP has not."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    if lines.count("\n") != len(headers) or lines.count("\r") != len(headers):
        raise ValueError("a header has a line break")
    return f"POST {path} HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n".encode("latin-1") + body


def read_answer(sock: socket.socket, max_bytes: int) -> tuple[Answer, bool]:
    """The answer, and whether the connection can be used again.

    A body that ends too early, or is longer than `max_bytes`, is cut: its checksum says whether it is whole. Raises
    HTTPException where there is no answer, OSError.
    """
    reader = _Reader(sock)
    try:
        version, status, headers = _head(reader)
        while 100 <= status < 200:  # the answer comes after it
            version, status, headers = _head(reader)
        body, whole = _body(reader, status, headers, max_bytes)
    except ValueError as error:
        raise HTTPException("no HTTP") from error
    ends = headers.get("connection", "").lower() == "close" or version != "HTTP/1.1"
    return Answer(status, headers, body), whole and not ends and not reader.left


def _head(reader: "_Reader") -> tuple[str, int, dict[str, str]]:
    first, *lines = reader.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
    version, status, *_ = first.split(" ", 2)
    if not version.startswith("HTTP/"):
        raise HTTPException("no HTTP")
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise HTTPException("a header without a value")
        headers[name.strip().lower()] = value.strip()
    return version, int(status), headers


def _body(reader: "_Reader", status: int, headers: Mapping[str, str], max_bytes: int) -> tuple[bytes, bool]:
    """The body, and whether it has ended as its headers say."""
    if status in (204, 304):
        return b"", True
    if "transfer-encoding" in headers:
        return _chunks(reader, max_bytes)
    length = headers.get("content-length")
    if length is None:
        return reader.up_to(max_bytes), False
    if not length.isdecimal():
        raise HTTPException("a length that is no number")
    body = reader.up_to(min(int(length), max_bytes))
    return body, len(body) == int(length)


def _chunks(reader: "_Reader", max_bytes: int) -> tuple[bytes, bool]:
    body = bytearray()
    while size := int(reader.until(b"\r\n").partition(b";")[0], 16):
        body += reader.up_to(min(size, max_bytes))
        if len(body) >= max_bytes:
            return bytes(body[:max_bytes]), False
        reader.until(b"\r\n")
    while reader.until(b"\r\n"):  # headers behind the body
        pass
    return bytes(body), True


class _Reader:
    """Reads pieces from a socket. What came with a piece stays for the next."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._data = bytearray()

    @property
    def left(self) -> bool:
        """Whether more came than was asked for."""
        return bool(self._data)

    def until(self, end: bytes) -> bytes:
        """What stands before `end`, which is dropped. Raises HTTPException."""
        searched = 0
        while (at := self._data.find(end, searched)) < 0:
            searched = max(0, len(self._data) - len(end))
            if len(self._data) > MAX_HEAD_BYTES or not self._more():
                raise HTTPException("no end of the head")
        found = bytes(self._data[:at])
        del self._data[: at + len(end)]
        return found

    def up_to(self, size: int) -> bytes:
        """So many bytes, or fewer where the connection ends."""
        while len(self._data) < size and self._more():
            pass
        found = bytes(self._data[:size])
        del self._data[:size]
        return found

    def _more(self) -> bool:
        piece = self._sock.recv(_PIECE)
        self._data += piece
        return bool(piece)

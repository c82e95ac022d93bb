"""A loopback server that does to each connection what a test says, right or wrong."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

Behaviour = Callable[["Connection"], None]


class Connection:
    """One client's connection. Every wait ends when the server is closed."""

    def __init__(self, peer: socket.socket, closing: threading.Event) -> None:
        self.peer = peer
        self.closing = closing

    def request(self) -> bytes:
        """One whole request; empty when the client has hung up."""
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = self.peer.recv(65536)
            if not chunk:
                return b""
            data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        while len(body) < length:
            chunk = self.peer.recv(65536)
            if not chunk:
                return b""
            body += chunk
        return head + b"\r\n\r\n" + body

    def send(self, data: bytes) -> None:
        self.peer.sendall(data)

    def trickle(self, piece: bytes) -> None:
        """Send the piece again and again until the client leaves."""
        while not self.closing.wait(0.02):
            self.send(piece)

    def hang(self) -> None:
        """Send nothing until the client hangs up."""
        while self.peer.recv(65536):
            pass

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.peer.close()


def reply(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """A well-formed HTTP/1.1 reply."""
    lines = (f"HTTP/1.1 {status}", "content-type: application/json", f"content-length: {len(body)}", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class MisbehavingServer:
    """Runs `behaviour` on each connection, each in its own thread. Counts the connections."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._peers: list[socket.socket] = []
        self.connections = 0
        self.hung_up = threading.Event()
        """Set once a behaviour has ended, also where the client has left."""

    def __enter__(self) -> "MisbehavingServer":
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads.append(threading.Thread(target=self._accept, daemon=True))
        self._threads[0].start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._closing.set()
        for open_socket in (self._listener, *self._peers):
            with suppress(OSError):  # closed already
                open_socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._peers.append(peer)
            self._threads.append(threading.Thread(target=self._serve, args=(peer,), daemon=True))
            self._threads[-1].start()

    def _serve(self, peer: socket.socket) -> None:
        with suppress(OSError), peer:  # an error is the client's hanging up
            self._behaviour(Connection(peer, self._closing))
        self.hung_up.set()

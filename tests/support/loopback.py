"""A web server on loopback for as long as a block lasts."""

import threading
from abc import ABC, abstractmethod
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Loopback(ABC):
    """Serves each connection with the request handler that `handler` returns."""

    address: str = "127.0.0.1"

    @abstractmethod
    def handler(self, *connection: Any) -> BaseHTTPRequestHandler: ...

    def __enter__(self) -> Self:
        self._server = _Server((self.address, 0), self.handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass  # a client that hangs up is part of the tests

"""A debugger: the part of the Debug Adapter Protocol that stops at one line and continues."""

import json
import socket
import time
from contextlib import suppress
from typing import Any

CONNECT_SECONDS = 180
"""A container starts in a few, and on a machine that does much else in a minute."""

Message = dict[str, Any]


class Debugger:
    """Attaches to the program that listens at `port`, once that answers.

    `mappings` pairs folders of this machine with the folders that the program sees.
    """

    def __init__(self, port: int, mappings: dict[str, str] | None = None) -> None:
        self._sent = 0
        self._port = port
        roots = [{"localRoot": here, "remoteRoot": there} for here, there in (mappings or {}).items()]
        self._attach = {"justMyCode": False, "pathMappings": roots}

    def __enter__(self) -> "Debugger":
        end = time.monotonic() + CONNECT_SECONDS
        while True:
            try:
                self._connect()
                return self
            except OSError:  # nothing listens yet, or only the container's proxy does
                assert time.monotonic() < end, "no debugger answers"
                time.sleep(0.2)

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def break_at(self, path: str, line: int) -> None:
        """Attach, and let the program run until it reaches that line."""
        self._send("attach", self._attach)
        self._until(event="initialized")
        self._ask("setBreakpoints", {"source": {"path": path}, "breakpoints": [{"line": line}]})
        self._ask("configurationDone", {})

    def stopped_at(self) -> tuple[str, int]:
        """Wait until the program stops. Returns file and line."""
        self._thread = self._until(event="stopped")["body"]["threadId"]
        frames = self._ask("stackTrace", {"threadId": self._thread})["body"]["stackFrames"]
        return frames[0]["source"]["path"], frames[0]["line"]

    def go_on(self) -> None:
        """Let the program run on. It may end before it has answered that."""
        with suppress(ConnectionError):
            self._ask("continue", {"threadId": self._thread})

    def _connect(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=CONNECT_SECONDS)
        self._file = self._socket.makefile("rb")
        try:
            self._ask("initialize", {"adapterID": "test", "pathFormat": "path"})
        except OSError:
            self.__exit__()
            raise

    def _ask(self, command: str, arguments: Message) -> Message:
        self._send(command, arguments)
        answer = self._until(request_seq=self._sent)
        assert answer["success"], answer
        return answer

    def _send(self, command: str, arguments: Message) -> None:
        self._sent += 1
        message = {"seq": self._sent, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(message).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def _until(self, **wanted: object) -> Message:
        """The next message with those values. Others are skipped."""
        while True:
            header = self._file.readline()
            if not header:
                raise ConnectionError("the debugger hung up")
            self._file.readline()
            message: Message = json.loads(self._file.read(int(header.split(b":")[1])))
            if all(message.get(name) == value for name, value in wanted.items()):
                return message

"""Does the request's steps, so that a test decides what a handler does, and when."""

import base64
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SECONDS = 60
"""How long a step waits for another request before it gives up: a hang is a failure."""

SIGNALS: dict[str, threading.Event] = {}
MEETINGS: dict[str, threading.Barrier] = {}

OK = {"statusCode": 200, "body": "done"}


class Run:
    """One invocation."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._write: Callable[[bytes], None]

    def open(self, head: dict[str, Any]) -> None:
        self._write = self._context.open_stream(head)

    def write(self, piece: str) -> None:
        """In Base64, since pieces may be no text."""
        self._write(base64.b64decode(piece))

    def fill(self, number: int, size: int) -> None:
        for index in range(number):
            self._write(bytes([index % 256]) * size)

    def flood(self) -> None:
        """Write until the client has gone."""
        while not self._context.client_gone():
            self._write(b"x" * 65536)

    def until_gone(self) -> None:
        """Write nothing meanwhile."""
        end = time.monotonic() + SECONDS
        while not self._context.client_gone():
            assert time.monotonic() < end, "the client has not gone"
            time.sleep(0.01)

    def signal(self, name: str) -> None:
        SIGNALS.setdefault(name, threading.Event()).set()

    def wait(self, name: str) -> None:
        assert SIGNALS.setdefault(name, threading.Event()).wait(SECONDS), f"nobody signals {name}"

    def meet(self, name: str, number: int) -> None:
        """Wait until so many invocations are here."""
        MEETINGS.setdefault(name, threading.Barrier(number)).wait(SECONDS)

    def touch(self, path: str) -> None:
        """Write a file where no request can come any more."""
        Path(path).touch()

    def fail(self, text: str) -> None:
        raise ValueError(text)

    def leave(self) -> None:
        raise SystemExit(3)

    def failing(self, name: str, *arguments: Any) -> None:
        """A step that raises, and is caught as a careless handler would."""
        try:
            getattr(self, name)(*arguments)
        except Exception:
            return
        raise AssertionError(f"{name} has not failed")

    def answer(self, answer: Any) -> Any:
        return answer

    def large(self, size: int) -> Any:
        return {"statusCode": 200, "body": "x" * size}

    def no_json(self) -> Any:
        return object()

    def can_stream(self) -> Any:
        return {"statusCode": 200, "body": json.dumps(hasattr(self._context, "open_stream"))}


def handler(event: dict[str, Any], context: Any) -> Any:
    """The answer of the last step that has one."""
    run, answer = Run(context), OK
    for name, *arguments in json.loads(event["body"]):
        answer = getattr(run, name)(*arguments) or answer
    return answer

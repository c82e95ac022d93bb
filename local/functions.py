"""Loads the handlers of functions/ and invokes them, always with the code and configuration that is on disk now."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from local.context import Context, StreamingContext
from local.streaming import MAX_STREAM_BYTES, StreamingResponse
from local.template import Function

MAX_REQUEST_BYTES = 6_291_456
"""Lambda's limit for a synchronous event ("Request must be smaller than 6291456 bytes")."""
MAX_RESPONSE_BYTES = 6_291_556
"""Lambda's limit for a synchronous response ("exceeded maximum allowed payload size (6291556 bytes)")."""
CHECK_SECONDS = 0.2
"""How old the last look at the common files may be while many invocations are under way. A look takes hundreds of
system calls, and after each of them the thread waits for the others to let it go on."""
MANY = 8
"""So many are more than one client with the pollers of the stream and the queues. So that client's next request always
finds its edit."""

Handler = Callable[[dict[str, Any], Context], Any]
Snapshot = dict[str, int]
"""When each file was last modified, in nanoseconds; 0 for a file that does not exist."""


class EventTooLarge(Exception):
    """The event is larger than Lambda accepts."""


class ResponseTooLarge(Exception):
    """The function's response is larger than Lambda accepts."""


class Functions:
    """The handlers, loaded at their first invocation and again when one of their files has changed.

    When a file below the folder `layer` or one of the `watched` files has changed, `refresh` is called and every module
    of the layer's package and every handler is dropped, so that no old code stays in use. Invocations under way finish
    with the code that they began with. One that begins while MANY others are under way may miss an edit of those files
    in the last `check_seconds`. `loaded` is called before the first handler of each code is loaded.
    """

    def __init__(
        self,
        layer: Path,
        package: str,
        watched: Callable[[], Iterable[Path]],
        refresh: Callable[[], None],
        loaded: Callable[[], None] = lambda: None,
        check_seconds: float = CHECK_SECONDS,
    ):
        self._layer = layer
        self._package = package
        self._watched = watched
        self._refresh = refresh
        self._loaded = loaded
        self._check_seconds = check_seconds
        self._lock = threading.Lock()
        self._common = self._common_snapshot()
        self._checked_at = float("-inf")  # monotonic
        self._under_way = 0
        self._handlers: dict[str, tuple[Snapshot, Handler]] = {}

    def load(self, function: Function) -> Handler:
        """The current handler of `function`. Raises whatever its import raises."""
        with self._lock:
            self._drop_if_common_changed()
            now = _snapshot(_files(function.folder))
            snapshot, handler = self._handlers.get(function.name, (None, None))
            if handler is None or snapshot != now:
                if not self._handlers:
                    self._loaded()
                handler = _import_handler(function)
                self._handlers[function.name] = now, handler
            return handler

    def invoke(
        self,
        function: Function,
        event: dict[str, Any],
        client_gone: Callable[[], bool],
        stream: StreamingResponse | None = None,
    ) -> Any:
        """The function's response, encoded as JSON and decoded again, as Lambda does.

        None if the function has opened `stream`, which then is its response. Raises EventTooLarge, ResponseTooLarge,
        and whatever the handler raises.
        """
        payload = _to_json(event)
        if len(payload) > MAX_REQUEST_BYTES:
            raise EventTooLarge
        with self._counted():
            returned = self.load(function)(json.loads(payload), _context(function, client_gone, stream))
        if stream and stream.opened:
            return None
        response = _to_json(returned)
        limit = MAX_STREAM_BYTES if stream else MAX_RESPONSE_BYTES
        if len(response) > limit:
            raise ResponseTooLarge(f"the response of {function.name} is over {limit} bytes")
        return json.loads(response)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """For the length of an invocation."""
        with self._lock:
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def _drop_if_common_changed(self) -> None:
        began = time.monotonic()
        if self._under_way > MANY and began - self._checked_at < self._check_seconds:
            return
        self._checked_at = began
        now = self._common_snapshot()
        if now == self._common:
            return
        self._refresh()
        for name in [name for name in sys.modules if name.partition(".")[0] == self._package]:
            del sys.modules[name]
        self._handlers.clear()
        self._common = self._common_snapshot()  # the refresh may have changed which files are watched

    def _common_snapshot(self) -> Snapshot:
        return _snapshot([*_modules(self._layer), *self._watched()])


def _context(function: Function, client_gone: Callable[[], bool], stream: StreamingResponse | None) -> Context:
    if stream is None:
        return Context(function, client_gone=client_gone)
    return StreamingContext(function, client_gone=client_gone, open_stream=stream.open)


def _modules(folder: Path) -> Iterator[str]:
    """The Python files below a folder. Every request asks for them, and pathlib takes twice as long."""
    for parent, _, names in os.walk(folder):
        yield from (os.path.join(parent, name) for name in names if name.endswith(".py"))  # noqa: PTH118


def _files(folder: Path) -> Iterator[str]:
    """All files below a function's folder, which may have more than modules."""
    for parent, _, names in os.walk(folder):
        yield from (os.path.join(parent, name) for name in names if not name.endswith(".pyc"))  # noqa: PTH118


def _snapshot(paths: Iterable[str | Path]) -> Snapshot:
    return {str(path): _modified(path) for path in paths}


def _modified(path: str | Path) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116
    except OSError:
        return 0


def _to_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


class _UncachedLoader(SourceFileLoader):
    """Without .pyc files: by their rules, two edits of equal length within a second are the same text."""

    def path_stats(self, path: Any) -> Mapping[str, Any]:
        raise OSError


def _import_handler(function: Function) -> Handler:
    """The handler that the template names, from a module of its own, since every function calls its file app.py."""
    stem, _, attribute = function.handler.rpartition(".")
    loader = _UncachedLoader(f"function_{function.name}", str(function.folder / f"{stem}.py"))
    module = ModuleType(loader.name)
    module.__file__ = loader.path
    loader.exec_module(module)
    handler: Handler = getattr(module, attribute)
    return handler

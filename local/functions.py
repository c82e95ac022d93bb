"""Loads the handlers of functions/ and runs them, always with the code and configuration that is on disk now."""

import json
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from local.context import Context, StreamingContext
from local.streaming import MAX_STREAM_BYTES, StreamedAnswer
from local.template import Function

MAX_REQUEST_BYTES = 6_291_456
"""Lambda's bound on a synchronous event ("Request must be smaller than 6291456 bytes")."""
MAX_RESPONSE_BYTES = 6_291_556
"""Lambda's bound on a synchronous answer ("exceeded maximum allowed payload size (6291556 bytes)")."""

Handler = Callable[[dict[str, Any], Context], Any]
Snapshot = dict[Path, int]


class EventTooLarge(Exception):
    """The event is larger than Lambda takes."""


class AnswerTooLarge(Exception):
    """The function's answer is larger than Lambda takes."""


class Functions:
    """The handlers, loaded when first called and again when a file of theirs has changed.

    A change under `shared`, or to one of `watched`, drops the layer's modules and every handler, so that nothing
    is left of the old code; `refresh` runs first. Requests under way finish with the code they began with.
    """

    def __init__(self, layer: Path, package: str, watched: Callable[[], Iterable[Path]], refresh: Callable[[], None]):
        self._layer = layer
        self._package = package
        self._watched = watched
        self._refresh = refresh
        self._lock = threading.Lock()
        self._common = self._snapshot()
        self._handlers: dict[str, tuple[Snapshot, Handler]] = {}

    def load(self, function: Function) -> Handler:
        """The current handler of `function`. Raises whatever its import raises."""
        with self._lock:
            self._drop_if_common_changed()
            now = _times(function.folder.rglob("*.py"))
            snapshot, handler = self._handlers.get(function.name, (None, None))
            if handler is None or snapshot != now:
                handler = _import_handler(function)
                self._handlers[function.name] = now, handler
            return handler

    def invoke(
        self,
        function: Function,
        event: dict[str, Any],
        client_gone: Callable[[], bool],
        stream: StreamedAnswer | None = None,
    ) -> Any:
        """The function's answer as it comes out of Lambda, which takes and gives JSON of a bounded size.

        Of a function that opened `stream` there is no other answer.
        """
        payload = _json(event)
        if len(payload) > MAX_REQUEST_BYTES:
            raise EventTooLarge
        returned = self.load(function)(json.loads(payload), _context(function, client_gone, stream))
        if stream and stream.opened:
            return None
        answer = _json(returned)
        bound = MAX_STREAM_BYTES if stream else MAX_RESPONSE_BYTES
        if len(answer) > bound:
            raise AnswerTooLarge(f"the answer of {function.name} is over {bound} bytes")
        return json.loads(answer)

    def _drop_if_common_changed(self) -> None:
        now = self._snapshot()
        if now == self._common:
            return
        self._refresh()
        for name in [name for name in sys.modules if name.partition(".")[0] == self._package]:
            del sys.modules[name]
        self._handlers.clear()
        self._common = self._snapshot()  # what was refreshed may have changed which files are watched

    def _snapshot(self) -> Snapshot:
        return _times([*self._layer.rglob("*.py"), *self._watched()])


def _context(function: Function, client_gone: Callable[[], bool], stream: StreamedAnswer | None) -> Context:
    if stream is None:
        return Context(function, client_gone=client_gone)
    return StreamingContext(function, client_gone=client_gone, open_stream=stream.open)


def _times(paths: Iterable[Path]) -> Snapshot:
    """When each file last changed; a file that is not there counts as well, since it may come."""
    return {path: path.stat().st_mtime_ns if path.exists() else 0 for path in paths}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


class _Uncached(SourceFileLoader):
    """Without .pyc files, which take two edits of equal length within one second for the same text."""

    def path_stats(self, path: Any) -> Mapping[str, Any]:
        raise OSError


def _import_handler(function: Function) -> Handler:
    """The handler that the template names, from a module of its own: every function calls its file app.py."""
    stem, _, attribute = function.handler.rpartition(".")
    loader = _Uncached(f"function_{function.name}", str(function.folder / f"{stem}.py"))
    module = ModuleType(loader.name)
    module.__file__ = loader.path
    loader.exec_module(module)
    handler: Handler = getattr(module, attribute)
    return handler

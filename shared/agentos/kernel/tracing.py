"""Traces: spans around requests, turns, upstream calls and calls of the table. Without a tracer they cost nothing.

A process has a tracer where OTEL_EXPORTER_OTLP_ENDPOINT is set and OpenTelemetry is installed (`otlp.py`).
"""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Literal, Protocol

from agentos.kernel.logs import logger

Value = str | bool | int | float | list[str]
Attributes = Mapping[str, Value | None]
"""Attributes of a span by the names of OpenTelemetry's conventions. None is not known and left out."""

Kind = Literal["internal", "server", "client", "consumer"]


class Span(Protocol):
    """A piece of work under way."""

    def set(self, attributes: Attributes) -> None: ...
    def fail(self, error_type: str) -> None:
        """The work failed; `error_type` is a class of errors, never a text."""


class Tracer(Protocol):
    """Makes spans and exports them."""

    def span(
        self, name: str, kind: Kind, attributes: Attributes, traceparent: str | None
    ) -> AbstractContextManager[Span]: ...
    def traceparent(self) -> str | None: ...
    def flush(self) -> None: ...


class _Nothing:
    """A span that is not recorded."""

    def set(self, attributes: Attributes) -> None:
        pass

    def fail(self, error_type: str) -> None:
        pass

    def __enter__(self) -> "_Nothing":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


_NOTHING = _Nothing()
_NO_ATTRIBUTES: Attributes = {}


def span(
    name: str, kind: Kind = "internal", attributes: Attributes = _NO_ATTRIBUTES, traceparent: str | None = None
) -> AbstractContextManager[Span]:
    """A span that lasts as long as the block. An error that leaves the block fails it.

    It is a child of the span around it, or of the caller's span in `traceparent`, the W3C header of that name.
    """
    return _tracer.span(name, kind, attributes, traceparent) if _tracer else _NOTHING


def traceparent() -> str | None:
    """The header that makes what is called next a child of the current span. None without a tracer."""
    return _tracer.traceparent() if _tracer else None


def flush() -> None:
    """Export what has ended, because the function may be frozen now. It takes a bounded time and raises nothing."""
    if _tracer:
        _tracer.flush()


def error_type(error: BaseException) -> str:
    """The class of an error, in our own words: the class of a failed call, a code of ours, or the exception's type."""
    return str(getattr(error, "error_class", None) or getattr(error, "code", None) or type(error).__name__)


def use(tracer: Tracer | None) -> None:
    """Make all spans of this process with this tracer from now on; None makes none."""
    global _tracer
    _tracer = tracer


def _configured() -> Tracer | None:
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return None
    try:
        from agentos.kernel.otlp import OtlpTracer
    except ImportError:
        logger.warning("traces are configured, and OpenTelemetry is not installed: attach a layer that has it")
        return None
    return OtlpTracer(os.environ)


_tracer: Tracer | None = _configured()

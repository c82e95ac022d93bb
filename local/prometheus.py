"""`/metrics` for Prometheus: what CloudWatch would get of a deployed stack, under the same names in Prometheus' style.

A count is a counter, milliseconds are a histogram. A label that a metric lacks is empty. Counters begin at 0 with the
process, and `process_start_time_seconds` says when that was; they outlive an edit of the code.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/metrics"

BUCKETS = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 900_000)
"""Upper bounds of histograms, in milliseconds."""


class Metric(Protocol):
    """A metric of the functions (`kernel/metrics.py`), which are loaded anew after an edit."""

    @property
    def unit(self) -> str: ...
    @property
    def meaning(self) -> str: ...
    @property
    def dimensions(self) -> tuple[str, ...]: ...


class Measured(Protocol):
    """A value of a metric."""

    @property
    def name(self) -> str: ...
    @property
    def metric(self) -> Metric: ...
    @property
    def value(self) -> float: ...
    @property
    def dimensions(self) -> Mapping[str, str]: ...


class Metrics:
    """Adds up what the functions measure, since the process began."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._known: dict[str, tuple[Metric, Counter | Histogram]] = {}

    def declare(self, catalogue: Mapping[str, Metric]) -> None:
        """Show these metrics, by their names, before there is any value. Those that have not changed keep theirs."""
        for name, metric in catalogue.items():
            before = self._known.get(name)
            if before and before[0] == metric:
                continue
            if before:
                self._registry.unregister(before[1])
            self._known[name] = metric, self._new(name, metric)

    def listen(self, measured: Sequence[Measured]) -> None:
        """Add values up."""
        for one in measured:
            labels = {_snake(name): one.dimensions.get(name, "") for name in one.metric.dimensions}
            collected: Any = self._known[one.name][1]
            child = collected.labels(**labels) if labels else collected
            if isinstance(collected, Histogram):
                child.observe(one.value)
            else:
                child.inc(one.value)

    def page(self, accept: str) -> tuple[bytes, str]:
        """The page and its content type, OpenMetrics or Prometheus' own text as the client accepts it."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type

    def _new(self, name: str, metric: Metric) -> Counter | Histogram:
        labels = [_snake(dimension) for dimension in metric.dimensions]
        full = f"agentos_{_snake(name)}"
        if metric.unit == "Milliseconds":
            return Histogram(f"{full}_milliseconds", metric.meaning, labels, buckets=BUCKETS, registry=self._registry)
        return Counter(full, metric.meaning, labels, registry=self._registry)


class WithMetrics:
    """An ASGI application that answers `GET /metrics` itself and leaves everything else to `application`."""

    def __init__(self, application: ASGIApp, metrics: Metrics) -> None:
        self._application = application
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (scope["type"], scope.get("method"), scope.get("path")) != ("http", "GET", PATH):
            await self._application(scope, receive, send)
            return
        page, content_type = self._metrics.page(Request(scope).headers.get("accept", ""))
        await Response(page, headers={"content-type": content_type})(scope, receive, send)


def _snake(name: str) -> str:
    """`FirstTokenLatency` as `first_token_latency`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()

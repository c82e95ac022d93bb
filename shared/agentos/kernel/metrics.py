"""Metrics: CloudWatch's, written as log lines in the embedded metric format, and passed to listeners.

POWERTOOLS_METRICS_DISABLED=true writes no lines. The lines are ours and not Powertools', because a line of Powertools
gives all of its metrics the same dimensions: one line per turn would multiply the metrics that CloudWatch bills.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from agentos.kernel.logs import correlation, redact

NAMESPACE = "AgentOS"
SERVICE = "agentos"

MAX_DIMENSION = 200
"""The longest value of a dimension, in characters. CloudWatch takes 1024."""

Unit = Literal["Count", "Milliseconds", "None"]
Rollup = tuple[str, ...]
"""The names of dimensions by which a metric is summed up."""


class Metric(NamedTuple):
    """A metric: its unit, a sentence on what it counts, and every rollup that it has.

    A rollup is left out where a value has no such dimension.
    """

    unit: Unit
    meaning: str
    rollups: tuple[Rollup, ...]

    @property
    def dimensions(self) -> Rollup:
        """The names of all its dimensions."""
        return tuple(dict.fromkeys(name for rollup in self.rollups for name in rollup))


class Measured(NamedTuple):
    """A value of a metric. `dimensions` may hold more than the metric has."""

    name: str
    metric: Metric
    value: float
    dimensions: Mapping[str, str]


Listener = Callable[[Sequence[Measured]], None]
listeners: list[Listener] = []
"""Called with everything that is measured, in the process that measures. A host that collects metrics adds one."""


def emit(
    catalogue: Mapping[str, Metric],
    values: Mapping[str, float | None],
    dimensions: Mapping[str, str],
    properties: Mapping[str, Any] | None = None,
) -> None:
    """Write one log line with these values of metrics in the catalogue. None is not known and left out.

    `properties` are searchable in the line and are no metrics. The line also carries the request's correlation.
    """
    known = {name: value for name, value in values.items() if value is not None}
    labels = {name: value[:MAX_DIMENSION] for name, value in dimensions.items() if value}
    for listener in listeners:
        listener([Measured(name, catalogue[name], value, labels) for name, value in known.items()])
    if known and os.environ.get("POWERTOOLS_METRICS_DISABLED", "").lower() not in ("true", "1"):
        directives = _directives(tuple((name, catalogue[name]) for name in known), tuple(labels))
        _write(directives, {"service": SERVICE, **correlation(), **(properties or {}), **labels, **known})


@lru_cache(maxsize=256)
def _directives(metrics: tuple[tuple[str, Metric], ...], labels: tuple[str, ...]) -> str:
    """The JSON that declares these metrics: one part for those that share their rollups."""
    groups: dict[tuple[Rollup, ...], list[dict[str, str]]] = {}
    for name, metric in metrics:
        rollups = tuple(rollup for rollup in metric.rollups if all(dimension in labels for dimension in rollup))
        groups.setdefault(rollups, []).append({"Name": name, "Unit": metric.unit})
    return json.dumps(
        [
            {"Namespace": NAMESPACE, "Dimensions": [["service", *rollup] for rollup in rollups], "Metrics": declared}
            for rollups, declared in groups.items()
            if rollups
        ],
        separators=(",", ":"),
    )


def _write(directives: str, members: Mapping[str, Any]) -> None:
    now = int(time.time() * 1000)
    rest = json.dumps(members, separators=(",", ":"))[1:]
    sys.stdout.write(redact(f'{{"_aws":{{"Timestamp":{now},"CloudWatchMetrics":{directives}}},{rest}\n'))
    sys.stdout.flush()

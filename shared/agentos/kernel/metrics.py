"""CloudWatch metrics, written as log lines in the embedded metric format. POWERTOOLS_METRICS_DISABLED stops them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from collections.abc import Mapping

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE = "AgentOS"

Measured = Mapping[str, tuple[MetricUnit, float]]
"""A unit and a value for each metric, by its name."""


def emit(dimensions: Mapping[str, str], measured: Measured) -> None:
    """Write one log line that holds these metrics under these dimensions."""
    metrics = EphemeralMetrics(namespace=NAMESPACE, service="agentos")
    for name, value in dimensions.items():
        metrics.add_dimension(name, value)
    for name, (unit, number) in measured.items():
        metrics.add_metric(name, unit, number)
    metrics.flush_metrics()


__all__ = ["NAMESPACE", "Measured", "MetricUnit", "emit"]

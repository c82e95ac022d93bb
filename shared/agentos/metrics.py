"""CloudWatch metrics, written as log lines in its embedded metric format (POWERTOOLS_METRICS_DISABLED stops them)."""

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from agentos.domain import Reply

NAMESPACE = "AgentOS"


def record_turn(reply: Reply) -> None:
    """A turn that was answered, by model and, where there is an experiment, by its variant."""
    metrics = EphemeralMetrics(namespace=NAMESPACE, service="agentos")
    metrics.add_dimension("model", reply.model)
    if experiment := reply.route.experiment:
        metrics.add_dimension("experiment", experiment.name)
        metrics.add_dimension("variant", experiment.variant)
    metrics.add_metric("Turns", MetricUnit.Count, 1)
    metrics.add_metric("Attempts", MetricUnit.Count, len(reply.route.attempts))
    metrics.add_metric("Fallbacks", MetricUnit.Count, int(reply.route.fallback_used))
    metrics.add_metric("Latency", MetricUnit.Milliseconds, reply.usage.latency_ms)
    metrics.add_metric("PromptTokens", MetricUnit.Count, reply.usage.prompt_tokens)
    metrics.add_metric("CompletionTokens", MetricUnit.Count, reply.usage.completion_tokens)
    if reply.usage.cost_usd is not None:
        metrics.add_metric("CostUsd", MetricUnit.NoUnit, reply.usage.cost_usd)
    metrics.flush_metrics()

"""The metrics of an answered turn."""

from agentos.domain import Reply
from agentos.kernel.metrics import MetricUnit, emit


def record_turn(reply: Reply) -> None:
    """Emit a turn's metrics by model and, where there is an experiment, by its variant."""
    dimensions = {"model": reply.model}
    if experiment := reply.route.experiment:
        dimensions |= {"experiment": experiment.name, "variant": experiment.variant}
    measured: dict[str, tuple[MetricUnit, float]] = {
        "Turns": (MetricUnit.Count, 1),
        "Attempts": (MetricUnit.Count, len(reply.route.attempts)),
        "Fallbacks": (MetricUnit.Count, int(reply.route.fallback_used)),
        "Latency": (MetricUnit.Milliseconds, reply.usage.latency_ms),
        "PromptTokens": (MetricUnit.Count, reply.usage.prompt_tokens),
        "CompletionTokens": (MetricUnit.Count, reply.usage.completion_tokens),
    }
    if reply.usage.cost_usd is not None:
        measured["CostUsd"] = (MetricUnit.NoUnit, reply.usage.cost_usd)
    emit(dimensions, measured)

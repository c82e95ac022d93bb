"""The metrics of an answered turn."""

from agentos.domain import Reply
from agentos.kernel.metrics import MetricUnit, emit


def record_turn(reply: Reply) -> None:
    """Emit a turn's metrics by model and, where there is an experiment, by its variant. What is unknown is left out."""
    dimensions = {"model": reply.model}
    if experiment := reply.route.experiment:
        dimensions |= {"experiment": experiment.name, "variant": experiment.variant}
    measured: dict[str, tuple[MetricUnit, float]] = {
        "Turns": (MetricUnit.Count, 1),
        "Attempts": (MetricUnit.Count, len(reply.route.attempts)),
        "Fallbacks": (MetricUnit.Count, int(reply.route.fallback_used)),
        "Latency": (MetricUnit.Milliseconds, reply.usage.latency_ms),
    }
    usage = reply.usage
    known: dict[str, tuple[MetricUnit, float | None]] = {
        "PromptTokens": (MetricUnit.Count, usage.prompt_tokens),
        "CompletionTokens": (MetricUnit.Count, usage.completion_tokens),
        "CostUsd": (MetricUnit.NoUnit, usage.cost_usd),
        "FirstTokenLatency": (MetricUnit.Milliseconds, usage.first_token_ms),
    }
    measured |= {name: (unit, value) for name, (unit, value) in known.items() if value is not None}
    emit(dimensions, measured)

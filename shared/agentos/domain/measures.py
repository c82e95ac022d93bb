"""Everything that is measured: each metric with its unit, its meaning, and the dimensions by which it is summed up.

A dimension has few values. `model` is a model that the configuration names, or `<provider>:other`
(`Settings.model_label`). `experiment` comes from agents, so `services/turn_metrics.py` bounds the number of its values.
"""

from collections.abc import Mapping
from typing import Any

from agentos.kernel.metrics import Metric, emit

_ALL = ((),)
_BY_MODEL = ((), ("model",), ("model", "experiment", "variant"))
_BY_OUTCOME = (("outcome",),)
_BY_CALL = (("provider", "model", "errorClass"),)
_BY_CODE = (("code",),)

MEASURES: Mapping[str, Metric] = {
    "Turns": Metric("Count", "Turns that were answered, wholly or in part.", _BY_MODEL),
    "FailedTurns": Metric("Count", "1 for a turn that failed by no fault of its client, else 0.", _ALL),
    "TurnOutcomes": Metric("Count", "Turns by how they ended.", _BY_OUTCOME),
    "Attempts": Metric("Count", "Upstream calls that turns needed.", _BY_MODEL),
    "Fallbacks": Metric("Count", "1 for a turn that a fallback answered, else 0.", _BY_MODEL),
    "Latency": Metric("Milliseconds", "From the request to the answer.", _BY_MODEL),
    "FirstTokenLatency": Metric("Milliseconds", "From the request to the first text of a stream.", _BY_MODEL),
    "PromptTokens": Metric("Count", "Tokens of prompts.", _BY_MODEL),
    "CompletionTokens": Metric("Count", "Tokens of answers.", _BY_MODEL),
    "CachedTokens": Metric("Count", "Tokens of prompts that the provider read from its cache.", _BY_MODEL),
    "CacheWriteTokens": Metric("Count", "Tokens of prompts that the provider wrote to its cache.", _BY_MODEL),
    "ReasoningTokens": Metric("Count", "Tokens of answers that were spent on reasoning.", _BY_MODEL),
    "CostUsd": Metric("None", "US dollars for all upstream calls of turns.", _BY_MODEL),
    "QueueAge": Metric("Milliseconds", "From the acceptance of a background turn to its start.", _ALL),
    "Calls": Metric("Count", "Upstream calls by their result.", _BY_CALL),
    "CallLatency": Metric("Milliseconds", "The time of upstream calls.", _BY_CALL),
    "CircuitTransitions": Metric(
        "Count", "Circuits that opened, half-opened or closed.", (("provider", "model", "state"),)
    ),
    "BudgetWarnings": Metric("Count", "Budgets of which the share `warnAt` was spent, once a period.", _ALL),
    "RefusedRequests": Metric("Count", "Requests that were answered with a 4xx.", _BY_CODE),
    "FailedRequests": Metric("Count", "Requests that were answered with a 5xx.", _BY_CODE),
    "TableFaults": Metric(
        "Count",
        "Requests that the table throttled, refused or did not answer, and items that could not be read.",
        (("reason",),),
    ),
    "LostUsageRecords": Metric("Count", "Records of turns' usage that the table did not take.", _ALL),
}


def measure(
    values: Mapping[str, float | None], dimensions: Mapping[str, str], properties: Mapping[str, Any] | None = None
) -> None:
    """Record values of MEASURES by name; None is not known and left out."""
    emit(MEASURES, values, dimensions, properties)

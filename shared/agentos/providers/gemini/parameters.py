"""Parameters that this format carries beside the usual ones.

https://ai.google.dev/api/generate-content#generationconfig
"""

from typing import Any

from agentos.domain import ModelFacts, Parameters
from agentos.kernel.merge_patch import merge_patch

PARAMETERS = {
    "topK": "top_k",
    "seed": "seed",
    "presencePenalty": "presence_penalty",
    "frequencyPenalty": "frequency_penalty",
}
"""Fields of `Parameters` by their names in `generationConfig`."""


def thinking(parameters: Parameters, facts: ModelFacts) -> dict[str, Any]:
    """The fields of `generationConfig` that ask for an effort and for the thoughts.

    https://ai.google.dev/gemini-api/docs/thinking
    """
    effort, known = parameters.reasoning_effort, facts.reasoning
    level = known.levels.get(effort) if known and effort else None
    own = {"thinkingConfig": {"thinkingLevel": effort}} if effort else {}
    asked: dict[str, Any] = level.sends if level and level.sends is not None else own
    if parameters.include_reasoning and not (known and not known.levels):
        asked = merge_patch(asked, {"thinkingConfig": {"includeThoughts": True}})
    return asked


def further_parameters(parameters: Parameters) -> dict[str, Any]:
    """What was set of them."""
    return {sent: value for sent, field in PARAMETERS.items() if (value := getattr(parameters, field)) is not None}

"""Parameters that this format carries beside the usual ones.

https://ai.google.dev/api/generate-content#generationconfig
"""

from typing import Any

from agentos.domain import Parameters

PARAMETERS = {
    "topK": "top_k",
    "seed": "seed",
    "presencePenalty": "presence_penalty",
    "frequencyPenalty": "frequency_penalty",
}
"""Fields of `Parameters` by their names in `generationConfig`."""


def further_parameters(parameters: Parameters) -> dict[str, Any]:
    """What was set of them."""
    return {sent: value for sent, field in PARAMETERS.items() if (value := getattr(parameters, field)) is not None}

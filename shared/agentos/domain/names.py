"""The scalar types that agents, rules and configuration share."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

_MODEL_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}:[^\s\x00-\x1f]{1,200}")


def model_name(text: str) -> str:
    """The text if it is `provider:model`. Raises ValueError."""
    if not _MODEL_NAME.fullmatch(text):
        raise ValueError('must be "provider:model", such as "openai:gpt-4o-mini"')
    return text


ModelName = Annotated[str, AfterValidator(model_name)]
"""`provider:model`, split at the first colon; the model part may hold `/`, `.` and `:`."""
Priority = Literal["cost", "latency", "quality"]

WireFormat = Literal["openai", "openai-responses", "gemini", "anthropic", "bedrock", "echo"]
"""The forms of requests and answers that are known (`providers/registry.py`)."""

ParameterName = Literal[
    "temperature",
    "topP",
    "topK",
    "stop",
    "maxTokens",
    "seed",
    "presencePenalty",
    "frequencyPenalty",
    "logitBias",
    "logprobs",
    "topLogprobs",
    "reasoningEffort",
    "includeReasoning",
    "verbosity",
    "toolChoice",
    "parallelToolCalls",
    "serviceTier",
    "user",
    "speakerNames",
]
"""What configuration may say that a model does not take; `toolChoice` is that tools must be called, `speakerNames` the
`name` of a message."""

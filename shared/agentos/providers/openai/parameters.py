"""Parameters that this format carries beside the usual ones; configuration says which servers do not take them.

https://platform.openai.com/docs/api-reference/chat/create (`top_k` is an addition of many compatible servers)
"""

import re
from typing import Any

from agentos.domain import ModelFacts, Parameters, Prompt
from agentos.domain.parameters import Effort

PARAMETERS = {
    "topK": ("top_k", "top_k"),
    "seed": ("seed", "seed"),
    "presencePenalty": ("presence_penalty", "presence_penalty"),
    "frequencyPenalty": ("frequency_penalty", "frequency_penalty"),
    "logitBias": ("logit_bias", "logit_bias"),
    "verbosity": ("verbosity", "verbosity"),
    "serviceTier": ("service_tier", "service_tier"),
    "user": ("user", "user"),
}
"""By our name: the field of `Parameters`, and the field that is sent unless the provider renames it."""


def further_parameters(parameters: Parameters, renamed: dict[Any, str]) -> dict[str, Any]:
    """What was set of them, under the names that this provider gives them."""
    return {
        renamed.get(name, sent): value
        for name, (field, sent) in PARAMETERS.items()
        if (value := getattr(parameters, field)) is not None
    }


def reasoning(effort: Effort | None, facts: ModelFacts, name: str) -> dict[str, Any]:
    """The fields that ask for the effort: the model's own, or the one of this name, whose dots lead into objects.

    https://openrouter.ai/docs/use-cases/reasoning-tokens has `reasoning.effort`, all others `reasoning_effort`.
    """
    if effort is None:
        return {}
    level = facts.reasoning.levels.get(effort) if facts.reasoning else None
    if level and level.sends is not None:
        return level.sends
    fields: Any = effort
    for part in reversed(name.split(".")):
        fields = {part: fields}
    return dict(fields)


def cache_key(prompt: Prompt, renamed: dict[Any, str]) -> dict[str, Any]:
    """What leads requests of one conversation to the same cache, where the provider takes such a key.

    https://platform.openai.com/docs/guides/prompt-caching
    """
    name = renamed.get("cacheKey")
    return {name: prompt.cache_key} if name and prompt.cache_key and prompt.parameters.prompt_cache != "off" else {}


def speaker(name: str | None) -> dict[str, str]:
    """A message's `name`. Characters that the API refuses become `_`."""
    return {"name": re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:64]} if name else {}

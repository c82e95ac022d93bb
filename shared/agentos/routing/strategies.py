"""In which order a rule's models are tried: as listed, by price, by observed speed, or by lot."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agentos.domain.routing_rules import ByCost, ByLatency, ByWeight, Experiment, Use, WeightedModel
from agentos.settings.loading import Settings

EXPECTED_COMPLETION_TOKENS = 500
"""Taken for the answer's length where the agent sets no `maxTokens`: a few paragraphs."""


@dataclass(frozen=True)
class Costs:
    """What a request would cost, by configured prices."""

    settings: Settings
    prompt_tokens: int
    completion_tokens: int

    def of(self, model: str) -> float | None:
        """Millionths of a USD; None where the price is not known."""
        price = self.settings.target(model, "").facts.price
        if price is None:
            return None
        expected = self.completion_tokens or EXPECTED_COMPLETION_TOKENS
        return self.prompt_tokens * price.input + expected * price.output


def ordered(use: Use, costs: Costs, latency: Callable[[str], float | None], draw: float) -> list[str]:
    """The models of a rule's `use` in the order of trying; `draw` is uniform in [0, 1)."""
    match use:
        case str():
            return [use]
        case ByCost():
            prices = {model: costs.of(model) for model in use.among}
            return sorted(use.among, key=lambda model: _unknown_last(prices[model]))
        case ByLatency():
            return _fastest_first(use.among, latency)
        case ByWeight():
            first = pick(use.among, draw)
            return [first, *(one.model for one in use.among if one.model != first)]
        case _:
            return list(use)


def pick(models: Sequence[WeightedModel], draw: float) -> str:
    """The model into whose share `draw` falls."""
    left = draw * sum(one.weight for one in models)
    for one in models:
        left -= one.weight
        if left < 0:
            return one.model
    return models[-1].model


def assign(experiment: Experiment, session_id: str) -> str:
    """The session's variant: the same for as long as name of session, salt and shares stay."""
    digest = hashlib.sha256(f"{experiment.salt}:{session_id}".encode()).digest()
    return pick(experiment.variants, int.from_bytes(digest[:8]) / 2**64)


def _unknown_last(price: float | None) -> tuple[bool, float]:
    return price is None, price or 0.0


def _fastest_first(models: Sequence[str], latency: Callable[[str], float | None]) -> list[str]:
    """Those observed, by speed, in the places that they have; the others keep theirs, and so come to be observed."""
    seen = {model: milliseconds for model in models if (milliseconds := latency(model)) is not None}
    by_speed = iter(sorted((model for model in models if model in seen), key=lambda model: seen[model]))
    return [next(by_speed) if model in seen else model for model in models]

"""In which order a rule's models are tried: as listed, by price, by observed speed, or by lot."""

import hashlib
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from agentos.domain import CachedPrefix, CacheRoute, TokenCount
from agentos.domain.prices import cost, moment
from agentos.domain.routing_rules import ByCost, ByLatency, ByWeight, Experiment, Use, WeightedModel
from agentos.settings.loading import Settings

EXPECTED_COMPLETION_TOKENS = 500
"""Taken for the answer's length where the agent sets no `maxTokens`: a few paragraphs."""


class Costs(NamedTuple):
    """What a request would cost at a moment (epoch seconds), by configured prices."""

    settings: Settings
    prompt_tokens: int
    completion_tokens: int
    time: float
    prefix: CachedPrefix | None = None

    def of(self, model: str) -> Decimal | None:
        """USD; None where the price is not known.

        What the model has of the prompt in its cache is read from there. What it has not is written, where it has a
        rate for that.
        """
        price = self.settings.target(model, "").facts.price
        cached = min(self.prefix.tokens, self.prompt_tokens) if self.prefix and self.prefix.model == model else 0
        tokens = TokenCount(
            prompt=self.prompt_tokens,
            completion=self.completion_tokens or EXPECTED_COMPLETION_TOKENS,
            cached=cached,
            cache_write=self.prompt_tokens - cached if self.prefix else 0,
        )
        usd = cost(price, tokens, moment(self.time))
        return cost(price, tokens.model_copy(update={"cache_write": 0}), moment(self.time)) if usd is None else usd


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
            drawn = pick(use.among, draw)
            models = [drawn, *(one.model for one in use.among if one.model != drawn)]
            return _stayed(models, costs)
        case _:
            return list(use)


def saving(use: Use | None, costs: Costs) -> CacheRoute | None:
    """What it saves to stay with the model that has the prompt in its cache, where cost decides among a rule's models:
    the difference to the cheapest other one. None where it saves nothing."""
    if costs.prefix is None or not isinstance(use, ByCost | ByWeight):
        return None
    model, tokens = costs.prefix
    among = [one if isinstance(one, str) else one.model for one in use.among]
    own, others = costs.of(model), [usd for other in among if other != model and (usd := costs.of(other)) is not None]
    if model not in among or own is None or not others or min(others) <= own:
        return None
    return CacheRoute(model=model, cached_tokens=min(tokens, costs.prompt_tokens), saved_usd=float(min(others) - own))


def _stayed(models: list[str], costs: Costs) -> list[str]:
    """The models, with the one that has the prompt in its cache first if it is cheaper there than at the first one."""
    holder = costs.prefix.model if costs.prefix else ""
    own, drawn = (costs.of(holder) if holder in models else None), costs.of(models[0])
    if own is None or drawn is None or own >= drawn:
        return models
    return [holder, *(model for model in models if model != holder)]


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


def _unknown_last(price: Decimal | None) -> tuple[bool, Decimal]:
    return price is None, price or Decimal()


def _fastest_first(models: Sequence[str], latency: Callable[[str], float | None]) -> list[str]:
    """Those observed, by speed, in the places that they have; the others keep theirs, and so come to be observed."""
    seen = {model: milliseconds for model in models if (milliseconds := latency(model)) is not None}
    by_speed = iter(sorted((model for model in models if model in seen), key=lambda model: seen[model]))
    return [next(by_speed) if model in seen else model for model in models]

"""What a request for embeddings does before its first upstream call: the texts and the plan.

All else is as for any completion (`services/completions.py`): budgets, usage, retries, fallbacks, `Idempotency-Key`.
"""

from collections.abc import Callable

from agentos.domain import Agent, EmbeddingPrompt, Parameters, Plan
from agentos.domain.callers import Caller
from agentos.domain.requests import CompletionRequest
from agentos.domain.token_estimates import estimate
from agentos.routing.plan import TargetStats
from agentos.routing.plan_embeddings import plan_embeddings
from agentos.settings.loading import Settings

NO_ANSWER = Parameters(max_tokens=1)
"""Nothing is written, which a budget must know: it reserves what an answer of `maxTokens` costs."""


class EmbeddingPreparation:
    """Prepares embeddings. `stats` gives those for the settings of a tenant."""

    def __init__(self, stats: Callable[[Settings], TargetStats], settings: Settings) -> None:
        self._stats = stats
        self._settings = settings

    def of_request(
        self, caller: Caller, agent: Agent, request: CompletionRequest, *, streamed: bool = False
    ) -> tuple[EmbeddingPrompt, Plan]:
        """The texts, and the plan. Raises Throttled, Unavailable."""
        prompt = EmbeddingPrompt(messages=request.messages, parameters=NO_ANSWER, dimensions=request.dimensions)
        settings, longest = self._settings.of(caller.tenant), max(map(estimate, request.messages))
        models = (agent.model, *agent.config.fallbacks())
        return prompt, plan_embeddings(models, longest, caller.may_use, settings, self._stats(settings))

"""How many tokens a request has, without an answer to it: asked of the provider where it counts, else estimated."""

from collections.abc import Callable

from agentos.domain import Prompt, Target
from agentos.domain.callers import Caller
from agentos.domain.requests import CompletionRequest
from agentos.domain.token_estimates import estimate_prompt
from agentos.kernel.clock import Deadline
from agentos.kernel.errors import UpstreamError
from agentos.kernel.values import Value
from agentos.services.door_agents import DoorAgents
from agentos.services.preparation import RequestPreparation

LONGEST_SECONDS = 10.0
"""How long a provider may take to count. It takes far less time than an answer, and an estimate is at hand."""

Count = Callable[[Target, Prompt, float], int | None]
"""The provider's count, within so many seconds; None where it does not count. Raises UpstreamError."""


class CountedTokens(Value):
    """`model` is the one that would be asked first; None where none can be asked."""

    tokens: int
    estimated: bool
    model: str | None


class TokenCounting:
    """Counts the tokens of prompts. Nothing is generated, stored or billed."""

    def __init__(self, agents: DoorAgents, preparation: RequestPreparation[CompletionRequest], count: Count) -> None:
        self._agents = agents
        self._preparation = preparation
        self._count = count

    def count(self, caller: Caller, request: CompletionRequest, deadline: Deadline) -> CountedTokens:
        """The tokens of the request's whole prompt. A provider that does not answer leaves it to the estimate.

        Raises InvalidRequest, NotFound, Throttled, Unavailable.
        """
        agent = self._agents.of(caller, request)
        prompt, plan = self._preparation.of_request(caller, agent, request)
        first = plan.targets[0] if plan.targets else None
        counted = self._asked(first, prompt, deadline) if first else None
        tokens = estimate_prompt(prompt) if counted is None else counted
        return CountedTokens(tokens=tokens, estimated=counted is None, model=first and first.model)

    def _asked(self, target: Target, prompt: Prompt, deadline: Deadline) -> int | None:
        try:
            return self._count(target, prompt, min(LONGEST_SECONDS, deadline.remaining()))
        except UpstreamError:
            return None

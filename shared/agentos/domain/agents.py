"""Agents and how they answer."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from agentos.domain.budgets import MOST_USD, few_decimals
from agentos.domain.conversation import Tool
from agentos.domain.names import ModelName
from agentos.domain.parameters import GivenParameters
from agentos.domain.routing_rules import AgentRouting
from agentos.kernel.values import Number, Value, Whole

OptIn = Literal["content_filter"]
"""Error classes that fall back only where `config.fallbackOn` names them."""

RETIRED = "rejected"
"""Once a value of `fallbackOn`. A rejection now falls back by itself, so stored agents lose the value when read."""


class AgentConfig(GivenParameters):
    """How an agent answers. `budget_usd` bounds what each of its sessions may cost."""

    fallback_model: ModelName | None = None
    fallback_models: tuple[ModelName, ...] = ()
    instructions: str | None = None
    timeout_seconds: Annotated[Number, Field(gt=0, le=900)] | None = None
    history_tokens: Annotated[Whole, Field(ge=0)] | None = None
    fallback_on: tuple[OptIn, ...] = ()
    budget_usd: Annotated[Number, Field(ge=0, le=MOST_USD), AfterValidator(few_decimals)] | None = None
    on_busy: Literal["reject", "queue"] = "reject"
    routing: AgentRouting = AgentRouting()

    def fallbacks(self) -> tuple[str, ...]:
        """The agent's fallbacks in order, both spellings together."""
        return (*((self.fallback_model,) if self.fallback_model else ()), *self.fallback_models)

    def under(self, given: GivenParameters) -> "AgentConfig":
        """The same with every parameter that `given` sets in the place of the agent's own; null takes it away."""
        return self.model_copy(update={name: getattr(given, name) for name in given.model_fields_set})


def _without_retired(config: Any) -> Any:
    """A stored configuration, without values that are no longer taken from clients."""
    if isinstance(config, dict) and RETIRED in (config.get("fallbackOn") or ()):
        return {**config, "fallbackOn": [name for name in config["fallbackOn"] if name != RETIRED]}
    return config


class Agent(Value):
    """A named way of answering; every change makes a new version."""

    agent_id: str
    name: str
    description: str
    model: str
    tools: tuple[Tool, ...]
    config: Annotated[AgentConfig, BeforeValidator(_without_retired)]
    version: int
    created_at: str
    updated_at: str

    def under(self, given: GivenParameters) -> "Agent":
        """The agent as it answers one request that gives parameters of its own."""
        return self.model_copy(update={"config": self.config.under(given)}) if given.model_fields_set else self

"""Agents and how they answer."""

from typing import Annotated, Literal

from pydantic import Field

from agentos.domain.conversation import Tool
from agentos.domain.names import ModelName
from agentos.domain.parameters import GivenParameters
from agentos.domain.routing_rules import AgentRouting
from agentos.kernel.values import Number, Value, Whole

OptIn = Literal["content_filter", "rejected"]
"""Error classes that fall back only where `config.fallbackOn` names them."""


class AgentConfig(GivenParameters):
    """How an agent answers."""

    fallback_model: ModelName | None = None
    fallback_models: tuple[ModelName, ...] = ()
    instructions: str | None = None
    timeout_seconds: Annotated[Number, Field(gt=0, le=900)] | None = None
    history_tokens: Annotated[Whole, Field(ge=0)] | None = None
    fallback_on: tuple[OptIn, ...] = ()
    on_busy: Literal["reject", "queue"] = "reject"
    routing: AgentRouting = AgentRouting()

    def fallbacks(self) -> tuple[str, ...]:
        """The agent's fallbacks in order, both spellings together."""
        return (*((self.fallback_model,) if self.fallback_model else ()), *self.fallback_models)

    def under(self, given: GivenParameters) -> "AgentConfig":
        """The same with every parameter that `given` sets in the place of the agent's own; null takes it away."""
        return self.model_copy(update={name: getattr(given, name) for name in given.model_fields_set})


class Agent(Value):
    """A named way of answering; every change makes a new version."""

    agent_id: str
    name: str
    description: str
    model: str
    tools: tuple[Tool, ...]
    config: AgentConfig
    version: int
    created_at: str
    updated_at: str

    def under(self, given: GivenParameters) -> "Agent":
        """The agent as it answers one request that gives parameters of its own."""
        return self.model_copy(update={"config": self.config.under(given)}) if given.model_fields_set else self

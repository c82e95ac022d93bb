"""Agents and how they answer."""

from typing import Annotated, Any, Literal

from pydantic import Field

from agentos.domain.conversation import Parameters, Stop, Tool
from agentos.domain.names import ModelName
from agentos.domain.routing_rules import AgentRouting
from agentos.kernel.values import AsGiven, Number, Value, Whole

OptIn = Literal["content_filter", "rejected"]
"""Error classes that fall back only where `config.fallbackOn` names them."""


class AgentConfig(AsGiven):
    """How an agent answers."""

    fallback_model: ModelName | None = None
    fallback_models: tuple[ModelName, ...] = ()
    instructions: str | None = None
    temperature: Annotated[Number, Field(ge=0, le=2)] | None = None
    max_tokens: Annotated[Whole, Field(ge=1)] | None = None
    top_p: Annotated[Number, Field(gt=0, le=1)] | None = None
    stop: Stop = ()
    response_format: dict[str, Any] | None = None
    timeout_seconds: Annotated[Number, Field(gt=0, le=900)] | None = None
    history_tokens: Annotated[Whole, Field(ge=0)] | None = None
    fallback_on: tuple[OptIn, ...] = ()
    on_busy: Literal["reject", "queue"] = "reject"
    routing: AgentRouting = AgentRouting()

    def fallbacks(self) -> tuple[str, ...]:
        """The agent's fallbacks in order, both spellings together."""
        return (*((self.fallback_model,) if self.fallback_model else ()), *self.fallback_models)

    def parameters(self) -> Parameters:
        return Parameters(
            temperature=self.temperature,
            max_tokens=self.max_tokens,
            top_p=self.top_p,
            stop=(self.stop,) if isinstance(self.stop, str) else self.stop,
            response_format=self.response_format,
        )


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

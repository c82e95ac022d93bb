"""The YAML document: providers, models, routing, health and limits."""

import re
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from agentos.domain import ModelFacts, ParameterName
from agentos.domain.names import ModelName
from agentos.domain.routing_rules import Rule
from agentos.kernel.values import Value

HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")]
HeaderValue = Annotated[str, Field(pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$")]
ProviderName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


class ToolCallSettings(Value):
    """What a provider demands of the tool calls in a history, beyond its wire format."""

    id_length: Annotated[int, Field(ge=1, le=40)] | None = None
    reasoning: Annotated[str, Field(min_length=1)] | None = None


WITHOUT: dict[str, frozenset[ParameterName]] = {
    "gemini": frozenset({"parallelToolCalls"}),
    "bedrock": frozenset({"parallelToolCalls"}),
    "echo": frozenset({"toolChoice", "parallelToolCalls"}),
}
"""Parameters that a wire format cannot express, whatever the model."""


class ProviderSettings(Value):
    """One entry of `providers:` in YAML."""

    format: Literal["openai", "gemini", "anthropic", "bedrock", "echo"]
    endpoint: str | None = None
    auth: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] = "bearer"
    path: str | None = None
    headers: dict[HeaderName, HeaderValue] = {}
    parameters: dict[Literal["maxTokens", "temperature", "topP", "stop"], str] = {}
    tool_calls: ToolCallSettings = ToolCallSettings()
    unsupported: frozenset[ParameterName] = frozenset()
    stream_options: bool = True
    timeout_seconds: Annotated[float, Field(gt=0)] | None = None
    enabled: bool = True


def _regular_expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from error
    return text


class TaskType(Value):
    """A regular expression that recognizes a kind of task in a message."""

    name: Annotated[str, Field(min_length=1)]
    pattern: Annotated[str, AfterValidator(_regular_expression)]

    @cached_property
    def expression(self) -> re.Pattern[str]:
        return re.compile(self.pattern)


class RoutingSettings(Value):
    """`routing:` in YAML."""

    fallbacks: tuple[ModelName, ...] = ()
    rules: tuple[Rule, ...] = ()
    task_types: tuple[TaskType, ...] = ()
    simulation: bool = False


class HealthSettings(Value):
    """`health:` in YAML: after how many failures a target cools down, and for how long."""

    failures: Annotated[int, Field(ge=1)]
    pause_seconds: Annotated[int, Field(ge=1)]
    longest_pause_seconds: Annotated[int, Field(ge=1)]
    cache_seconds: Annotated[int, Field(ge=0)]


class Limits(Value):
    """`limits:` in YAML, in seconds, tokens and bytes.

    A turn's question and answer are written in one DynamoDB transaction of at most 4 MB, which explains their limits.
    """

    attempts: Annotated[int, Field(ge=1)]
    turn_seconds: Annotated[float, Field(gt=0)]
    streamed_turn_seconds: Annotated[float, Field(gt=0, le=870)]
    long_turn_seconds: Annotated[float, Field(gt=0, le=870)]
    commit_reserve_seconds: Annotated[float, Field(ge=0)]
    fallback_reserve_seconds: Annotated[float, Field(ge=0)]
    provider_seconds: Annotated[float, Field(gt=0)]
    history_tokens: Annotated[int, Field(ge=0)]
    history_messages: Annotated[int, Field(ge=0, le=1000)]
    content_bytes: Annotated[int, Field(gt=0, le=1_500_000)]
    reply_bytes: Annotated[int, Field(gt=0, le=2_400_000)]


class ConfigFile(Value):
    """The whole YAML document."""

    providers: dict[ProviderName, ProviderSettings]
    models: dict[ModelName, ModelFacts] = {}
    routing: RoutingSettings = RoutingSettings()
    health: HealthSettings
    limits: Limits

"""The YAML document: providers, models, routing, health and limits."""

import re
from datetime import date
from functools import cached_property
from typing import Annotated, Literal, get_args

from pydantic import Field

from agentos.domain import ModelFacts, ParameterName
from agentos.domain.names import ModelName, WireFormat
from agentos.domain.reasoning import Reasoning
from agentos.domain.request_limits import Pattern, RequestLimits, no_limits
from agentos.domain.routing_rules import Rule
from agentos.kernel.errors import ConfigError
from agentos.kernel.values import Value

HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")]
HeaderValue = Annotated[str, Field(pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$")]
ProviderName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


class ThoughtSettings(Value):
    """How a provider wants the thoughts that came with a tool call back.

    `required`: the field that every answer in a history must have where tools are in play. `returned`: whether thoughts
    are sent back to the provider at all.
    """

    required: Annotated[str, Field(min_length=1)] | None = None
    returned: bool = True


WITHOUT: dict[str, frozenset[ParameterName]] = {
    "openai-responses": frozenset(
        {"topK", "stop", "seed", "presencePenalty", "frequencyPenalty", "logitBias", "speakerNames"}
    ),
    "gemini": frozenset({"logitBias", "verbosity", "parallelToolCalls", "serviceTier", "speakerNames", "user"}),
    "anthropic": frozenset(
        {
            "seed",
            "presencePenalty",
            "frequencyPenalty",
            "logitBias",
            "verbosity",
            "serviceTier",
            "speakerNames",
        }
    ),
    "bedrock": frozenset(
        {
            "topK",
            "seed",
            "presencePenalty",
            "frequencyPenalty",
            "logitBias",
            "verbosity",
            "parallelToolCalls",
            "serviceTier",
            "speakerNames",
            "user",
        }
    ),
    "echo": frozenset(get_args(ParameterName)) - {"temperature", "topP", "stop", "maxTokens"},
}
"""Parameters that a wire format cannot express, whatever the model."""


class UnlistedModels(Value):
    """What is known of a provider's models that `models:` does not list, by a pattern of their names."""

    match: Pattern
    format: WireFormat | None = None
    reasoning: Reasoning | None = None
    unsupported: frozenset[ParameterName] = frozenset()
    limits: RequestLimits = Field(default_factory=no_limits)

    def facts_of(self, name: str) -> ModelFacts | None:
        """The facts of the model that its provider calls so; None where the pattern does not match."""
        if re.fullmatch(self.match, name) is None:
            return None
        return ModelFacts(
            format=self.format, reasoning=self.reasoning, unsupported=self.unsupported, limits=self.limits
        )


Renamed = Literal["maxTokens", "temperature", "topP", "stop", "seed", "reasoningEffort", "user", "cacheKey"]
"""What a provider may have its own names for."""


class FormatSettings(Value):
    """What of a provider's settings belongs to one wire format."""

    path: str | None = None
    parameters: dict[Renamed, str] = {}
    thoughts: ThoughtSettings = ThoughtSettings()
    unsupported: frozenset[ParameterName] = frozenset()
    limits: RequestLimits = Field(default_factory=no_limits)
    stream_options: bool = True


class ProviderSettings(FormatSettings):
    """One entry of `providers:` in YAML.

    `format` is that of all models that name no other, and the settings beside it belong to it. `formats` has those of
    other formats, and goes before them.
    """

    format: WireFormat
    formats: dict[WireFormat, FormatSettings] = {}
    endpoint: str | None = None
    auth: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] = "bearer"
    headers: dict[HeaderName, HeaderValue] = {}
    unlisted: tuple[UnlistedModels, ...] = ()
    usage_cost: bool = False
    timeout_seconds: Annotated[float, Field(gt=0)] | None = None
    enabled: bool = True

    def in_format(self, wire_format: WireFormat) -> "ProviderSettings":
        """The settings for models of this format. Without an entry in `formats`, another format has its defaults."""
        own = self.formats.get(wire_format)
        if own is None and wire_format == self.format:
            return self
        own = own or FormatSettings()
        return self.model_copy(update={"format": wire_format, **{name: getattr(own, name) for name in _OF_A_FORMAT}})


_OF_A_FORMAT = tuple(FormatSettings.model_fields)


class TaskType(Value):
    """A regular expression that recognizes a kind of task in a message."""

    name: Annotated[str, Field(min_length=1)]
    pattern: Pattern

    @cached_property
    def expression(self) -> re.Pattern[str]:
        return re.compile(self.pattern)


class RoutingSettings(Value):
    """`routing:` in YAML."""

    fallbacks: tuple[ModelName, ...] = ()
    rules: tuple[Rule, ...] = ()
    task_types: tuple[TaskType, ...] = ()
    simulation: bool = False
    simulate_failures: bool = True


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
    background_turn_seconds: Annotated[float, Field(gt=0, le=86_400)]
    lease_seconds: Annotated[float, Field(ge=3, le=60)]
    commit_reserve_seconds: Annotated[float, Field(ge=0)]
    fallback_reserve_seconds: Annotated[float, Field(ge=0)]
    provider_seconds: Annotated[float, Field(gt=0)]
    history_tokens: Annotated[int, Field(ge=0)]
    history_messages: Annotated[int, Field(ge=0, le=1000)]
    content_bytes: Annotated[int, Field(gt=0, le=1_500_000)]
    reply_bytes: Annotated[int, Field(gt=0, le=2_400_000)]
    stream_stall_seconds: Annotated[float, Field(gt=0)] = 30
    keep_alive_seconds: Annotated[float, Field(ge=0)] = 15
    budgeted_max_tokens: Annotated[int, Field(ge=1)] = 4096
    usage_record_days: Annotated[int, Field(ge=1, le=3660)] = 400


HttpsUrl = Annotated[str, Field(pattern=r"^(https://|http://(localhost|127\.0\.0\.1)[:/])\S+$")]
"""A URL that nobody on the way can change, or one of this machine."""


class JwtSettings(Value):
    """Whose tokens are taken where AUTH_MODE is `jwt`, and which of their claims name tenant and scopes.

    `keysUrl`: where the issuer publishes its keys; None is `<issuer>/.well-known/jwks.json`.
    """

    issuer: HttpsUrl
    audience: Annotated[str, Field(min_length=1)]
    keys_url: HttpsUrl | None = None
    tenant_claim: Annotated[str, Field(min_length=1)] = "tenant"
    scope_claim: Annotated[str, Field(min_length=1)] = "scope"


class AccessSettings(Value):
    """`access:` in YAML. `provider_hosts`: patterns of hosts that a tenant's endpoint may have besides public ones."""

    jwt: JwtSettings | None = None
    provider_hosts: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_*-]+$")], ...] = ()

    def issuer(self) -> JwtSettings:
        """Whose tokens are taken. Raises ConfigError where nobody is named."""
        if self.jwt is None:
            raise ConfigError("access.jwt: name the issuer of the tokens, without whom AUTH_MODE cannot be jwt")
        return self.jwt


class ConfigFile(Value):
    """The whole YAML document; `pricesCheckedAt` is when the prices were last compared with the vendors' pages."""

    providers: dict[ProviderName, ProviderSettings]
    models: dict[ModelName, ModelFacts] = {}
    prices_checked_at: date | None = None
    routing: RoutingSettings = RoutingSettings()
    health: HealthSettings
    limits: Limits
    access: AccessSettings = AccessSettings()

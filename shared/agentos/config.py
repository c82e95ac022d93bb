"""Settings: `config/default.yaml`, the user's overlays and the environment, validated and immutable.

The environment (`<PROVIDER>_API_KEY`, `<PROVIDER>_ENDPOINT`) decides which providers are available;
everything else about a provider is data in YAML.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, Field, SecretStr, ValidationError

from agentos.domain import ModelFacts, ParameterName, Target
from agentos.errors import ConfigError
from agentos.merge_patch import merge_patch
from agentos.rules import Rule, unreachable
from agentos.values import ModelName, Value

# The repository and the deployed layer (`/opt`) hold the package and `config/` side by side alike.
DEFAULT_FILE = Path(__file__).parents[2] / "config" / "default.yaml"

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HEADER_VALUE = re.compile(r"[\x21-\x7e]+")
_URL = re.compile(r"https?://[^\s/?#]+[^\s?#]*")

Status = Literal["available", "not-configured", "disabled"]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")]
HeaderValue = Annotated[str, Field(pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$")]
ProviderName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


class ToolCallSettings(Value):
    """What a provider demands of the tool calls in a history, beyond its format."""

    id_length: Annotated[int, Field(ge=1, le=40)] | None = None
    reasoning: Annotated[str, Field(min_length=1)] | None = None


WITHOUT: dict[str, frozenset[ParameterName]] = {
    "gemini": frozenset({"parallelToolCalls"}),
    "bedrock": frozenset({"parallelToolCalls"}),
    "echo": frozenset({"toolChoice", "parallelToolCalls"}),
}
"""What a wire format has no word for, whatever model stands behind it."""


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
    """A pattern that tells what kind of work a message is."""

    name: Annotated[str, Field(min_length=1)]
    pattern: Annotated[str, AfterValidator(_regular_expression)]

    @cached_property
    def expression(self) -> re.Pattern[str]:
        return re.compile(self.pattern)


class Routing(Value):
    """`routing:` in YAML."""

    fallbacks: tuple[ModelName, ...] = ()
    rules: tuple[Rule, ...] = ()
    task_types: tuple[TaskType, ...] = ()
    simulation: bool = False


class HealthSettings(Value):
    """`health:` in YAML: when a target is left alone, and for how long."""

    failures: Annotated[int, Field(ge=1)]
    pause_seconds: Annotated[int, Field(ge=1)]
    longest_pause_seconds: Annotated[int, Field(ge=1)]
    cache_seconds: Annotated[int, Field(ge=0)]


class Limits(Value):
    """`limits:` in YAML; seconds, tokens and bytes.

    A turn's question and answer go into one transaction, which DynamoDB takes up to 4 MB of: hence their bounds.
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


class File(Value):
    """The whole YAML document."""

    providers: dict[ProviderName, ProviderSettings]
    models: dict[ModelName, ModelFacts] = {}
    routing: Routing = Routing()
    health: HealthSettings
    limits: Limits


class Provider:
    """A provider as this process sees it: its settings and what the environment adds."""

    def __init__(self, name: str, settings: ProviderSettings, environment: Mapping[str, str]) -> None:
        prefix = name.upper().replace("-", "_")
        self.name = name
        self.settings = settings
        self.key_variable = f"{prefix}_API_KEY"
        self.endpoint_variable = f"{prefix}_ENDPOINT"
        self.key = SecretStr(environment.get(self.key_variable, "").strip())
        endpoint = environment.get(self.endpoint_variable, "").strip() or settings.endpoint or ""
        self.region = environment.get("AWS_REGION", "").strip()
        self.endpoint = endpoint.rstrip("/").replace("{region}", self.region)

    @cached_property
    def fate(self) -> tuple[Status, str | None]:
        """Its status, and what to do about it where it is not `available`."""
        if not self.settings.enabled:
            return "disabled", "configuration says enabled: false"
        if self.settings.format == "echo":
            return "available", None
        if not self.endpoint:
            return "not-configured", f"{self.endpoint_variable} is not set"
        if self.settings.auth == "iam" and not self.region:
            return "not-configured", "AWS_REGION is not set"
        if not _is_url(self.endpoint):
            return "not-configured", f"{self.endpoint_variable} is not an http(s) URL"
        if self.settings.auth in ("none", "iam"):
            return "available", None
        key = self.key.get_secret_value()
        if not key:
            return "not-configured", f"{self.key_variable} is not set"
        if not _HEADER_VALUE.fullmatch(key):
            return "not-configured", f"{self.key_variable} holds characters that no HTTP header can carry"
        return "available", None

    @cached_property
    def fingerprint(self) -> str:
        """Tells one endpoint and key from another, and gives neither away."""
        whom = f"{self.endpoint} {self.key.get_secret_value()}"
        return hashlib.sha256(whom.encode()).hexdigest()[:8]

    @property
    def unsupported(self) -> frozenset[ParameterName]:
        """What none of its models can be told."""
        return self.settings.unsupported | WITHOUT.get(self.settings.format, frozenset())

    @property
    def takes_image_addresses(self) -> bool:
        """Whether an image may be given by its address; Converse takes its data alone."""
        return self.settings.format != "bedrock"

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the environment variables that configure it."""
        if self.settings.format == "echo":
            return ()
        if self.settings.auth in ("none", "iam"):
            return (self.endpoint_variable,)
        return (self.key_variable, self.endpoint_variable)


def _is_url(text: str) -> bool:
    try:
        return _URL.fullmatch(text) is not None and urlsplit(text).port != 0  # port raises where it is none
    except ValueError:
        return False


class Settings:
    """All settings of a process."""

    def __init__(self, file: File, environment: Mapping[str, str]) -> None:
        self.models = file.models
        self.routing = file.routing
        self.health = file.health
        self.limits = file.limits
        self.providers = {name: Provider(name, settings, environment) for name, settings in file.providers.items()}

    def target(self, model: str, reason: str) -> Target:
        """The target that `provider:model` names; a model that is not listed passes through as written."""
        provider, _, rest = model.partition(":")
        facts = self.models.get(model, ModelFacts())
        if (known := self.providers.get(provider)) and known.unsupported:
            facts = facts.model_copy(update={"unsupported": facts.unsupported | known.unsupported})
        return Target(
            model=model,
            provider=provider,
            upstream_model=facts.upstream or rest,
            reason=reason,
            facts=facts,
        )

    def secrets(self) -> tuple[str, ...]:
        """Every key in the environment, for redaction."""
        keys = (provider.key.get_secret_value() for provider in self.providers.values())
        return tuple(key for key in keys if key)


def load_settings(environment: Mapping[str, str]) -> Settings:
    """Read, merge and validate. `AGENTOS_CONFIG` names overlays, several parted as in `PATH`.

    Raises ConfigError that names file, key and reason.
    """
    document, file = _read(DEFAULT_FILE), None
    for overlay in filter(None, environment.get("AGENTOS_CONFIG", "").split(os.pathsep)):
        document = merge_patch(document, _read(Path(overlay)))
        file = _validate(document, overlay)  # each by itself, so that the right file is named
    return Settings(file or _validate(document, str(DEFAULT_FILE)), environment)


def _read(path: Path) -> dict[str, Any]:
    try:
        document = yaml.load(path.read_bytes(), Loader=_Loader)  # noqa: S506 - a safe loader, the fast one
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: dates that are none, endless numbers
        raise ConfigError(f"{path}: is not YAML: {error}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: the document must be a mapping, not {type(document).__name__}")
    return document


def _validate(document: dict[str, Any], origin: str) -> File:
    try:
        file = File.model_validate(document, by_alias=True, by_name=False)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"] if part != "[key]")
        raise ConfigError(f"{origin}: {key}: {first['msg']}") from error
    for place, name in _named_models(file):
        if name.partition(":")[0] not in file.providers:
            raise ConfigError(f"{origin}: {place}: {name} names a provider that is not configured")
    if crossed := unreachable(file.routing.rules):
        later, earlier = crossed
        raise ConfigError(f"{origin}: routing.rules[{later}]: can never match, as rules[{earlier}] always does before")
    return file


def _named_models(file: File) -> Iterator[tuple[str, str]]:
    """Every model that the document names, each with its key."""
    for name in file.models:
        yield "models", name
    for index, name in enumerate(file.routing.fallbacks):
        yield f"routing.fallbacks[{index}]", name
    for index, rule in enumerate(file.routing.rules):
        for place, name in rule.models():
            yield f"routing.rules[{index}].{place}", name

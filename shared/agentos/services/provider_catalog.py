"""What `GET /health` and `GET /providers` answer: the configuration as data, and what of it is available."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from agentos import __version__
from agentos.domain import Circuit
from agentos.domain.prices import moment, price_at
from agentos.kernel.clock import Clock
from agentos.kernel.errors import Throttled, Unavailable
from agentos.kernel.logs import logger
from agentos.kernel.values import Value
from agentos.settings.loading import Settings
from agentos.settings.provider import Provider

EVERYTHING = {"streaming": True, "tools": True, "images": True, "structured_output": True}
FORMAT_FACTS = {"echo": {"streaming": True, "tools": False, "images": True, "structured_output": False}}
"""What this version can do over a wire format where that is not EVERYTHING, whatever the models behind it could."""


class ProviderHealth(Value):
    """One provider's status and, where it is not `available`, why; `circuits` are its targets that are not closed."""

    provider: str
    status: str
    reason: str | None
    circuits: tuple[Circuit, ...]


class HealthSummary(Value):
    """`GET /health` for a caller whom we do not know."""

    status: str
    version: str


class Health(HealthSummary):
    """`GET /health`; no provider is called."""

    providers: tuple[ProviderHealth, ...]


class ModelEntry(Value):
    """One model of the matrix; null is unknown."""

    model: str
    upstream_model: str
    format: str
    context_window: int | None
    max_output_tokens: int | None
    capabilities: tuple[str, ...] | None
    reasoning: tuple[str, ...] | None
    price: dict[str, Any] | None
    """The one in force now, as it is configured."""


class ProviderEntry(Value):
    """One provider of the matrix; `environment` holds names, never values."""

    provider: str
    format: str
    chat: bool
    streaming: bool
    tools: bool
    images: bool
    structured_output: bool
    environment: tuple[str, ...]
    status: str
    reason: str | None
    circuits: tuple[Circuit, ...]
    models: tuple[ModelEntry, ...]


class Matrix(Value):
    """`GET /providers`. `warnings` says what of the configuration needs somebody's attention."""

    data: tuple[ProviderEntry, ...]
    prices_checked_at: date | None
    warnings: tuple[str, ...]


class ProviderCatalog:
    """The configuration as clients may see it; `circuits` gives those that are not closed, of a tenant's settings."""

    def __init__(self, settings: Settings, circuits: Callable[[Settings], Sequence[Circuit]], clock: Clock) -> None:
        self._settings = settings
        self._circuits = circuits
        self._clock = clock

    def health(self, tenant: str | None = None) -> Health:
        """`ok` while at least one provider is available, else `degraded`. With a tenant, as that tenant has them."""
        settings = self._settings_of(tenant)
        circuits = self._circuits(settings)
        providers = tuple(
            ProviderHealth(provider=provider.name, **_status_of(provider, circuits))
            for provider in settings.providers.values()
        )
        usable = any(provider.status == "available" for provider in providers)
        return Health(status="ok" if usable else "degraded", version=__version__, providers=providers)

    def summary(self) -> HealthSummary:
        """Status and version alone."""
        health = self.health()
        return HealthSummary(status=health.status, version=health.version)

    def matrix(self, tenant: str | None = None) -> Matrix:
        """Every provider with its models, in the order of the configuration. With a tenant, as that tenant has them."""
        settings = self._settings_of(tenant)
        circuits = self._circuits(settings)
        warning = settings.price_warning(moment(self._clock.time()))
        return Matrix(
            data=tuple(self._entry(provider, circuits) for provider in settings.providers.values()),
            prices_checked_at=settings.prices_checked_at,
            warnings=(warning,) if warning else (),
        )

    def _settings_of(self, tenant: str | None) -> Settings:
        """The tenant's, or the server's where the tenant's cannot be read: the caller gets what there is."""
        try:
            return self._settings if tenant is None else self._settings.of(tenant)
        except (Throttled, Unavailable):
            logger.warning("a tenant's keys could not be looked up", extra={"tenant": tenant})
            return self._settings

    def _entry(self, provider: Provider, circuits: Sequence[Circuit]) -> ProviderEntry:
        names = (name for name in self._settings.models if name.partition(":")[0] == provider.name)
        models = tuple(self._model(name, provider) for name in names)
        return ProviderEntry(
            provider=provider.name,
            format=provider.settings.format,
            chat=True,
            **FORMAT_FACTS.get(provider.settings.format, EVERYTHING),
            environment=provider.variables,
            models=models,
            **_status_of(provider, circuits),
        )

    def _model(self, name: str, provider: Provider) -> ModelEntry:
        target = self._settings.target(name, "")
        facts = target.facts
        price = price_at(facts.price, moment(self._clock.time()))
        return ModelEntry(
            model=name,
            upstream_model=target.upstream_model,
            format=facts.format or provider.settings.format,
            context_window=facts.context_window,
            max_output_tokens=facts.max_output_tokens,
            capabilities=None if facts.capabilities is None else tuple(sorted(facts.capabilities)),
            reasoning=None if facts.reasoning is None else tuple(facts.reasoning.levels),
            price=price and price.model_dump(mode="json", by_alias=True, exclude_unset=True),
        )


def _status_of(provider: Provider, circuits: Sequence[Circuit]) -> dict[str, Any]:
    """Status, reason and open circuits: a provider cools down while one of its targets does."""
    own = tuple(circuit for circuit in circuits if circuit.model.partition(":")[0] == provider.name)
    status: str
    status, reason = provider.availability
    if status == "available" and own:
        status, reason = "cooling-down", ", ".join(f"{one.model} for {one.retry_in_seconds} s" for one in own)
    return {"status": status, "reason": reason, "circuits": own}

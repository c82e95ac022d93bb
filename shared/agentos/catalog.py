"""What `GET /health` and `GET /providers` tell: the configuration as data, and what of it is available."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Protocol

from agentos import __version__
from agentos.config import Provider, Settings
from agentos.values import Value

FORMAT_FACTS: dict[str, dict[str, bool]] = {
    "openai": {"streaming": False, "tools": False, "images": True, "structured_output": True},
    "gemini": {"streaming": False, "tools": False, "images": True, "structured_output": True},
    "echo": {"streaming": False, "tools": False, "images": True, "structured_output": False},
}
"""What this version can do over each wire format, whatever the models behind it could."""


class ProviderHealth(Value):
    """One provider's status and, where it is not `available`, what to do about it."""

    provider: str
    status: str
    reason: str | None


class Health(Value):
    """`GET /health`; no provider is called."""

    status: str
    version: str
    providers: tuple[ProviderHealth, ...]


class ModelEntry(Value):
    """One model of the matrix; null is unknown."""

    model: str
    upstream_model: str
    context_window: int | None
    max_output_tokens: int | None
    capabilities: tuple[str, ...] | None
    price: dict[str, Any] | None


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
    models: tuple[ModelEntry, ...]


class Matrix(Value):
    """`GET /providers`"""

    data: tuple[ProviderEntry, ...]


class Catalog:
    """The configuration as clients may see it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def health(self) -> Health:
        """`ok` while at least one provider is available, else `degraded`."""
        providers = tuple(
            ProviderHealth(provider=name, status=provider.fate[0], reason=provider.fate[1])
            for name, provider in self._settings.providers.items()
        )
        usable = any(provider.status == "available" for provider in providers)
        return Health(status="ok" if usable else "degraded", version=__version__, providers=providers)

    def matrix(self) -> Matrix:
        """Every provider with its models, in the order of the configuration."""
        return Matrix(data=tuple(map(self._entry, self._settings.providers.values())))

    def _entry(self, provider: Provider) -> ProviderEntry:
        models = tuple(self._model(name) for name in self._settings.models if name.partition(":")[0] == provider.name)
        status, reason = provider.fate
        return ProviderEntry(
            provider=provider.name,
            format=provider.settings.format,
            chat=True,
            **FORMAT_FACTS[provider.settings.format],
            environment=provider.variables,
            status=status,
            reason=reason,
            models=models,
        )

    def _model(self, name: str) -> ModelEntry:
        target = self._settings.target(name, "")
        facts = target.facts
        return ModelEntry(
            model=name,
            upstream_model=target.upstream_model,
            context_window=facts.context_window,
            max_output_tokens=facts.max_output_tokens,
            capabilities=None if facts.capabilities is None else tuple(sorted(facts.capabilities)),
            price=facts.price and facts.price.to_json(),
        )

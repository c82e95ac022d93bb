"""Reads `config/default.yaml`, the overlays and the environment into validated, immutable settings.

The environment and the parameter store (`<PROVIDER>_API_KEY`, `<PROVIDER>_ENDPOINT`) decide which providers are
available. Everything else about a provider is data in YAML.
"""

import copy
import json
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agentos.domain import ModelFacts, Target
from agentos.domain.prices import STALE_DAYS, days_since_check
from agentos.domain.routing_rules import unreachable
from agentos.kernel.errors import ConfigError
from agentos.kernel.logs import hide_secrets
from agentos.kernel.merge_patch import merge_patch
from agentos.settings.own_provider import OwnProvider
from agentos.settings.provider import NOTHING_STORED, Provider
from agentos.settings.schema import ConfigFile
from agentos.settings.secrets import Parameters, ParameterStore
from agentos.settings.tenant_keys import TenantKeys

# In the repository and in the deployed layer (`/opt`), `config/` is beside the folder that holds the package.
DEFAULT_FILE = Path(__file__).parents[3] / "config" / "default.yaml"

MAX_TARGETS = 1000
"""How many targets are kept, for each model, reason and place in a plan."""


class Settings:
    """All settings of a process. They do not change, except for the providers' stored keys and endpoints."""

    def __init__(
        self,
        file: ConfigFile,
        environment: Mapping[str, str],
        parameters: ParameterStore | None = None,
        tenants: TenantKeys | None = None,
    ) -> None:
        """`tenants`: the keys that tenants bring; None where they can bring none."""
        self._file = file
        self._environment = environment
        self._parameters = parameters
        self._tenants = tenants
        self.models = file.models
        self.routing = file.routing
        self.health = file.health
        self.limits = file.limits
        self.access = file.access
        self.prices_checked_at = file.prices_checked_at
        self._named = frozenset(name for _, name in _named_models(file))
        self._stored: Parameters = NOTHING_STORED
        self._targets: dict[tuple[str, str, bool], Target] = {}
        self._providers = self._build_providers()

    @property
    def provider_names(self) -> frozenset[str]:
        """The names of the configured providers. They are known without reading any key."""
        return frozenset(self._file.providers)

    @property
    def providers(self) -> Mapping[str, Provider]:
        """The providers by name, with the keys that are stored now."""
        stored = self._parameters.current() if self._parameters else NOTHING_STORED
        if stored is not self._stored:
            self._stored = stored
            self._providers = self._build_providers()
            self._targets = {}
        return self._providers

    def of(self, tenant: str) -> "Settings":
        """The settings for a tenant: with the keys that it brings in the places of the server's. A tenant that brings
        none has these very settings. Raises Throttled, Unavailable where nothing is known of the tenant yet."""
        own = self._tenants.of(tenant) if self._tenants else {}
        if not (self._tenants and own):
            return self
        server = self.providers
        view = copy.copy(self)
        view._tenants = view._parameters = None  # what it has of providers is as it is now
        view._stored = NOTHING_STORED
        view._targets = {}
        view._providers = {**server} | {
            name: OwnProvider(
                server[name], tenant, key, self.access.provider_hosts, readable=self._tenants.reads_values
            )
            for name, key in own.items()
            if name in server
        }
        return view

    def refresh_keys(self, tenant: str | None = None) -> None:
        """Read stored keys again soon, because a provider refused one: the tenant's own, or else the server's."""
        if tenant is None and self._parameters:
            self._parameters.refresh()
        if tenant is not None and self._tenants:
            self._tenants.refresh(tenant)

    def _build_providers(self) -> dict[str, Provider]:
        providers = {
            name: Provider(name, settings, self._environment, self._stored)
            for name, settings in self._file.providers.items()
        }
        hide_secrets(*(provider.key.get_secret_value() for provider in providers.values()))
        return providers

    def target(self, model: str, reason: str, *, fallback: bool = False) -> Target:
        """The target for `provider:model`. A model that is not listed is passed to its provider as written."""
        providers, targets = self.providers, self._targets  # in this order: new keys make new targets
        name = model, reason, fallback
        if (target := targets.get(name)) is None:
            if len(targets) >= MAX_TARGETS:  # clients may ask for any model by name
                targets.clear()
            target = targets[name] = self._target(providers, model, reason, fallback=fallback)
        return target

    def _target(self, providers: Mapping[str, Provider], model: str, reason: str, *, fallback: bool) -> Target:
        provider, _, rest = model.partition(":")
        known = providers.get(provider)
        facts = self.models.get(model) or _unlisted_facts(known, rest)
        if known and (refused := known.in_format(facts.format).unsupported):
            facts = facts.model_copy(update={"unsupported": facts.unsupported | refused})
        return Target(
            model=model,
            provider=provider,
            upstream_model=facts.upstream or rest,
            reason=reason,
            facts=facts,
            fallback=fallback,
            trust_cost=bool(known and known.settings.usage_cost),
            account=known.account if known else None,
        )

    def model_label(self, model: str) -> str:
        """The model as metrics name it: itself where the configuration names it, else `<provider>:other`.

        Clients may ask for any model by name, so the names alone would be without bound.
        """
        if model in self._named:
            return model
        provider = model.partition(":")[0]
        return f"{provider if provider in self.provider_names else 'other'}:other"

    def price_warning(self, when: datetime) -> str | None:
        """What to say of prices that nobody has compared with the vendors' pages for too long; None if all is well."""
        days = days_since_check(self.prices_checked_at, when)
        if days is None or days <= STALE_DAYS:
            return None
        return (
            f"The prices were checked {days} days ago (pricesCheckedAt: {self.prices_checked_at}); costs may be wrong."
        )


def _unlisted_facts(provider: Provider | None, name: str) -> ModelFacts:
    """What the provider's settings say of a model that is not listed: those of the first pattern that matches."""
    families = provider.settings.unlisted if provider else ()
    return next(filter(None, (family.facts_of(name) for family in families)), ModelFacts())


def load_settings(
    environment: Mapping[str, str], parameters: ParameterStore | None = None, tenants: TenantKeys | None = None
) -> Settings:
    """The validated settings. `AGENTOS_CONFIG` names overlay files, separated as in `PATH`; later files win.

    Raises ConfigError, which names the file, the key and the reason.
    """
    document, file = _shipped_document(), None
    for overlay in filter(None, environment.get("AGENTOS_CONFIG", "").split(os.pathsep)):
        document = merge_patch(document, _read(Path(overlay)))
        file = _validate(document, overlay)  # one at a time, so that the error names the right file
    return Settings(file or _shipped_file(), environment, parameters, tenants)


@cache
def _shipped_document() -> dict[str, Any]:
    """The shipped configuration, which does not change while the process lives. No caller changes the document.

    The layer has it as JSON too (`shared/config_as_json.py`): to load a YAML parser and to parse takes longer than to
    build all settings of it.
    """
    compiled = DEFAULT_FILE.with_suffix(".json")
    if compiled.exists():
        document: dict[str, Any] = json.loads(compiled.read_bytes())
        return document
    return _read(DEFAULT_FILE)


@cache
def _shipped_file() -> ConfigFile:
    return _validate(_shipped_document(), str(DEFAULT_FILE))


def _read(path: Path) -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(path.read_bytes(), Loader=loader)  # noqa: S506 - a safe loader, the fast one
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: impossible dates, too long numbers
        raise ConfigError(f"{path}: is not YAML: {error}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: the document must be a mapping, not {type(document).__name__}")
    return document


def _validate(document: dict[str, Any], origin: str) -> ConfigFile:
    try:
        file = ConfigFile.model_validate(document, by_alias=True, by_name=False)
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


def _named_models(file: ConfigFile) -> Iterator[tuple[str, str]]:
    """Every model in the document, with the key where it stands."""
    for name in file.models:
        yield "models", name
    for index, name in enumerate(file.routing.fallbacks):
        yield f"routing.fallbacks[{index}]", name
    for index, rule in enumerate(file.routing.rules):
        for place, name in rule.models():
            yield f"routing.rules[{index}].{place}", name

"""A provider with its settings, and with its key and endpoint from the environment."""

import copy
import hashlib
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from agentos.domain import Account, ParameterName
from agentos.domain.names import WireFormat
from agentos.settings.schema import WITHOUT, ProviderSettings
from agentos.settings.secrets import Parameters

_HEADER_VALUE = re.compile(r"[\x21-\x7e]+")
_URL = re.compile(r"https?://[^\s/?#]+[^\s?#]*")

Status = Literal["available", "not-configured", "disabled"]

NOTHING_STORED: Parameters = {}


class Provider:
    """A provider with its settings, its key and its endpoint. The environment wins over stored parameters.

    `account` is set where the key is a tenant's own. `guarded`: the endpoint is a tenant's, so that only public
    addresses are connected to.
    """

    account: Account | None = None
    guarded = False

    def __init__(
        self, name: str, settings: ProviderSettings, environment: Mapping[str, str], stored: Parameters = NOTHING_STORED
    ) -> None:
        self.name = name
        self.settings = settings
        self.enabled = settings.enabled or name in environment.get("ENABLED_PROVIDERS", "").split(",")
        self.key_variable = key_variable(name)
        self.endpoint_variable = f"{_prefix(name)}_ENDPOINT"
        key = environment.get(self.key_variable, "").strip()
        kept = None if key else stored.get(self.key_variable)
        self.key = SecretStr(kept.value if kept else key)
        self._key_version = kept.version if kept else None
        endpoint = environment.get(self.endpoint_variable, "").strip()
        if not endpoint and (parameter := stored.get(self.endpoint_variable)):
            endpoint = parameter.value
        self.region = environment.get("AWS_REGION", "").strip()
        self.endpoint = (endpoint or settings.endpoint or "").rstrip("/").replace("{region}", self.region)

    @cached_property
    def availability(self) -> tuple[Status, str | None]:
        """The status, and the reason if it is not `available`."""
        if not self.enabled:
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
        """A hash that differs for every endpoint and key, and reveals neither.

        It is the same in functions that cannot decrypt the key: a stored key counts by its version.
        """
        key = self.key.get_secret_value() if self._key_version is None else f"version {self._key_version}"
        identity = f"{self.endpoint} {key}"
        return hashlib.sha256(identity.encode()).hexdigest()[:8]

    def in_format(self, wire_format: WireFormat | None) -> "Provider":
        """The provider with its settings for models of this format; None is the format of all others."""
        settings = self.settings.in_format(wire_format or self.settings.format)
        if settings is self.settings:
            return self
        other = copy.copy(self)
        other.settings = settings
        return other

    @property
    def unsupported(self) -> frozenset[ParameterName]:
        """Parameters that none of its models of this format takes."""
        unnamed = self.settings.format == "openai" and "user" not in self.settings.parameters
        nameless: frozenset[ParameterName] = frozenset({"user"} if unnamed else ())
        return self.settings.unsupported | WITHOUT.get(self.settings.format, frozenset()) | nameless

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the environment variables that configure it."""
        if self.settings.format == "echo":
            return ()
        if self.settings.auth in ("none", "iam"):
            return (self.endpoint_variable,)
        return (self.key_variable, self.endpoint_variable)


def key_variable(provider: str) -> str:
    """The name of the variable, and of the parameter, that holds the provider's key."""
    return f"{_prefix(provider)}_API_KEY"


def _prefix(provider: str) -> str:
    return provider.upper().replace("-", "_")


def _is_url(text: str) -> bool:
    try:
        return _URL.fullmatch(text) is not None and urlsplit(text).port != 0  # port may raise ValueError
    except ValueError:
        return False

"""Who calls, and what a caller may do: tenants, scopes, and patterns of models."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import AfterValidator

from agentos.kernel.values import Value

CHALLENGE = 'Bearer realm="agentos"'
"""`WWW-Authenticate`: how a client is to authenticate with a key or a token (RFC 9110, 11.6.1; RFC 6750, 3)."""

DEFAULT_TENANT = "default"
"""The tenant of everybody where no key is asked for, and of all that was stored before there were keys."""

Scope = Literal["agents:read", "agents:write", "chat", "usage", "admin"]
"""What a caller may do. `admin` means keys and money of all tenants, and no tenant's agents or sessions."""

SCOPES: tuple[Scope, ...] = get_args(Scope)

IMPLIED: dict[Scope, tuple[Scope, ...]] = {"agents:write": ("agents:read",), "admin": ("usage",)}
"""The scopes that a scope includes."""

Access = Scope | Literal["any", "optional", "open"]
"""What a route asks for: a scope; any caller that is known; a caller who may be unknown; or nothing, so that nobody
looks at credentials."""

_TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_PATTERN = re.compile(r"[^\s\x00-\x1f]{1,264}")


def tenant_name(text: str) -> str:
    """The text if it may name a tenant. It is a part of keys in the table, so it has no `#`. Raises ValueError."""
    if not _TENANT.fullmatch(text):
        raise ValueError("must be 1 to 63 lower-case letters, digits and hyphens, and must not begin with a hyphen")
    return text


def model_pattern(text: str) -> str:
    """The text if it is a pattern for `provider:model`, where `*` is any text. Raises ValueError."""
    if not _PATTERN.fullmatch(text) or (":" not in text and "*" not in text):
        raise ValueError('must be a pattern for the whole "provider:model", such as "openai:*"')
    return text


TenantName = Annotated[str, AfterValidator(tenant_name)]
ModelPattern = Annotated[str, AfterValidator(model_pattern)]


def granted(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """These scopes and those that they include."""
    given = frozenset(scopes)
    return given.union(*(IMPLIED.get(scope, ()) for scope in given))


def matches_model(patterns: Iterable[str], model: str) -> bool:
    """Whether one of the patterns matches the whole of `provider:model`. Only `*` is special."""
    return any(fnmatchcase(model, _literal_but_star(pattern)) for pattern in patterns)


def _literal_but_star(pattern: str) -> str:
    return re.sub(r"[\[?]", lambda found: f"[{found[0]}]", pattern)


class Caller(NamedTuple):
    """Who sent a request, after the check. `key_id` is None where no key was checked.

    `models`: the patterns of the models that the caller may use; None for all. `requests_per_minute`: None for any
    number. `expires_at`: when the key or token ends; None for never.
    """

    tenant: str = DEFAULT_TENANT
    key_id: str | None = None
    name: str = ""
    scopes: frozenset[Scope] = frozenset(SCOPES)
    models: tuple[str, ...] | None = None
    requests_per_minute: int | None = None
    expires_at: str | None = None

    @property
    def known(self) -> bool:
        """Whether it is anybody at all."""
        return bool(self.scopes)

    def may(self, access: Access) -> bool:
        """Whether a route that asks for this is open to the caller."""
        if access == "any":
            return self.known
        return access in ("optional", "open") or access in granted(self.scopes)

    def may_use(self, model: str) -> bool:
        """Whether the caller may use `provider:model`."""
        return self.models is None or matches_model(self.models, model)


class CurrentKey(Value):
    """What a caller may know of itself. `scopes` has those that others include as well."""

    tenant: str
    key_id: str | None
    name: str
    scopes: tuple[Scope, ...]
    models: tuple[str, ...] | None
    requests_per_minute: int | None
    expires_at: str | None

    @classmethod
    def of(cls, caller: Caller) -> "CurrentKey":
        scopes = granted(caller.scopes)
        return cls(
            tenant=caller.tenant,
            key_id=caller.key_id,
            name=caller.name,
            scopes=tuple(scope for scope in SCOPES if scope in scopes),
            models=caller.models,
            requests_per_minute=caller.requests_per_minute,
            expires_at=caller.expires_at,
        )


UNKNOWN = Caller(scopes=frozenset())
"""Nobody whom we know. Only routes that ask for nothing are open to such a caller."""

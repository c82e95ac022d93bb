"""Providers whose key a tenant brings itself: what is asked, what is stored, what is listed."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from agentos.domain.endpoints import MAX_ENDPOINT
from agentos.kernel.values import Value

MAX_KEY = 4000
"""Characters. A standard parameter of SSM holds 4 KB.
https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"""

_HEADER_VALUE = re.compile(rf"[\x21-\x7e]{{1,{MAX_KEY}}}")


def _sendable(key: SecretStr) -> SecretStr:
    """The key if a header can carry it. Raises ValueError."""
    if not _HEADER_VALUE.fullmatch(key.get_secret_value()):
        raise ValueError(f"must be 1 to {MAX_KEY} visible characters of ASCII")
    return key


class NewTenantProvider(Value):
    """Body of `PUT /tenants/{tenant}/providers/{provider}`. Without `endpoint`, the server's is called."""

    api_key: Annotated[SecretStr, AfterValidator(_sendable)]
    endpoint: Annotated[str, Field(min_length=1, max_length=MAX_ENDPOINT)] | None = None


class TenantProvider(Value):
    """A provider for which a tenant has a key of its own. The key is not shown."""

    provider: str
    endpoint: str | None
    updated_at: str


class TenantProviders(Value):
    """`GET /tenants/{tenant}/providers`, in the order of their names."""

    data: tuple[TenantProvider, ...]


class StoredTenantProvider(Value):
    """What the table has of a tenant's key: nothing of the key itself.

    `revision` is new with every key. `version` is that of the parameter that holds the key.
    """

    endpoint: str | None
    revision: str
    version: int
    updated_at: str

    def listed(self, provider: str) -> TenantProvider:
        return TenantProvider(provider=provider, endpoint=self.endpoint, updated_at=self.updated_at)

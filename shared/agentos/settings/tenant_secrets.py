"""Tenants' own keys of providers in SSM Parameter Store: /<stack>/tenants/<tenant>/providers/<PROVIDER>_API_KEY.

An error of the store never quotes a value, so nothing of what botocore says is passed on or logged but its code.
"""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import SecretStr

from agentos.kernel.errors import ApiError, Throttled, Unavailable
from agentos.kernel.logs import logger
from agentos.settings.secrets import Parameters, Ssm, fetch

_THROTTLING = ("ThrottlingException", "TooManyUpdates")
_RETRY = {"retry-after": "1"}


class TenantSecrets:
    """Put, delete and read the keys below `path`. A function does what its role allows."""

    def __init__(self, client: Ssm, path: str) -> None:
        self._client = client
        self._path = path.rstrip("/")

    def put(self, tenant: str, name: str, key: SecretStr) -> int:
        """Store the key in the place of any. Returns its version. Raises Throttled, Unavailable."""
        try:
            answer = self._client.call(
                "PutParameter",
                Name=f"{self._folder(tenant)}/{name}",
                Value=key.get_secret_value(),
                Type="SecureString",
                Overwrite=True,
            )
        except (BotoCoreError, ClientError) as error:
            code = _code(error)
        else:
            return int(answer["Version"])
        raise _failure("a tenant's key could not be stored", code)  # not within `except`: no traceback has the cause

    def delete(self, tenant: str, name: str) -> None:
        """Remove the key if it is there. Raises Throttled, Unavailable."""
        try:
            self._client.call("DeleteParameter", Name=f"{self._folder(tenant)}/{name}")
        except (BotoCoreError, ClientError) as error:
            code = _code(error)
        else:
            return
        if code != "ParameterNotFound":
            raise _failure("a tenant's key could not be removed", code)

    def read(self, tenant: str) -> Parameters | None:
        """The tenant's keys by the last part of their names; None where they cannot be read."""
        try:
            return fetch(self._client, self._folder(tenant), decrypt=True)
        except (BotoCoreError, ClientError) as error:
            logger.error("a tenant's keys cannot be read", extra={"tenant": tenant, "reason": _code(error)})
            return None

    def _folder(self, tenant: str) -> str:
        return f"{self._path}/{tenant}/providers"


def _code(error: Any) -> str:
    """The service's code for the error, else its kind."""
    response = getattr(error, "response", None) or {}  # errors of the connection have one that is None
    return str(response.get("Error", {}).get("Code") or type(error).__name__)


def _failure(text: str, code: str) -> ApiError:
    """What the client gets. The log gets the code."""
    logger.error(text, extra={"reason": code})
    if code in _THROTTLING:
        return Throttled("The parameter store is over its limit; try again shortly.", headers=_RETRY)
    return Unavailable("The parameter store did not answer or refused; try again shortly.", headers=_RETRY)

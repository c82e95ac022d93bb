"""The parameter store's errors say nothing of the key, in what is raised and in what is logged."""

import traceback
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from pydantic import SecretStr

from agentos.kernel.errors import ApiError, Throttled, Unavailable
from agentos.settings.tenant_secrets import TenantSecrets
from tests.support.parameter_store import reader

KEY = "sk-of-acme-0123456789"
NAME = "OPENAI_API_KEY"


@pytest.fixture
def secrets(environment: pytest.MonkeyPatch, moto_endpoint: str) -> TenantSecrets:
    return TenantSecrets(reader(moto_endpoint), f"/secrets-{uuid.uuid4()}/tenants")


def test_tenants_are_apart(secrets: TenantSecrets) -> None:
    assert [secrets.put("acme", NAME, SecretStr(KEY)) for _ in range(2)] == [1, 2]
    secrets.put("acme-2", NAME, SecretStr("other"))
    assert {name: one.value for name, one in (secrets.read("acme") or {}).items()} == {NAME: KEY}
    secrets.delete("acme", NAME)
    secrets.delete("acme", NAME)  # it is gone already
    assert secrets.read("acme") == {}
    assert {name: one.value for name, one in (secrets.read("acme-2") or {}).items()} == {NAME: "other"}


class Failing:
    """A client that fails in words that quote the value."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def call(self, *_: Any, **__: Any) -> Any:
        raise self._error


def refused(code: str) -> Exception:
    return ClientError({"Error": {"Code": code, "Message": f"Value '{KEY}' is refused"}}, "PutParameter")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refused("ThrottlingException"), Throttled),
        (refused("TooManyUpdates"), Throttled),
        (refused("ParameterLimitExceeded"), Unavailable),
        (refused("AccessDeniedException"), Unavailable),
        (EndpointConnectionError(endpoint_url=f"https://{KEY}"), Unavailable),
        (ReadTimeoutError(endpoint_url=f"https://{KEY}"), Unavailable),
    ],
)
def test_an_error_quotes_no_key(error: Exception, kind: type[ApiError], capsys: pytest.CaptureFixture[str]) -> None:
    secrets = TenantSecrets(Failing(error), "/stack/tenants")
    for call in (lambda: secrets.put("acme", NAME, SecretStr(KEY)), lambda: secrets.delete("acme", NAME)):
        with pytest.raises(kind) as caught:
            call()
        assert caught.value.headers == {"retry-after": "1"}
        assert KEY not in "".join(traceback.format_exception(caught.value))
    assert secrets.read("acme") is None
    assert KEY not in "".join(capsys.readouterr())

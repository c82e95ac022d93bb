"""Who sent a request, by what API Gateway and the client say of it: one class for each AuthMode.

none   OpenCallers    everybody, as the tenant `default` or the one that an authorizer of API Gateway names
keys   KeyCallers     who sends a key of ours
iam    SignedCallers  whose signature API Gateway has checked
jwt    TokenCallers   who sends a token of the issuer that the configuration names
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from agentos.domain.api_keys import PREFIX
from agentos.domain.callers import DEFAULT_TENANT, Caller, tenant_name
from agentos.kernel.errors import InvalidRequest, Unauthorized

if TYPE_CHECKING:
    from agentos.services.api_keys import KeyChecker
    from agentos.services.request_rates import RequestRates
    from agentos.services.tokens import TokenChecker

_BEARER = re.compile(r"\s*bearer\s+(\S+)\s*", re.I)


class Credentials(NamedTuple):
    """What a request has to say who sent it. Header names are lower case.

    `authorizer` is what an authorizer of API Gateway returned, and `identity` what API Gateway itself knows.
    """

    headers: Mapping[str, str]
    authorizer: Mapping[str, Any]
    identity: Mapping[str, Any]

    @property
    def bearer(self) -> str | None:
        """What follows `Bearer` in the header `Authorization`."""
        found = _BEARER.fullmatch(self.headers.get("authorization", ""))
        return None if found is None else found[1]


class Callers(Protocol):
    """Tells who sent a request."""

    def identify(self, credentials: Credentials) -> Caller:
        """The caller. Raises Unauthorized where it is nobody whom we know, and what a look-up raises."""
        ...


class OpenCallers:
    """Asks for nothing. An authorizer that somebody has put before the API may name the tenant."""

    def identify(self, credentials: Credentials) -> Caller:
        """Raises InvalidRequest where the tenant has no valid name: no caller may end up with another's data."""
        tenant = credentials.authorizer.get("tenant") or DEFAULT_TENANT
        try:
            return Caller(tenant_name(tenant))
        except (TypeError, ValueError) as error:
            raise InvalidRequest("The authorizer's tenant is not the name of a tenant.") from error


class KeyCallers:
    """Asks for a key, as `Authorization: Bearer` or as `x-api-key`. The first of them that is one of ours counts."""

    def __init__(self, checker: "KeyChecker", rates: "RequestRates") -> None:
        self._checker = checker
        self._rates = rates

    def identify(self, credentials: Credentials) -> Caller:
        """Raises Throttled as well, where the key was used too often."""
        sent = (credentials.bearer, credentials.headers.get("x-api-key", "").strip())
        caller = self._checker.caller(next((key for key in sent if key and key.startswith(PREFIX)), None))
        self._rates.count(caller)
        return caller


class TokenCallers:
    """Asks for a token, as `Authorization: Bearer`."""

    def __init__(self, checker: "TokenChecker") -> None:
        self._checker = checker

    def identify(self, credentials: Credentials) -> Caller:
        return self._checker.caller(credentials.bearer)


class SignedCallers:
    """Trusts the signature that API Gateway has checked (SigV4). IAM policies say who may call which route.

    All belong to one tenant, since API Gateway does not tell a function the tags of a principal.
    """

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    def identify(self, credentials: Credentials) -> Caller:
        """Raises Unauthorized where API Gateway has checked nothing, so that a route without its check stays closed.

        AWS itself answers an unsigned request with a 403. This is a 401, which must name a scheme (RFC 9110, section
        15.5.2): the one with which a signed request's `Authorization` begins.
        """
        arn = credentials.identity.get("userArn")
        if not isinstance(arn, str) or not arn:
            message = "The request is not signed. Sign it with AWS Signature Version 4."
            raise Unauthorized(message, headers={"www-authenticate": "AWS4-HMAC-SHA256"})
        return Caller(self._tenant, arn, arn)

"""Tells who sent a request by a token of an issuer (JWT, RFC 7519), such as Amazon Cognito, Auth0 or Okta.

Only asymmetric signatures are taken, so that nobody can pass the issuer's public key off as a shared secret
(RFC 8725, section 3.1).
"""

from typing import Any

import jwt

from agentos.domain.callers import CHALLENGE, SCOPES, Caller, Scope, tenant_name
from agentos.kernel.clock import timestamp
from agentos.kernel.errors import Unauthorized, Unavailable
from agentos.settings.schema import JwtSettings

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY_SECONDS = 30
"""How far the issuer's clock may be from ours."""

KEYS_SECONDS = 300
"""For how long the issuer's keys are remembered."""

NEW_KEYS_SECONDS = 10
"""The shortest time between two looks for a key that is not among them, so that made-up tokens cause few requests."""

TIMEOUT_SECONDS = 5
MAX_TOKEN = 16_000


def published_keys(settings: JwtSettings) -> jwt.PyJWKClient:
    """The issuer's keys, fetched when they are needed. Redirects are not followed."""
    url = settings.keys_url or f"{settings.issuer.rstrip('/')}/.well-known/jwks.json"
    return jwt.PyJWKClient(url, lifespan=KEYS_SECONDS, timeout=TIMEOUT_SECONDS, cooldown_duration=NEW_KEYS_SECONDS)


class TokenChecker:
    """Checks signature, issuer, audience and time, then reads tenant and scopes."""

    def __init__(self, settings: JwtSettings, keys: jwt.PyJWKClient) -> None:
        self._settings = settings
        self._keys = keys

    def caller(self, token: str | None) -> Caller:
        """The caller who sent this token. None is a request without one.

        Raises Unauthorized, and Unavailable where the issuer's keys cannot be read.
        """
        if token is None or len(token) > MAX_TOKEN:
            raise _unauthorized()
        try:
            claims = self._claims(token)
            tenant = tenant_name(claims[self._settings.tenant_claim])
            subject = claims["sub"]
        except jwt.PyJWKClientConnectionError as error:
            raise Unavailable(
                "The keys of the issuer of tokens cannot be read.", headers={"retry-after": "5"}
            ) from error
        except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
            raise _unauthorized() from error
        scopes = _scopes(claims.get(self._settings.scope_claim))
        return Caller(tenant, f"sub:{subject}", subject, scopes, expires_at=_expiry(claims["exp"]))

    def _claims(self, token: str) -> dict[str, Any]:
        """The claims of a valid token. Access tokens of Amazon Cognito have `client_id` in the place of `aud`.

        https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
        """
        claims: dict[str, Any] = jwt.decode(
            token,
            self._keys.get_signing_key_from_jwt(token),
            algorithms=list(ALGORITHMS),
            issuer=self._settings.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "sub"], "verify_aud": False},
        )
        audience = claims.get("aud", claims.get("client_id"))
        if self._settings.audience not in (audience if isinstance(audience, list) else [audience]):
            raise jwt.InvalidAudienceError("another audience")
        return claims


def _expiry(claim: Any) -> str | None:
    """The time of `exp`; None for one that is too far off for a date."""
    try:
        return timestamp(int(claim))
    except (ValueError, OverflowError, OSError):
        return None


def _scopes(claim: Any) -> frozenset[Scope]:
    """Our scopes in the claim: a list, or a text with blanks. A resource server's prefix, as in `api/chat`, is cut."""
    named = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
    plain = {name.rpartition("/")[2] for name in named if isinstance(name, str)}
    return frozenset(scope for scope in SCOPES if scope in plain)


def _unauthorized() -> Unauthorized:
    """The same for every reason."""
    return Unauthorized(
        "The request has no valid token. Send one of the issuer as Authorization: Bearer <token>.",
        headers={"www-authenticate": CHALLENGE},
    )

"""Tokens of an issuer: what is taken, what is refused, and how often its keys are read."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from agentos.kernel.errors import Unauthorized, Unavailable
from agentos.services.tokens import TokenChecker, published_keys
from agentos.settings.schema import JwtSettings
from tests.support.gateway import Client
from tests.support.issuer import AUDIENCE, Issuer
from tests.support.wiring import rewire


def with_secret(secret: str, claims: dict[str, Any]) -> str:
    """A token of HS256 with the public key as its secret, which PyJWT refuses to make."""

    def encoded(value: bytes) -> str:
        return urlsafe_b64encode(value).rstrip(b"=").decode()

    head = {"alg": "HS256", "typ": "JWT", "kid": "rsa"}
    signed = ".".join(encoded(json.dumps(part).encode()) for part in (head, claims))
    return f"{signed}.{encoded(hmac.digest(secret.encode(), signed.encode(), 'sha256'))}"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer() as issuer:
        yield issuer


@pytest.fixture
def checker(issuer: Issuer) -> TokenChecker:
    settings = JwtSettings(issuer=issuer.url, audience=AUDIENCE)
    return TokenChecker(settings, published_keys(settings))


@pytest.mark.parametrize("kid", ["rsa", "ec"])
def test_a_token_names_tenant_and_scopes(kid: str, issuer: Issuer, checker: TokenChecker) -> None:
    caller = checker.caller(issuer.token(kid, scope="openid agentos/chat agents:read everything"))
    assert (caller.tenant, caller.key_id, caller.name) == ("acme", "sub:ann", "ann")
    assert caller.scopes == {"chat", "agents:read"}
    assert checker.caller(issuer.token(kid, aud=None, client_id=AUDIENCE)).tenant == "acme"
    assert checker.caller(issuer.token(kid, aud=["x", AUDIENCE], scope=["usage"])).scopes == {"usage"}
    assert checker.caller(issuer.token(kid, exp=time.time() - 5)).tenant == "acme"
    assert checker.caller(issuer.token(kid, exp=4_000_000_000)).expires_at == "2096-10-02T07:06:40.000Z"
    assert checker.caller(issuer.token(kid, exp=10**30)).expires_at is None
    assert issuer.reads == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.com"}, {"iss": None}, {"aud": "another"}, {"aud": None}, {"aud": []}, {"aud": 7},
        {"exp": 1}, {"exp": None}, {"exp": "soon"}, {"nbf": 4_000_000_000}, {"sub": None}, {"sub": 7},
        {"tenant": None}, {"tenant": "Acme"}, {"tenant": "a#b"}, {"tenant": 7}, {"tenant": ["acme"]}, {"tenant": {}},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_other_tokens_are_refused(changed: dict[str, Any], issuer: Issuer, checker: TokenChecker) -> None:
    with pytest.raises(Unauthorized):
        checker.caller(issuer.token(**changed))


@pytest.mark.parametrize("scope", [None, 7, {}, "", "root", [7], [[]]])
def test_without_a_scope_of_ours_nothing_is_allowed(scope: Any, issuer: Issuer, checker: TokenChecker) -> None:
    assert not checker.caller(issuer.token(scope=scope)).scopes


def test_forged_tokens_are_refused(issuer: Issuer, checker: TokenChecker) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = RSAAlgorithm.to_jwk(issuer.rsa.public_key())
    head, body, signature = issuer.token().split(".")
    forged = [
        jwt.encode(issuer.claims(), stranger, "RS256", {"kid": "rsa"}),
        jwt.encode(issuer.claims(), None, "none", {"kid": "rsa"}),
        with_secret(public, issuer.claims()),
        jwt.encode(issuer.claims(), issuer.rsa, "RS256"),
        f"{head}.{body}.",
        f"{head}.{body[:-4]}AAAA.{signature}",
        "", "x", "a.b.c", "..", "x" * 20_000,
    ]  # fmt: skip
    for token in [*forged, None]:
        with pytest.raises(Unauthorized) as caught:
            checker.caller(token)
        assert caught.value.headers == {"www-authenticate": 'Bearer realm="agentos"'}


def test_made_up_keys_cause_few_requests(issuer: Issuer, checker: TokenChecker) -> None:
    assert checker.caller(issuer.token())
    for number in range(20):
        with pytest.raises(Unauthorized):
            checker.caller(jwt.encode(issuer.claims(), issuer.rsa, "RS256", {"kid": f"made-up-{number}"}))
    assert issuer.reads == 1


def test_an_issuer_that_does_not_answer_is_no_reason_to_refuse_for_good(issuer: Issuer, checker: TokenChecker) -> None:
    issuer.status = 500
    with pytest.raises(Unavailable) as caught:
        checker.caller(issuer.token())
    assert caught.value.headers["retry-after"]
    issuer.status = 200
    assert checker.caller(issuer.token()).tenant == "acme"


@pytest.mark.parametrize("url", ["http://example.com", "ftp://x", "https://", "http://localhost.evil.com/"])
def test_an_issuer_is_read_over_tls_alone(url: str) -> None:
    with pytest.raises(ValueError, match="issuer"):
        JwtSettings(issuer=url, audience=AUDIENCE)


def test_the_functions_take_tokens(api: Client, issuer: Issuer, environment: pytest.MonkeyPatch, tmp_path: Any) -> None:
    overlay = tmp_path / "own.yaml"
    overlay.write_text(issuer.configuration)
    environment.setenv("AGENTOS_CONFIG", str(overlay))
    environment.setenv("AUTH_MODE", "jwt")
    rewire()
    acme = {"authorization": f"Bearer {issuer.token(scope='agents:write')}"}
    agent = api("create_agent", {"name": "n", "model": "local:a"}, headers=acme).json["agentId"]
    assert api("get_agent", headers=acme, agentId=agent).status == 200
    globex = {"authorization": f"Bearer {issuer.token(scope='agents:read', tenant='globex')}"}
    assert api("get_agent", headers=globex, agentId=agent).status == 404
    assert api("delete_agent", headers=globex, agentId=agent).status == 403
    assert api("get_agent", headers={"x-api-key": issuer.token()}, agentId=agent).status == 401


def test_without_an_issuer_nothing_is_open(api: Client, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AUTH_MODE", "jwt")
    rewire()
    assert api("list_agents").status == 500

"""A stack whose callers show tokens of an issuer that publishes no keys: a token can be neither taken nor refused."""

import httpx
import jwt

SETTINGS = "access: {jwt: {issuer: 'http://127.0.0.1:9', audience: tests}}"
"""The configuration. Nothing listens at the issuer's address."""


def check(client: httpx.Client) -> None:
    """Without a token a request is refused; with one, the answer says that the issuer's keys cannot be read."""
    token = jwt.encode({"sub": "ann", "tenant": "acme"}, "a secret of thirty-two characters", headers={"kid": "one"})
    refused = client.get("agents")
    unknown = client.get("agents", headers={"authorization": f"Bearer {token}"})
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized"), refused.text
    assert (unknown.status_code, unknown.json()["code"]) == (503, "unavailable"), unknown.text

"""Our signatures are botocore's."""

import pytest
import time_machine
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from agentos.store.transport.signature import Credentials, Signer

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
words = st.text(LETTERS + "+/=-_.~", min_size=1, max_size=60)
paths = st.lists(st.text(LETTERS + "-_~", min_size=1, max_size=8), max_size=3).map(lambda parts: "/" + "/".join(parts))
requests = st.fixed_dictionaries(
    {
        "region": st.sampled_from(["eu-west-1", "us-east-1", "ap-southeast-2", "us-gov-west-1", "any"]),
        "service": st.sampled_from(["dynamodb", "ssm"]),
        "credentials": st.builds(Credentials, words, words, st.none() | words),
        "host": st.sampled_from(["dynamodb.eu-west-1.amazonaws.com", "127.0.0.1:8000", "[::1]:8000"]),
        "path": paths,
        "target": st.text(LETTERS, min_size=1).map(lambda name: f"DynamoDB_20120810.{name}"),
        "body": st.binary(max_size=300),
        "now": st.integers(0, 4_000_000_000),
    }
)


@given(requests)
def test_every_signature_equals_botocores(request: dict[str, object]) -> None:
    assert our_headers(**request) == botocores_headers(**request)  # type: ignore[arg-type]


def our_headers(
    region: str, service: str, credentials: Credentials, host: str, path: str, target: str, body: bytes, now: int
) -> dict[str, str]:
    headers = {"content-type": "application/x-amz-json-1.0", "host": host, "x-amz-target": target}
    return Signer(service, region).signed(path, headers, body, credentials, now)


def botocores_headers(
    region: str, service: str, credentials: Credentials, host: str, path: str, target: str, body: bytes, now: int
) -> dict[str, str]:
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": target}
    request = AWSRequest("POST", f"http://{host}{path}", headers, body)
    known = BotocoreCredentials(credentials.access_key, credentials.secret_key, credentials.token)
    with time_machine.travel(now, tick=False):
        SigV4Auth(known, service, region).add_auth(request)
    return {"host": host, **{name.lower(): value for name, value in request.headers.items()}}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3)), min_size=2, max_size=8))
def test_a_signer_that_is_used_again_signs_as_a_new_one(uses: list[tuple[str, int]]) -> None:
    """It keeps a key, which depends on the secret and the day."""
    used = Signer("dynamodb", "eu-west-1")
    for secret, day in uses:
        arguments = ("/", {"host": "h"}, b"{}", Credentials("k", secret), day * 86_400.0)
        assert used.signed(*arguments) == Signer("dynamodb", "eu-west-1").signed(*arguments)


@pytest.mark.parametrize("shown", [repr, str])
def test_credentials_do_not_show_their_secrets(shown: object) -> None:
    text = shown(Credentials("AKIA", "the secret", "the token"))  # type: ignore[operator]
    assert "AKIA" in text
    assert "secret" not in text.replace("secret_key", "")
    assert "token'" not in text


def test_credentials_are_shown_without_their_secrets() -> None:
    assert repr(Credentials("AKIDEXAMPLE", "the secret", "the token")) == "Credentials('AKIDEXAMPLE')"

"""Which client a function gets, where it finds the table, and whose credentials it signs with."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from agentos.kernel.errors import ConfigError
from agentos.store.transport.botocore_client import BotocoreClient
from agentos.store.transport.client import Client
from agentos.store.transport.connect import connect
from agentos.store.transport.endpoint import Endpoint, usual_endpoint
from tests.support.canned_dynamodb import CannedServer, Reply

REGION = {"AWS_REGION": "eu-west-1", "AWS_CONFIG_FILE": "/none"}
LOCAL = "http://127.0.0.1:8000"
USUAL: list[tuple[str | None, dict[str, str], Endpoint | None]] = [
    (None, {}, Endpoint("https://dynamodb.eu-west-1.amazonaws.com", "eu-west-1")),
    (None, {"AWS_DEFAULT_REGION": "us-east-2"}, Endpoint("https://dynamodb.us-east-2.amazonaws.com", "us-east-2")),
    (LOCAL, {}, Endpoint(LOCAL, "eu-west-1")),
    (LOCAL, {"AWS_ENDPOINT_URL": "http://other"}, Endpoint(LOCAL, "eu-west-1")),
    (None, {"AWS_ENDPOINT_URL": LOCAL}, Endpoint(LOCAL, "eu-west-1")),
    (None, {"AWS_ENDPOINT_URL": "http://other", "AWS_ENDPOINT_URL_DYNAMODB": LOCAL}, Endpoint(LOCAL, "eu-west-1")),
    (
        None,
        {"AWS_ENDPOINT_URL": LOCAL, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        Endpoint("https://dynamodb.eu-west-1.amazonaws.com", "eu-west-1"),
    ),
    (None, {"AWS_REGION": ""}, None),
    (None, {"AWS_REGION": "cn-north-1"}, None),
    (None, {"AWS_REGION": "us-gov-west-1"}, None),
    (LOCAL, {"AWS_REGION": "us-gov-west-1"}, Endpoint(LOCAL, "us-gov-west-1")),
    (None, {"AWS_USE_FIPS_ENDPOINT": "true"}, None),
    (None, {"AWS_USE_FIPS_ENDPOINT": "false"}, Endpoint("https://dynamodb.eu-west-1.amazonaws.com", "eu-west-1")),
    (None, {"AWS_USE_DUALSTACK_ENDPOINT": "True"}, None),
    (None, {"AWS_ACCOUNT_ID_ENDPOINT_MODE": "required"}, None),
    (None, {"AWS_CONFIG_FILE": __file__}, None),
    (LOCAL, {"AWS_CONFIG_FILE": __file__}, Endpoint(LOCAL, "eu-west-1")),
    (None, {"HTTPS_PROXY": "http://proxy"}, None),
    (None, {"https_proxy": "http://proxy"}, None),
    (LOCAL, {"HTTP_PROXY": "http://proxy"}, Endpoint(LOCAL, "eu-west-1")),
    ("http://table.example", {"HTTP_PROXY": "http://proxy"}, None),
    ("http://table.example", {"HTTPS_PROXY": "http://proxy"}, Endpoint("http://table.example", "eu-west-1")),
]


@pytest.mark.parametrize(("given", "more", "expected"), USUAL)
def test_the_endpoint_is_botocores_or_left_to_it(
    environment: pytest.MonkeyPatch, given: str | None, more: dict[str, str], expected: Endpoint | None
) -> None:
    variables = {name: value for name, value in {**REGION, **more}.items() if value}
    assert usual_endpoint(given, variables, "dynamodb") == expected
    if expected:
        environment.delenv("AWS_DEFAULT_REGION")
        for name, value in {**variables, "DYNAMODB_CLIENT": "botocore"}.items():
            environment.setenv(name, value)
        environment.setenv("AWS_DEFAULT_REGION", expected.region)  # Lambda sets both
        theirs = connect(given)
        assert isinstance(theirs, BotocoreClient)
        assert Endpoint(theirs.client.meta.endpoint_url, theirs.client.meta.region_name) == expected


def test_functions_have_our_client(environment: pytest.MonkeyPatch) -> None:
    assert isinstance(connect(), Client)


@pytest.mark.parametrize("variables", [{"DYNAMODB_CLIENT": "botocore"}, {"AWS_USE_FIPS_ENDPOINT": "true"}])
def test_botocores_is_used_where_a_variable_says_so(
    environment: pytest.MonkeyPatch, server: CannedServer, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    assert isinstance(connect(), BotocoreClient)


def test_botocores_answers_too(environment: pytest.MonkeyPatch, server: CannedServer) -> None:
    environment.setenv("DYNAMODB_CLIENT", "botocore")
    server.default = Reply(200, b'{"Item": {"pk": {"B": "AA=="}}}')
    assert connect(server.url).call("GetItem", TableName="t", Key={"pk": {"S": "p"}})["Item"] == {"pk": {"B": b"\0"}}


def test_another_client_is_a_mistake(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DYNAMODB_CLIENT", "aiobotocore")
    with pytest.raises(ConfigError, match="DYNAMODB_CLIENT"):
        connect()


# --- credentials ------------------------------------------------------------------------------------


def signed_by(server: CannedServer) -> list[tuple[str, str | None]]:
    """The access key and the token of each signed request."""
    requests = [seen for seen in server.seen if "authorization" in seen.headers and seen.method == "POST"]
    return [
        (
            seen.headers["authorization"].partition("Credential=")[2].partition("/")[0],
            seen.headers.get("x-amz-security-token"),
        )
        for seen in requests
    ]


def get(client: Any) -> None:
    client.call("GetItem", TableName="t", Key={"pk": {"S": "p"}})


def test_credentials_of_the_environment_are_read_for_each_request(
    environment: pytest.MonkeyPatch, server: CannedServer
) -> None:
    client = connect(server.url)
    get(client)
    environment.setenv("AWS_ACCESS_KEY_ID", "rotated")
    environment.setenv("AWS_SESSION_TOKEN", "its token")
    get(client)
    assert signed_by(server) == [("test", None), ("rotated", "its token")]


def test_credentials_of_a_container_are_renewed_before_they_expire(
    environment: pytest.MonkeyPatch, server: CannedServer
) -> None:
    """A function with SnapStart has such an endpoint instead of variables."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        environment.delenv(name)
    with CannedServer() as container:
        environment.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{container.url}/credentials")
        environment.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "let me")
        container.script = [keys("first", minutes=1), keys("second", minutes=600)]
        client = connect(server.url)
        for _ in range(3):
            get(client)
        assert {seen.headers["authorization"] for seen in container.seen} == {"let me"}
        assert len(container.seen) == 2
    assert signed_by(server) == [("second", "token of second")] * 3 or signed_by(server) == [
        ("first", "token of first"),
        *[("second", "token of second")] * 2,
    ]


def keys(name: str, minutes: int) -> Reply:
    expires = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    held = {"AccessKeyId": name, "SecretAccessKey": "s", "Token": f"token of {name}", "Expiration": expires}
    return Reply(200, json.dumps(held).encode())


def test_without_credentials_nothing_is_sent(
    environment: pytest.MonkeyPatch, server: CannedServer, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        environment.delenv(name)
    environment.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(NoCredentialsError):
        get(connect(server.url))
    assert not server.seen

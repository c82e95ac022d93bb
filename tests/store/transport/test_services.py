"""Our client of SSM and SQS and botocore's, side by side. What they share with DynamoDB's is in `test_oracle.py`."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from agentos.store.transport.botocore_client import BotocoreClient
from agentos.store.transport.botocore_client import connect as connect_botocore
from agentos.store.transport.client import Client
from agentos.store.transport.connect import connect
from agentos.store.transport.endpoint import Endpoint, usual_endpoint
from agentos.store.transport.services import DYNAMODB, SQS, SSM, Service
from tests.store.transport.conftest import GENEROUS
from tests.support.canned_dynamodb import CannedServer, Reply, fields

QUEUE = "https://sqs.eu-west-1.amazonaws.com/1/turns"
STORED = {"Name": "/s/A_API_KEY", "Type": "SecureString", "Value": 'k" {"B": "AA=="}', "Version": 3}
CALLS: dict[str, tuple[Service, str, dict[str, Any], dict[str, Any]]] = {
    "read": (
        SSM,
        "GetParametersByPath",
        {"Path": "/s", "WithDecryption": True, "NextToken": "t"},
        {"Parameters": [STORED], "NextToken": "u"},
    ),
    "put": (
        SSM,
        "PutParameter",
        {"Name": "/s/ä", "Value": "k", "Type": "SecureString", "Overwrite": True},
        {"Version": 2},
    ),
    "delete": (SSM, "DeleteParameter", {"Name": "/s/A_API_KEY"}, {}),
    "send": (SQS, "SendMessage", {"QueueUrl": QUEUE, "MessageBody": '{"turn": "日本"}'}, {"MessageId": "m"}),
    "hide": (
        SQS,
        "ChangeMessageVisibility",
        {"QueueUrl": QUEUE, "ReceiptHandle": "r", "VisibilityTimeout": 60},
        {},
    ),
}
REFUSALS = {
    "no such": fields(400, __type="ParameterNotFound", message="m"),
    "no right": fields(400, __type="AccessDeniedException", message="m"),
    "throttled": fields(400, __type="ThrottlingException", message="Rate exceeded"),
    "too many updates": fields(400, __type="TooManyUpdates", message="m"),
    "no key": fields(400, __type="com.amazonaws.ssm#InvalidKeyId", message="m"),
    "broken": Reply(500, b"{}"),
    "away": Reply(503, b"<html>away</html>"),
}


def both(url: str, service: Service) -> tuple[Client, BotocoreClient]:
    ours = connect(url, GENEROUS, service=service)
    assert isinstance(ours, Client)
    return Client(ours.transport, sleep=lambda _: None), connect_botocore(url, GENEROUS, 3, service.name)


@pytest.mark.parametrize("name", CALLS)
def test_requests_and_answers_are_equal(environment: pytest.MonkeyPatch, server: CannedServer, name: str) -> None:
    service, operation, request, answer = CALLS[name]
    server.default = fields(**answer)
    mine, theirs = (client.call(operation, **request) for client in both(server.url, service))
    theirs.pop("ResponseMetadata")
    assert mine == theirs == answer
    ours, botocores = server.seen
    assert ours.json == botocores.json == request
    assert (ours.method, ours.path) == (botocores.method, botocores.path)
    for header in ("host", "content-type", "x-amz-target"):
        assert ours.headers[header] == botocores.headers[header]
    scopes = [seen.headers["authorization"].partition(",")[0] for seen in (ours, botocores)]
    assert scopes[0] == scopes[1]
    assert f"/{service.name}/" in scopes[0]


@pytest.mark.parametrize("name", REFUSALS)
def test_errors_and_further_tries_are_equal(
    environment: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch, server: CannedServer, name: str
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    server.default = REFUSALS[name]
    found = []
    for client in both(server.url, SSM):
        before = len(server.seen)
        with pytest.raises(ClientError) as caught:
            client.call("DeleteParameter", Name="/s/A_API_KEY")
        response = caught.value.response
        status = response["ResponseMetadata"]["HTTPStatusCode"]
        found.append((response["Error"]["Code"], status, len(server.seen) - before))
    assert found[0] == found[1]


@pytest.mark.parametrize("service", [SSM, SQS, DYNAMODB], ids=lambda service: str(service.name))
@pytest.mark.parametrize("variable", ["", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_{}"])
def test_the_endpoint_is_botocores(environment: pytest.MonkeyPatch, service: Service, variable: str) -> None:
    region = {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-west-1", "AWS_CONFIG_FILE": "/none"}
    variables = {**region, **({variable.format(service.name.upper()): "http://127.0.0.1:9"} if variable else {})}
    environment.delenv(f"AWS_ENDPOINT_URL_{service.name.upper()}", raising=False)
    for name, value in variables.items():
        environment.setenv(name, value)
    theirs = connect_botocore(None, GENEROUS, 3, service.name).client.meta
    assert usual_endpoint(None, variables, service.name) == Endpoint(theirs.endpoint_url, theirs.region_name)


def test_the_switch_is_dynamodbs_alone(environment: pytest.MonkeyPatch, server: CannedServer) -> None:
    environment.setenv("DYNAMODB_CLIENT", "botocore")
    assert isinstance(connect(server.url), BotocoreClient)
    assert isinstance(connect(server.url, service=SSM), Client)


def test_where_only_botocore_knows_the_address_it_is_asked(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    client = connect(service=SSM)
    assert isinstance(client, BotocoreClient)
    assert client.client.meta.endpoint_url == "https://ssm-fips.eu-west-1.amazonaws.com"

"""Our client of DynamoDB and botocore's, side by side: the same requests, results, errors and further tries."""

from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from agentos.store.transport.botocore_client import connect as connect_botocore
from agentos.store.transport.messages import AwsClient
from tests.store.transport.conftest import GENEROUS
from tests.support.canned_dynamodb import DROPPED, CannedServer, Reply, error, fields

KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}
ITEM = {
    **KEY,
    "text": {"S": 'quotes ", ümlauts, 日本, \x00 and "B": "'},
    "number": {"N": "12345678901234567890.5"},
    "bytes": {"B": bytes(range(256))},
    "empty": {"B": b""},
    "set": {"BS": [b"\x00", b"\xff"]},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2.5"]},
    "yes": {"BOOL": True},
    "null": {"NULL": True},
    "list": {"L": [{"B": b"in a list"}, {"S": "x"}, {"L": []}]},
    "map": {"M": {"B": {"B": b"named B"}, "BS": {"S": "named BS"}, "deep": {"M": {"B": {"S": "no bytes"}}}}},
    "B": {"M": {}},
}
"""Every type, and attributes that are named like one."""

SENT = {**ITEM, "bytes": {"B": "AAEC/w=="}, "empty": {"B": ""}, "set": {"BS": ["AA==", "/w=="]}}
SENT |= {
    "list": {"L": [{"B": "aW4gYSBsaXN0"}, {"S": "x"}, {"L": []}]},
    "map": {"M": {"B": {"B": "bmFtZWQgQg=="}, "BS": {"S": "named BS"}, "deep": {"M": {"B": {"S": "no bytes"}}}}},
}
"""An item as DynamoDB sends it."""

CONDITION = {"ConditionExpression": "attribute_not_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
VALUES = {"ExpressionAttributeValues": {":a": {"N": "1"}, ":b": {"B": b"\x01"}}}
PUT = {"Put": {"TableName": "table", "Item": ITEM, **CONDITION}}
CHANGE = {"Update": {"TableName": "table", "Key": KEY, "UpdateExpression": "SET a = :a", **VALUES}}

CALLS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "get": ("GetItem", {"TableName": "table", "Key": KEY, "ConsistentRead": True}, {"Item": SENT}),
    "get none": ("GetItem", {"TableName": "table", "Key": KEY, "ConsistentRead": False}, {}),
    "get many": (
        "BatchGetItem",
        {"RequestItems": {"table": {"Keys": [KEY], "ConsistentRead": True}}},
        {"Responses": {"table": [SENT]}, "UnprocessedKeys": {"table": {"Keys": [KEY]}}},
    ),
    "get together": (
        "TransactGetItems",
        {"TransactItems": [{"Get": {"TableName": "table", "Key": KEY}}]},
        {"Responses": [{"Item": SENT}, {}]},
    ),
    "put": ("PutItem", {"TableName": "table", "Item": ITEM, **CONDITION}, {}),
    "update": (
        "UpdateItem",
        {
            "TableName": "table",
            "Key": KEY,
            "UpdateExpression": "SET #a = :a, b = :b",
            "ExpressionAttributeNames": {"#a": "a"},
            "ReturnValues": "ALL_NEW",
            **VALUES,
        },
        {"Attributes": SENT},
    ),
    "query": (
        "Query",
        {
            "TableName": "table",
            "IndexName": "index",
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": "p"}},
            "ScanIndexForward": False,
            "Limit": 3,
            "ExclusiveStartKey": KEY,
        },
        {"Items": [SENT, KEY], "Count": 2, "ScannedCount": 2, "LastEvaluatedKey": KEY},
    ),
    "transact": (
        "TransactWriteItems",
        {"TransactItems": [PUT, CHANGE], "ClientRequestToken": "4d9f6a4c-9d1c-4c1f-8d0c-6f3d4a5b7c8d"},
        {},
    ),
    "write many": (
        "BatchWriteItem",
        {"RequestItems": {"table": [{"PutRequest": {"Item": ITEM}}, {"DeleteRequest": {"Key": KEY}}]}},
        {"UnprocessedItems": {"table": [{"PutRequest": {"Item": SENT}}]}},
    ),
}

ANSWER = fields(Attributes=SENT)
REASONS = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "failed", "Item": SENT}]
CUT = Reply(200, ANSWER.body[:-3], ANSWER.headers)
REPLIES: dict[str, list[Reply]] = {
    "condition failed": [error("ConditionalCheckFailedException", Item=SENT)],
    "condition failed without an item": [error("ConditionalCheckFailedException")],
    "cancelled": [
        fields(
            400,
            __type="com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            Message="cancelled",
            CancellationReasons=REASONS,
        )
    ],
    "validation": [error("ValidationException")],
    "no right": [error("AccessDeniedException")],
    "conflict": [error("TransactionConflictException")],
    "unknown": [error("NewException")],
    "bad signature": [error("InvalidSignatureException")],
    "a bare code": [fields(400, __type="LimitExceededException", message="m")] * 3,
    "a code with an address": [fields(400, __type="NewException:http://internal.amazon.com/", message="m")],
    "throttled once": [error("ThrottlingException"), ANSWER],
    "throttled twice": [error("ProvisionedThroughputExceededException")] * 2 + [ANSWER],
    "throttled": [error("ProvisionedThroughputExceededException")] * 5,
    "too many requests": [error("RequestLimitExceeded")] * 5,
    "in progress": [error("TransactionInProgressException"), ANSWER],
    "replicated write conflict": [error("ReplicatedWriteConflictException"), ANSWER],
    "request time-out": [error("RequestTimeout"), ANSWER],
    "server error once": [error("InternalServerError", 500), ANSWER],
    "server error": [error("InternalServerError", 500)] * 5,
    "bad gateway": [Reply(502, b"<html>no</html>")] * 5,
    "unavailable": [Reply(503, b"")] * 5,
    "gateway time-out": [Reply(504, b"gone"), ANSWER],
    "not implemented": [Reply(501, b"")],
    "refused without a reason": [Reply(403, b"{}")],
    "a list of another status": [Reply(413, b"[]")],
    "moved": [Reply(307, b"{}", {"location": "http://127.0.0.1:1/"})],
    "cut": [CUT, ANSWER],
    "cut and without a checksum": [Reply(200, ANSWER.body[:-3])],
    "cut refusal": [Reply(400, *(lambda whole: (whole.body[:-2], whole.headers))(error("ValidationException")))],
    "a page": [Reply(200, b"<html>hello</html>")],
    "a list": [Reply(200, b"[]")],
    "nothing": [Reply(200, b"")],
    "no checksum": [Reply(200, ANSWER.body)],
    "lost once": [DROPPED, ANSWER],
    "lost twice": [DROPPED, DROPPED, ANSWER],
    "lost": [DROPPED] * 5,
    "lost, then throttled": [DROPPED, error("ThrottlingException"), ANSWER],
}


@pytest.fixture
def botocores_waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", waits.append)
    return waits


@pytest.fixture
def botocores(environment: pytest.MonkeyPatch, server: CannedServer) -> AwsClient:
    return connect_botocore(server.url, GENEROUS, attempts=3)


def outcome(client: AwsClient, operation: str, request: dict[str, Any]) -> Any:
    """The answer, or what there is of an error."""
    try:
        answer = client.call(operation, **request)
    except ClientError as raised:
        response: dict[str, Any] = dict(raised.response)
        metadata = response.pop("ResponseMetadata")
        named = {name: metadata.get(name) for name in ("HTTPStatusCode", "RetryAttempts")}
        return raised.operation_name, named, _known(response)
    except BotoCoreError as raised:
        return type(raised).__name__
    return _known(answer)


def _known(answer: dict[str, Any]) -> dict[str, Any]:
    """Without what botocore adds, and without what no reader of ours uses."""
    left_out = ("ResponseMetadata", "message", "Message")
    return {name: value for name, value in answer.items() if name not in left_out and value != {}}


@pytest.mark.parametrize("name", CALLS)
def test_requests_and_answers_are_equal(ours: AwsClient, botocores: AwsClient, server: CannedServer, name: str) -> None:
    operation, request, answer = CALLS[name]
    server.default = fields(**answer)
    assert outcome(ours, operation, request) == outcome(botocores, operation, request)
    mine, theirs = server.seen
    assert mine.json == theirs.json
    assert (mine.method, mine.path) == (theirs.method, theirs.path)
    for header in ("host", "content-type", "x-amz-target", "content-length" if mine.body == theirs.body else "host"):
        assert mine.headers[header] == theirs.headers[header]
    assert _scope(mine.headers) == _scope(theirs.headers)


def _scope(headers: Any) -> str:
    """The signature's algorithm, key, day, region and service."""
    return str(headers["authorization"]).partition(",")[0]


@pytest.mark.parametrize("name", REPLIES)
def test_results_errors_and_further_tries_are_equal(
    ours: AwsClient,
    botocores: AwsClient,
    server: CannedServer,
    waits: list[float],
    botocores_waits: list[float],
    name: str,
) -> None:
    request = {"TableName": "table", "Item": KEY}
    mine, my_requests = _asked(ours, server, REPLIES[name], request)
    theirs, their_requests = _asked(botocores, server, REPLIES[name], request)
    assert (mine, my_requests) == (theirs, their_requests)
    assert len(waits) == len(botocores_waits) == my_requests - 1
    assert all(0 <= wait <= 2**number for number, wait in enumerate(waits))


def _asked(client: AwsClient, server: CannedServer, replies: Sequence[Reply], request: Any) -> tuple[Any, int]:
    server.script = list(replies)
    before = len(server.seen)
    return outcome(client, "PutItem", request), len(server.seen) - before


def test_nobody_listens(environment: pytest.MonkeyPatch, waits: list[float], botocores_waits: list[float]) -> None:
    with CannedServer() as closed:
        mine, theirs = _both(closed.url, waits)
    request = {"TableName": "table", "Key": KEY}
    assert outcome(mine, "GetItem", request) == outcome(theirs, "GetItem", request) == "EndpointConnectionError"
    assert len(waits) == len(botocores_waits) == 2


def test_nobody_answers(
    environment: pytest.MonkeyPatch, server: CannedServer, waits: list[float], botocores_waits: list[float]
) -> None:
    server.hang = True
    mine, theirs = _both(server.url, waits, read_seconds=0.05)
    request = {"TableName": "table", "Key": KEY}
    assert outcome(mine, "GetItem", request) == outcome(theirs, "GetItem", request) == "ReadTimeoutError"
    assert len(waits) == len(botocores_waits) == 2


def _both(url: str, waits: list[float], read_seconds: float = 60) -> tuple[AwsClient, AwsClient]:
    from agentos.store.transport.client import Client
    from agentos.store.transport.connect import connect
    from agentos.store.transport.messages import Timeouts

    timeouts = Timeouts(60, read_seconds)
    mine = connect(url, timeouts)
    assert isinstance(mine, Client)
    return Client(mine.transport, sleep=waits.append), connect_botocore(url, timeouts, attempts=3)


def test_all_tries_together_are_bounded(
    ours: AwsClient, botocores: AwsClient, server: CannedServer, waits: list[float], botocores_waits: list[float]
) -> None:
    """A table in trouble is not asked three times as much for long."""
    request = {"TableName": "table", "Item": KEY}
    counts = []
    for client in (ours, botocores):
        before = len(server.seen)
        for _ in range(60):
            _asked(client, server, [error("InternalServerError", 500)] * 3, request)
        _asked(client, server, [DROPPED, ANSWER], request)
        counts.append(len(server.seen) - before)
    assert counts[0] == counts[1] < 3 * 60

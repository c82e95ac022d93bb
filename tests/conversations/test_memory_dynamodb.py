"""The table in memory answers a real client as another DynamoDB does."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.memory_dynamodb import MemoryTable

Item = dict[str, Any]


def item(sort: str, **more: Any) -> Item:
    return {"pk": {"S": "p"}, "sk": {"S": sort}, **more}


def number(value: int) -> Item:
    return {"N": str(value)}


BACK = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
NEW = {"ConditionExpression": "attribute_not_exists(pk)", **BACK}
LEASE = {
    "UpdateExpression": "SET lease = :turn, leaseUntil = :until REMOVE leaseKey",
    "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(deletedAt) AND "
    "(attribute_not_exists(expiresAt) OR expiresAt > :now) AND (attribute_not_exists(lease) OR leaseUntil <= :now)",
    "ReturnValues": "ALL_NEW",
    **BACK,
}
RANGE = {"KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last"}


def values(now: int) -> Item:
    names = {":turn": {"S": f"turn {now}"}, ":until": number(now + 10), ":now": number(now)}
    return {"ExpressionAttributeValues": names}


def between(first: str, last: str) -> Item:
    return {"ExpressionAttributeValues": {":pk": {"S": "p"}, ":first": {"S": first}, ":last": {"S": last}}}


ASKED: list[tuple[str, Item]] = [
    ("GetItem", {"Key": item("a")}),
    ("PutItem", {"Item": item("a", expiresAt=number(100), leaseKey={"S": "x"}, body={"B": b"\x00\xff"}), **NEW}),
    ("PutItem", {"Item": item("a"), **NEW}),
    ("UpdateItem", {"Key": item("a"), **LEASE, **values(10)}),
    ("UpdateItem", {"Key": item("a"), **LEASE, **values(15)}),
    ("UpdateItem", {"Key": item("a"), **LEASE, **values(20)}),
    ("UpdateItem", {"Key": item("a"), **LEASE, **values(200)}),
    ("UpdateItem", {"Key": item("b"), **LEASE, **values(10)}),
    ("PutItem", {"Item": item("b", expiresAt=number(9))}),
    ("PutItem", {"Item": item("c")}),
    ("Query", {**RANGE, **between("a", "b"), "ScanIndexForward": False, "ConsistentRead": True}),
    (
        "Query",
        {
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :first)",
            "ExpressionAttributeValues": {":pk": {"S": "p"}, ":first": {"S": "c"}},
        },
    ),
    ("GetItem", {"Key": item("a"), "ConsistentRead": True}),
]


def answer(client: Any, operation: str, request: Item) -> Any:
    try:
        given = client.call(operation, **request)
    except ClientError as error:
        reasons = [reason["Code"] for reason in error.response.get("CancellationReasons", ())]
        return error.response["Error"]["Code"], error.response.get("Item"), reasons
    return {name: given.get(name) for name in ("Item", "Items", "Attributes")}


@pytest.fixture
def remembering(environment: pytest.MonkeyPatch) -> Any:
    from agentos.store.transport.connect import connect

    client = connect(None)
    MemoryTable(client)
    return client


def test_the_table_in_memory_answers_like_dynamodb(client: Any, table_name: str, remembering: Any) -> None:
    for operation, request in ASKED:
        named = {"TableName": table_name, **request}
        assert answer(remembering, operation, named) == answer(client, operation, named), (operation, request)


def test_a_transaction_is_all_or_nothing(client: Any, table_name: str, remembering: Any) -> None:
    def put(sort: str) -> Item:
        return {"Put": {"TableName": table_name, "Item": item(sort), **NEW}}

    gone = {"Delete": {"TableName": table_name, "Key": item("b")}}
    holds = {
        "ConditionCheck": {"TableName": table_name, "Key": item("a"), "ConditionExpression": "attribute_exists(pk)"}
    }
    renamed = {
        "Update": {
            "TableName": table_name,
            "Key": item("a"),
            "UpdateExpression": "SET #name = :name",
            "ExpressionAttributeNames": {"#name": "title"},
            "ExpressionAttributeValues": {":name": {"S": "A"}},
        }
    }
    for actions in ([put("a"), put("b")], [put("c"), put("a")], [renamed, gone], [holds, put("d")]):
        request = {"TransactItems": actions}
        assert answer(remembering, "TransactWriteItems", request) == answer(client, "TransactWriteItems", request)
    everything = {"TableName": table_name, **RANGE, **between("", "z")}
    everything["ExpressionAttributeValues"][":first"] = {"S": "a"}
    assert answer(remembering, "Query", everything) == answer(client, "Query", everything)


def test_batches_are_read_and_written(client: Any, table_name: str, remembering: Any) -> None:
    writes = [{"PutRequest": {"Item": item(sort)}} for sort in "abc"]
    for one in (client, remembering):
        one.call("BatchWriteItem", RequestItems={table_name: writes})
        one.call("BatchWriteItem", RequestItems={table_name: [{"DeleteRequest": {"Key": item("b")}}]})
        keys = [item(sort) for sort in "abc"]
        found = one.call("BatchGetItem", RequestItems={table_name: {"Keys": keys}})
        assert sorted(got["sk"]["S"] for got in found["Responses"][table_name]) == ["a", "c"]


def test_a_snapshot_is_a_copy_of_its_items(environment: pytest.MonkeyPatch) -> None:
    from agentos.store.transport.connect import connect

    client = connect(None)
    table = MemoryTable(client)
    client.call("PutItem", TableName="t", Item=item("a", expiresAt=number(100)))
    before = dict(table.items)
    client.call("UpdateItem", TableName="t", Key=item("a"), **LEASE, **values(10))
    assert table.items != before
    table.items = before
    assert client.call("GetItem", TableName="t", Key=item("a"))["Item"] == item("a", expiresAt=number(100))


@pytest.mark.parametrize("expression", ["size(body) > :x", "a = :x OR contains(b, :x)"])
def test_an_unsupported_request_is_an_error(environment: pytest.MonkeyPatch, expression: str) -> None:
    from agentos.store.transport.connect import connect

    client = connect(None)
    MemoryTable(client)
    with pytest.raises((NotImplementedError, KeyError)):
        client.call(
            "PutItem",
            TableName="t",
            Item=item("a"),
            ConditionExpression=expression,
            ExpressionAttributeValues={":x": number(1)},
        )

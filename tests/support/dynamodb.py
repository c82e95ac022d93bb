"""Tables for tests, made from template.yaml, so that the key schema is written in one place."""

from functools import cache
from typing import Any
from uuid import uuid4

from agentos.store.transport.connect import connect
from agentos.store.transport.messages import AwsClient, Timeouts
from tests.support.template import template

TEST_ACCOUNT = {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
SECONDS = 120
"""Long enough for a busy machine. A request to create a table that is sent again would find its own table."""


@cache
def table_properties() -> dict[str, Any]:
    """The template's table as arguments of `create_table`."""
    properties = template()["Resources"]["Table"]["Properties"]
    taken = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    return {name: properties[name] for name in taken}


@cache
def table_client(endpoint_url: str, region: str) -> Any:
    """boto3's client, which sends every request once."""
    import boto3  # takes half a second
    from botocore.config import Config

    config = Config(connect_timeout=SECONDS, read_timeout=SECONDS, retries={"total_max_attempts": 1})
    return boto3.client("dynamodb", endpoint_url=endpoint_url, region_name=region, config=config)


@cache
def admin_client(endpoint_url: str) -> AwsClient:
    """The functions' own client, which sends every request once. It takes a fifth of the time of boto3's."""
    return connect(endpoint_url, Timeouts(connect=SECONDS, read=SECONDS), attempts=1, environment=TEST_ACCOUNT)


def new_table_request() -> dict[str, Any]:
    """The arguments of `CreateTable` for a table with a new name."""
    return {"TableName": f"test-{uuid4().hex}", **table_properties()}


def new_table(client: Any) -> str:
    """The name of a new, empty table, which boto3's client creates."""
    request = new_table_request()
    client.create_table(**request)
    return str(request["TableName"])


def items_of(client: AwsClient, table_name: str) -> list[dict[str, Any]]:
    """All items of a table, which a client as functions have it reads."""
    found: list[dict[str, Any]] = []
    request: dict[str, Any] = {"TableName": table_name, "ConsistentRead": True}
    while True:
        page = client.call("Scan", **request)
        found += page["Items"]
        if not (last := page.get("LastEvaluatedKey")):
            return found
        request["ExclusiveStartKey"] = last

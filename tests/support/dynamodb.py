"""Tables for tests, made from template.yaml, so that the key schema is written in one place."""

from functools import cache
from typing import Any
from uuid import uuid4

import boto3
from botocore.config import Config

from tests.support.template import template


@cache
def table_properties() -> dict[str, Any]:
    """The template's table as arguments of `create_table`."""
    properties = template()["Resources"]["Table"]["Properties"]
    taken = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    return {name: properties[name] for name in taken}


@cache
def table_client(endpoint_url: str, region: str) -> Any:
    """A client that creates and deletes tables. Its timeout is long enough for a busy machine: if it sent a request
    again, it would find its own table."""
    config = Config(connect_timeout=120, read_timeout=120, retries={"total_max_attempts": 1})
    return boto3.client("dynamodb", endpoint_url=endpoint_url, region_name=region, config=config)


def new_table(client: Any) -> str:
    """The name of a new, empty table."""
    name = f"test-{uuid4().hex}"
    client.create_table(TableName=name, **table_properties())
    return name


def items_of(client: Any, table_name: str) -> list[dict[str, Any]]:
    """All items of a table, which a client as functions have it reads."""
    found: list[dict[str, Any]] = []
    request: dict[str, Any] = {"TableName": table_name, "ConsistentRead": True}
    while True:
        page = client.call("Scan", **request)
        found += page["Items"]
        if not (last := page.get("LastEvaluatedKey")):
            return found
        request["ExclusiveStartKey"] = last


def drop_table(client: Any, name: str) -> None:
    client.delete_table(TableName=name)

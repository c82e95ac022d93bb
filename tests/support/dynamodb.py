"""Tables for tests, made from template.yaml, so that the key schema has one home."""

from functools import cache
from typing import Any
from uuid import uuid4

import boto3
from botocore.config import Config
from samcli.yamlhelper import yaml_parse

from tests.support.gateway import ROOT


@cache
def table_properties() -> dict[str, Any]:
    """What `create_table` takes of the template's table."""
    properties = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]["Table"]["Properties"]
    taken = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    return {name: properties[name] for name in taken}


def new_table(client: Any) -> str:
    """The name of a fresh, empty table."""
    name = f"test-{uuid4().hex}"
    _with_retries(client).create_table(TableName=name, **table_properties())
    return name


def drop_table(client: Any, name: str) -> None:
    _with_retries(client).delete_table(TableName=name)


def _with_retries(client: Any) -> Any:
    return _client(client.meta.endpoint_url, client.meta.region_name)


@cache
def _client(endpoint_url: str, region: str) -> Any:
    """It waits for as long as a busy machine takes. One that sends again would find the table that it has made."""
    config = Config(connect_timeout=120, read_timeout=120, retries={"total_max_attempts": 1})
    return boto3.client("dynamodb", endpoint_url=endpoint_url, region_name=region, config=config)

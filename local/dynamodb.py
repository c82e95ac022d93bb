"""The template's table in a DynamoDB that runs on this machine or elsewhere."""

from collections.abc import Callable
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local import aws
from local.template import Template


class DynamoDBError(Exception):
    """The table cannot be created or read. The text says why."""


def ensure_table(endpoint_url: str, template: Template, connect: Callable[..., Any] = aws.client) -> bool:
    """Create the template's table, or its stream, where it is missing. Returns whether the table was.

    `connect` makes the client, with credentials of its own. Raises DynamoDBError.
    """
    config = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 2})
    try:
        client = connect("dynamodb", endpoint_url=endpoint_url, config=config)
        existing = _describe(client, template.table["TableName"])
        if existing is None:
            _create_table(client, template)
        else:
            _ensure_stream(client, existing, template)
        return existing is None
    except (BotoCoreError, ClientError, ValueError) as error:  # ValueError: the URL is none
        raise DynamoDBError(f"no table at {endpoint_url}: {error}") from error


def _describe(client: Any, name: str) -> dict[str, Any] | None:
    try:
        table: dict[str, Any] = client.describe_table(TableName=name)["Table"]
        return table
    except client.exceptions.ResourceNotFoundException:
        return None


def _ensure_stream(client: Any, existing: dict[str, Any], template: Template) -> None:
    """Tables that an older version of the template created have no stream."""
    wanted = template.table.get("StreamSpecification")
    if wanted and not existing.get("StreamSpecification", {}).get("StreamEnabled"):
        client.update_table(TableName=existing["TableName"], StreamSpecification=wanted)


def _create_table(client: Any, template: Template) -> None:
    name = template.table["TableName"]
    client.create_table(**template.table)
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    if template.ttl_attribute:
        ttl = {"AttributeName": template.ttl_attribute, "Enabled": True}
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)

"""DynamoDB on this machine: moto's, held in memory, or one that runs already."""

import copy
import logging
import threading
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.template import Template

WAITING_CALLERS = 1024
"""Who comes beyond werkzeug's own 128 would be dropped, and try again a second later."""


class DynamoDBError(Exception):
    """The table cannot be had."""


def start() -> str:
    """Serve an empty DynamoDB on a free port of the loopback interface, until the process ends; its URL."""
    from moto.dynamodb.models.table import StreamShard
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it logs every request otherwise
    StreamShard.__deepcopy__ = _copy_of_shard  # type: ignore[attr-defined]
    # One request at a time: moto checks a condition and writes without a lock in between.
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=False)
    server.socket.listen(WAITING_CALLERS)
    threading.Thread(target=server.serve_forever, name="dynamodb", daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def _copy_of_shard(shard: Any, memo: dict[int, Any]) -> Any:
    """moto copies the table for every action of a transaction. Its stream's records never change, so they are shared:
    with 300 turns a transaction took five times as long as without a stream, and ever longer from there."""
    twin = copy.copy(shard)
    twin.items = list(shard.items)
    twin.table = copy.deepcopy(shard.table, memo)
    return twin


def ensure_table(endpoint_url: str, template: Template, session: boto3.Session | None = None) -> bool:
    """Make the template's table, or its stream, where it is missing; whether the table was. Raises DynamoDBError."""
    config = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 2})
    client: Any = (session or boto3).client("dynamodb", endpoint_url=endpoint_url, config=config)
    try:
        there = client.describe_table(TableName=template.table["TableName"])["Table"]
        _ensure_stream(client, there, template)
        return False
    except client.exceptions.ResourceNotFoundException:
        _make_table(client, template)
        return True
    except (BotoCoreError, ClientError) as error:
        raise DynamoDBError(f"no table at {endpoint_url}: {error}") from error


def _ensure_stream(client: Any, there: dict[str, Any], template: Template) -> None:
    """Tables that are older than the stream have none."""
    wanted = template.table.get("StreamSpecification")
    if wanted and not there.get("StreamSpecification", {}).get("StreamEnabled"):
        client.update_table(TableName=there["TableName"], StreamSpecification=wanted)


def _make_table(client: Any, template: Template) -> None:
    name = template.table["TableName"]
    client.create_table(**template.table)
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    if template.expiry:
        expiry = {"AttributeName": template.expiry, "Enabled": True}
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)

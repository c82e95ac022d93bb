"""DynamoDB, SQS and SSM of `make run`: what is ours about them is the process, faster queries, and the file on disk."""

import os
import random
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import pytest

from local import ministack, process
from local.dynamodb import ensure_table
from local.ministack import ENVIRONMENT, Ministack, MinistackError, interpreter
from local.template import Template, load_template
from tests.e2e.hosting import ROOT, Host

ITEMS = 300


def client(service: str, url: str, region: str = "us-east-1", key: str = "local") -> Any:
    return boto3.client(
        service, endpoint_url=url, region_name=region, aws_access_key_id=key, aws_secret_access_key="any"
    )


def new_template() -> Template:
    """With a table of its own."""
    return load_template(ROOT / "template.yaml", f"table-{uuid4().hex}")


@pytest.fixture(scope="module")
def partition(ministack_endpoint: str) -> tuple[Any, str, list[str]]:
    """A client, a table, and the sorted sort keys of its partition "p", which were written in another order."""
    template = new_template()
    dynamodb, name = client("dynamodb", ministack_endpoint), template.table["TableName"]
    ensure_table(ministack_endpoint, template, boto3.Session("any", "any", region_name="us-east-1").client)
    keys = [f"{kind}#{number:04}" for kind in ("KEY", "MESSAGE", "é", "😀") for number in range(ITEMS // 4)]
    for key in random.Random(1).sample(keys, len(keys)):
        dynamodb.put_item(TableName=name, Item={"pk": {"S": "p"}, "sk": {"S": key}, "text": {"S": key * 20}})
    dynamodb.put_item(TableName=name, Item={"pk": {"S": "other"}, "sk": {"S": "MESSAGE#0001"}})
    return dynamodb, name, sorted(keys)


CONDITIONS = {
    "pk = :p": lambda key: True,
    "pk = :p AND sk BETWEEN :first AND :last": lambda key: "MESSAGE#0010" <= key <= "MESSAGE#0049",
    "pk = :p AND begins_with(sk, :prefix)": lambda key: key.startswith("é"),
    "pk = :p AND sk > :first": lambda key: key > "MESSAGE#0010",  # a form that is left to ministack
}
VALUES = {":p": "p", ":first": "MESSAGE#0010", ":last": "MESSAGE#0049", ":prefix": "é"}


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("limit", [1, 7, 40, ITEMS + 1, None])
def test_pages_of_a_query(
    partition: tuple[Any, str, list[str]], condition: str, forward: bool, limit: int | None
) -> None:
    dynamodb, name, keys = partition
    wanted = [key for key in keys if CONDITIONS[condition](key)]
    request = {
        "TableName": name,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": {name: {"S": value} for name, value in VALUES.items() if name in condition},
        "ScanIndexForward": forward,
        **({"Limit": limit} if limit else {}),
    }
    pages = [
        [item["sk"]["S"] for item in page["Items"]] for page in dynamodb.get_paginator("query").paginate(**request)
    ]
    assert [key for page in pages for key in page] == (wanted if forward else wanted[::-1])
    if limit:
        assert all(len(page) == limit for page in pages[:-1])


def test_a_filter_counts_what_was_evaluated(partition: tuple[Any, str, list[str]]) -> None:
    """As in DynamoDB, Limit applies before the filter."""
    dynamodb, name, _ = partition
    page = dynamodb.query(
        TableName=name,
        KeyConditionExpression="pk = :p AND sk BETWEEN :first AND :last",
        FilterExpression="sk = :last",
        ExpressionAttributeValues={name: {"S": VALUES[name]} for name in (":p", ":first", ":last")},
        Limit=10,
    )
    assert (page["Items"], page["ScannedCount"]) == ([], 10)
    assert page["LastEvaluatedKey"]["sk"] == {"S": "MESSAGE#0019"}


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        ("pk = :p AND sk BETWEEN :first AND :last", {":p": {"S": "p"}, ":first": {"N": "1"}, ":last": {"N": "2"}}),
        ("pk = :p AND sk BETWEEN :first AND :last", {":p": {"S": "p"}, ":first": {"S": "b"}, ":last": {"S": "a"}}),
        ("pk = :p AND begins_with(text, :t)", {":p": {"S": "p"}, ":t": {"S": "a"}}),
        ("pk = :p", {}),
    ],
)
def test_a_query_that_dynamodb_refuses(
    partition: tuple[Any, str, list[str]], condition: str, values: dict[str, Any]
) -> None:
    dynamodb, name, _ = partition
    with pytest.raises(dynamodb.exceptions.ClientError, match="ValidationException"):
        dynamodb.query(TableName=name, KeyConditionExpression=condition, ExpressionAttributeValues=values)


def test_a_signed_request_sees_the_same(ministack_endpoint: str, partition: tuple[Any, str, list[str]]) -> None:
    _, name, keys = partition
    stranger = client("dynamodb", ministack_endpoint, "eu-west-1", "123456789012")
    assert stranger.get_item(TableName=name, Key={"pk": {"S": "p"}, "sk": {"S": keys[0]}})["Item"]


def test_an_unknown_service_is_refused(ministack_endpoint: str) -> None:
    kinesis = client("kinesis", ministack_endpoint)
    with pytest.raises(kinesis.exceptions.ClientError, match="There is no service 'Kinesis_20131202' here"):
        kinesis.list_streams()


def test_the_store_listens_on_the_loopback_interface_alone(ministack_endpoint: str) -> None:
    port = urlsplit(ministack_endpoint).port
    assert port is not None
    assert process.listens(port)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.2", port)) != 0  # any other address of this machine


@contextmanager
def killed_in_the_end(database: Path) -> Iterator[str]:
    """The URL of a server that keeps its data there and is ended by kill -9."""
    command = [interpreter(ENVIRONMENT), "-m", "local.ministack_server", str(database)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        os.kill(server.pid, signal.SIGKILL)


def key_of(name: str) -> dict[str, Any]:
    return {"pk": {"S": "p"}, "sk": {"S": name}}


def test_tables_survive_kill_9(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    template, gone = new_template(), new_template()
    name = template.table["TableName"]
    database = tmp_path / "data" / "store.sqlite"
    with killed_in_the_end(database) as url:
        for one in (template, gone):
            ensure_table(url, one)
        first = client("dynamodb", url)
        first.delete_table(TableName=gone.table["TableName"])
        for number in range(30):
            sessions = {"agentSessions": {"S": "a"}, "sessionId": {"S": f"{number:02}"}}
            first.put_item(TableName=name, Item={**key_of(f"{number:02}"), "body": {"B": b"\x00\xff"}, **sessions})
        first.delete_item(TableName=name, Key=key_of("00"))
        puts = [{"Put": {"TableName": name, "Item": key_of(f"put {number}")}} for number in range(3)]
        first.transact_write_items(TransactItems=[*puts, {"Delete": {"TableName": name, "Key": key_of("01")}}])
        before = first.scan(TableName=name)["Items"]
        description = first.describe_table(TableName=name)["Table"]
    with ministack.serving(database) as url:
        second = client("dynamodb", url)
        assert second.list_tables()["TableNames"] == [name]
        assert second.scan(TableName=name)["Items"] == before
        assert len(before) == 31
        assert second.describe_table(TableName=name)["Table"] == description
        ttl = second.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "expiresAt")
        index = second.query(
            TableName=name,
            IndexName="SessionsByAgent",
            KeyConditionExpression="agentSessions = :a",
            ExpressionAttributeValues={":a": {"S": "a"}},
        )
        assert [item["sessionId"]["S"] for item in index["Items"]] == [f"{number:02}" for number in range(2, 30)]


def test_parameters_survive_kill_9(tmp_path: Path) -> None:
    database = tmp_path / "store.sqlite"
    with killed_in_the_end(database) as url:
        ssm = client("ssm", url)
        for name, value in (("/a/b/ONE", "1"), ("/a/b/TWO", "2"), ("/a/b/ONE", "3"), ("/a/c/THREE", "4")):
            ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
        ssm.delete_parameter(Name="/a/b/TWO")
    with ministack.serving(database) as url:
        ssm = client("ssm", url)
        (found,) = ssm.get_parameters_by_path(Path="/a/b", WithDecryption=True)["Parameters"]
        assert (found["Name"], found["Value"], found["Version"]) == ("/a/b/ONE", "3", 2)
        assert ssm.put_parameter(Name="/a/b/ONE", Value="5", Type="SecureString", Overwrite=True)["Version"] == 3


def test_queues_survive_kill_9(tmp_path: Path) -> None:
    """A message that was received by a process that is gone can be received again at once, and counts on."""
    database = tmp_path / "store.sqlite"
    with killed_in_the_end(database) as url:
        sqs = client("sqs", url)
        queue = sqs.create_queue(QueueName="work", Attributes={"VisibilityTimeout": "5400"})["QueueUrl"]
        for body in ("done", "received"):
            sqs.send_message(QueueUrl=queue, MessageBody=body)
        done, received = (sqs.receive_message(QueueUrl=queue)["Messages"][0] for _ in range(2))
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=done["ReceiptHandle"])
    with ministack.serving(database) as url:
        sqs = client("sqs", url)
        queue = sqs.get_queue_url(QueueName="work")["QueueUrl"]
        assert queue.startswith(url)
        (message,) = sqs.receive_message(QueueUrl=queue, MessageSystemAttributeNames=["All"])["Messages"]
        assert message["MessageId"] == received["MessageId"]
        assert message["Attributes"]["ApproximateReceiveCount"] == "2"
        assert "Messages" not in sqs.receive_message(QueueUrl=queue)


@pytest.mark.parametrize(
    ("store", "kept"), [("", "what was in memory is lost"), ("disk", "what it has answered is kept in .agentos/")]
)
def test_a_host_whose_store_dies_says_so_and_ends(
    start_host: Callable[..., Host], tmp_path: Path, store: str, kept: str
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    for name in ("template.yaml", "shared", "functions", "config"):
        (root / name).symlink_to(ROOT / name)
    host = start_host({"STORE": store}, "--root", str(root))
    (child,) = host.children()
    os.kill(child, signal.SIGKILL)
    assert host.process.wait(60) == 1
    last = host.output.strip().rpartition("\n")[2]
    assert last == f"agentos: the store has ended by itself (exit code -9); {kept}. Start the host again."


def test_a_data_file_of_another_version_is_refused(tmp_path: Path) -> None:
    database = tmp_path / "store.sqlite"
    with sqlite3.connect(database) as file:
        file.execute("PRAGMA user_version = 99")
    server = Ministack(database)
    with pytest.raises(MinistackError, match="it has version 99, and version 1 is expected"):
        server.wait()
    server.stop()


def test_without_ministack_the_start_says_how_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(MinistackError, match=f"ministack is not installed in {tmp_path}; make run installs it"):
        Ministack(environment=tmp_path)

"""Functions fed from a table's stream, on both back ends: filtered, in batches, in order, failures repeated."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from local.context import REGION
from local.dynamodb import ensure_table
from local.functions import Functions
from local.streams import StreamPoller, StreamPollers
from local.template import Function, StreamEventSource, load_template
from tests.e2e.hosting import ROOT, eventually
from tests.support.dynamodb import table_client
from tests.support.upstream import Reply, Upstream

HANDLER = """
import json, pathlib
folder = pathlib.Path(__file__).parent
def handler(event, context):
    with (folder / "log").open("a") as log:
        print(json.dumps(event), file=log)
    answer = json.loads((folder / "answer").read_text())
    names = {record["dynamodb"]["Keys"]["sk"]["S"]: record["dynamodb"]["SequenceNumber"] for record in event["Records"]}
    if answer.get("raise") in names:
        raise RuntimeError("scripted")
    failed = [names[name] for name in answer.get("fail", []) if name in names]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
"""


class Feed:
    """A table with a stream, and a function that writes down what it is given."""

    def __init__(self, client: Any, endpoint: str, folder: Path) -> None:
        self.client, self.endpoint, self.folder = client, endpoint, folder
        self.template = load_template(ROOT / "template.yaml", f"stream-{uuid4().hex}")
        ensure_table(endpoint, self.template)
        (folder / "app.py").write_text(HANDLER)
        self.answers()
        function = Function("Consumer", folder, "app.handler", 10, 128, {})
        self.source = StreamEventSource(function, batch_size=3, retries=2, filters=())
        self.functions = Functions(folder / "no-layer", "no_package", lambda: (), lambda: None)

    def poller(self, **fields: Any) -> StreamPoller:
        name = self.template.table["TableName"]
        return StreamPoller(replace(self.source, **fields), self.functions, self.endpoint, name)

    def filters(self, function: str) -> Any:
        """Those of the function's stream in the template."""
        (filters,) = [source.filters for source in self.template.stream_sources if source.function.name == function]
        return filters

    def answers(self, **answer: Any) -> None:
        (self.folder / "answer").write_text(json.dumps(answer))

    def put(self, *names: str, **attributes: Any) -> None:
        for name in names:
            item = {"pk": {"S": "p"}, "sk": {"S": name}, **attributes}
            self.client.put_item(TableName=self.template.table["TableName"], Item=item)

    def delete(self, name: str) -> None:
        key = {"pk": {"S": "p"}, "sk": {"S": name}}
        self.client.delete_item(TableName=self.template.table["TableName"], Key=key)

    def events(self) -> list[dict[str, Any]]:
        """What the function has been given so far."""
        log = self.folder / "log"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def batches(self) -> list[str]:
        """The names in each batch."""
        return [
            "".join(record["dynamodb"]["Keys"]["sk"]["S"] for record in event["Records"]) for event in self.events()
        ]


@pytest.fixture
def client(dynamodb_url: str) -> Any:
    """boto3's, which also creates and deletes tables."""
    return table_client(dynamodb_url, REGION)


@pytest.fixture
def feed(client: Any, dynamodb_endpoint: str, tmp_path: Path) -> Iterator[Feed]:
    feed = Feed(client, dynamodb_endpoint, tmp_path)
    yield feed
    client.delete_table(TableName=feed.template.table["TableName"])


def test_records_come_once_in_order_in_batches(feed: Feed) -> None:
    poller = feed.poller()
    feed.put(*"abcdefg")
    assert poller.poll() is True
    assert poller.poll() is False
    feed.put("h")
    assert poller.poll() is True
    assert feed.batches() == ["abc", "def", "g", "h"]


def test_a_record_has_lambdas_form(feed: Feed) -> None:
    feed.put("a", text={"S": "日本"}, bytes={"B": b"\x00\xff"}, list={"L": [{"N": "1.5"}, {"NULL": True}]})
    feed.delete("a")
    feed.poller().poll()

    ((inserted, removed),) = (event["Records"] for event in feed.events())
    change = inserted["dynamodb"]
    assert (inserted["eventName"], removed["eventName"]) == ("INSERT", "REMOVE")
    assert inserted["eventSource"] == "aws:dynamodb"
    assert "/stream/" in inserted["eventSourceARN"]
    assert change["Keys"] == {"pk": {"S": "p"}, "sk": {"S": "a"}}
    assert change["NewImage"] == {
        **change["Keys"],
        "text": {"S": "日本"},
        "bytes": {"B": "AP8="},
        "list": {"L": [{"N": "1.5"}, {"NULL": True}]},
    }
    assert isinstance(change["ApproximateCreationDateTime"], int | float)
    assert "NewImage" not in removed["dynamodb"]


def test_only_what_a_filter_lets_pass_comes(feed: Feed) -> None:
    """With the template's own filters of the sweeper."""
    poller = feed.poller(filters=feed.filters("SweepFunction"))
    feed.put("SESSION", "MESSAGE#1", "agent_1", "turn_1")
    feed.put("VERSION#1", deletedAt={"S": "now"})
    feed.put("SESSION", deletedAt={"S": "now"})
    for name in ("MESSAGE#1", "SESSION", "VERSION#1", "agent_1"):
        feed.delete(name)
    poller.poll()
    records = [record for event in feed.events() for record in event["Records"]]
    assert [(record["eventName"], record["dynamodb"]["Keys"]["sk"]["S"]) for record in records] == [
        ("INSERT", "VERSION#1"),
        ("MODIFY", "SESSION"),
        ("REMOVE", "SESSION"),
        ("REMOVE", "agent_1"),
    ]


def test_usage_is_counted_when_it_is_new(feed: Feed) -> None:
    """The mark of a record that was counted, its end, and other items do not come."""
    poller = feed.poller(filters=feed.filters("CountUsageFunction"))
    feed.put("turn_1", "TURN#turn_2", "SESSION", "agent_1")
    feed.put("turn_1", counted={"N": "1"})
    feed.delete("turn_1")
    feed.put("turn_3")
    poller.poll()
    records = [record for event in feed.events() for record in event["Records"]]
    assert [(record["eventName"], record["dynamodb"]["Keys"]["sk"]["S"]) for record in records] == [
        ("INSERT", "turn_1"),
        ("INSERT", "turn_3"),
    ]


def test_records_after_a_cancelled_transaction_are_seen(feed: Feed) -> None:
    poller = feed.poller()
    feed.put("a")
    poller.poll()
    name = feed.template.table["TableName"]
    put = {"TableName": name, "Item": {"pk": {"S": "p"}, "sk": {"S": "never"}}}
    check = {"TableName": name, "Key": {"pk": {"S": "p"}, "sk": {"S": "a"}}}
    actions = [{"Put": put}, {"ConditionCheck": {**check, "ConditionExpression": "attribute_not_exists(pk)"}}]
    with pytest.raises(feed.client.exceptions.TransactionCanceledException):
        feed.client.transact_write_items(TransactItems=actions)
    feed.put("b")
    poller.poll()
    assert feed.batches() == ["a", "b"]


def test_a_record_that_failed_comes_again_with_those_after_it(feed: Feed) -> None:
    poller = feed.poller()
    feed.put(*"abcd")
    feed.answers(fail=["b"])
    assert poller.poll() is True
    feed.answers()
    poller.poll()
    assert feed.batches() == ["abc", "bcd", "bcd"]


@pytest.mark.parametrize("answer", [{"fail": ["a"]}, {"raise": "a"}])
def test_a_record_that_always_fails_is_given_up(
    feed: Feed, answer: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    poller = feed.poller()
    feed.put(*"ab")
    feed.answers(**answer)
    assert [poller.poll() for _ in range(4)] == [False, False, True, False]
    assert feed.batches() == ["ab", "ab", "ab", "b"]
    assert "Consumer has failed for good" in capsys.readouterr().err


def test_without_a_bound_a_failing_record_is_never_given_up(feed: Feed) -> None:
    poller = feed.poller(retries=-1)
    feed.put("a")
    feed.answers(fail=["a"])
    assert [poller.poll() for _ in range(20)] == [False] * 20


def test_an_unreachable_store_is_reported_and_tried_again(feed: Feed, capsys: pytest.CaptureFixture[str]) -> None:
    poller = feed.poller()
    feed.client.delete_table(TableName=feed.template.table["TableName"])
    assert poller.poll() is False
    assert "cannot be read" in capsys.readouterr().err
    ensure_table(feed.endpoint, feed.template)
    feed.put("a")
    assert poller.poll() is True


def test_an_empty_answer_does_not_end_the_reader(feed: Feed, capsys: pytest.CaptureFixture[str]) -> None:
    """boto3 takes a 200 with a broken or empty body for an empty answer."""
    with Upstream(default=Reply({})) as broken:
        feed.endpoint = f"http://{broken.address}:{broken.port}"
        assert feed.poller().poll() is False
    assert "cannot be read" in capsys.readouterr().err


def test_a_table_without_a_stream_is_given_one(client: Any, dynamodb_endpoint: str) -> None:
    """One that an earlier version of the template made."""
    template = load_template(ROOT / "template.yaml", f"stream-{uuid4().hex}")
    name = template.table["TableName"]
    client.create_table(**{field: value for field, value in template.table.items() if field != "StreamSpecification"})
    assert ensure_table(dynamodb_endpoint, template) is False
    assert client.describe_table(TableName=name)["Table"]["StreamSpecification"]["StreamEnabled"] is True
    assert ensure_table(dynamodb_endpoint, template) is False
    client.delete_table(TableName=name)


def reading() -> list[str]:
    """The threads that read streams."""
    return [thread.name for thread in threading.enumerate() if thread.name == "streams"]


def test_streams_are_read_from_start_to_stop(feed: Feed) -> None:
    pollers = StreamPollers(replace(feed.template, stream_sources=(feed.source,)), feed.functions, feed.endpoint)
    feed.put("a")
    pollers.start()
    eventually(lambda: feed.batches() == ["a"])
    pollers.stop()
    assert reading() == []


def test_what_was_written_before_the_end_is_still_handled(feed: Feed) -> None:
    pollers = StreamPollers(replace(feed.template, stream_sources=(feed.source,)), feed.functions, feed.endpoint)
    pollers.start()
    feed.put(*"abc")
    pollers.stop()
    eventually(lambda: "".join(feed.batches()) == "abc")


def test_without_a_stream_there_is_nothing_to_read(feed: Feed) -> None:
    pollers = StreamPollers(replace(feed.template, stream_sources=()), feed.functions, feed.endpoint)
    pollers.start()
    assert reading() == []
    pollers.stop()

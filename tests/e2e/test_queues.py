"""Functions fed from a queue as Lambda feeds them, and long turns under the local host."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import httpx
import pytest

from agentos.services.background_worker import MAX_RECEIVES
from agentos.store import keys
from local.context import REGION
from local.functions import Functions
from local.queue_settings import Queue, QueueEventSource
from local.queues import END_SECONDS, QueuePoller, QueuePollers, connect, ensure_queues
from local.template import Function, load_template
from tests.e2e.hosting import ROOT, Host, eventually
from tests.support.upstream import Upstream, answer

HANDLER = """
import json, pathlib, time
folder = pathlib.Path(__file__).parent
def handler(event, context):
    with (folder / "log").open("a") as log:
        print(json.dumps(event), file=log)
    answer = json.loads((folder / "answer").read_text())
    ids = {record["body"]: record["messageId"] for record in event["Records"]}
    while ids.keys() & set(answer.get("hold", [])):
        time.sleep(0.05)
        answer = json.loads((folder / "answer").read_text())
    if answer.get("raise") in ids:
        raise RuntimeError("scripted")
    return {"batchItemFailures": [{"itemIdentifier": ids[body]} for body in answer.get("fail", []) if body in ids]}
"""


class Feed:
    """A queue with dead letters, and a function that writes down what it is given."""

    def __init__(self, endpoint: str, folder: Path) -> None:
        self.endpoint, self.folder, self.client = endpoint, folder, connect(endpoint)
        name = uuid4().hex
        self.name, dead = f"{name}-work", f"{name}-dead"
        queues = Queue(self.name, 600, dead, 3), Queue(dead, 600, None, 0)
        template = load_template(ROOT / "template.yaml", "t")
        self.urls = ensure_queues(endpoint, replace(template, queues=queues))
        self.url, self.dead = self.urls[self.name], self.urls[dead]
        (folder / "app.py").write_text(HANDLER)
        self.answers()
        self.function = Function("Worker", folder, "app.handler", 10, 128, {})
        self.functions = Functions(folder / "no-layer", "no_package", lambda: (), lambda: None)

    def poller(self, partial: bool = True) -> QueuePoller:
        source = QueueEventSource(self.function, self.name, 10, partial)
        return QueuePoller(source, self.functions, self.endpoint, self.url)

    def answers(self, **answer: Any) -> None:
        written = self.folder / "answer.new"
        written.write_text(json.dumps(answer))
        written.replace(self.folder / "answer")

    def put(self, *bodies: str) -> None:
        for body in bodies:
            self.client.send_message(QueueUrl=self.url, MessageBody=body)

    def records(self) -> list[dict[str, Any]]:
        """What the function has been given so far."""
        log = self.folder / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [record for line in lines for record in json.loads(line)["Records"]]

    def again(self) -> None:
        """Let the last message be received once more, as when its time out is over."""
        receipt = self.records()[-1]["receiptHandle"]
        self.client.change_message_visibility(QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=0)

    def waiting(self) -> int:
        """How many messages nobody has received."""
        name = "ApproximateNumberOfMessages"
        found = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])["Attributes"]
        return int(found[name])

    def left(self, url: str) -> int:
        """How many messages a queue holds, whether in sight or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.client.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(map(int, found.values()))


@pytest.fixture
def feed(environment: pytest.MonkeyPatch, ministack_endpoint: str, tmp_path: Path) -> Feed:
    return Feed(ministack_endpoint, tmp_path)


def test_a_message_has_lambdas_form_and_is_removed_when_it_is_done(feed: Feed) -> None:
    feed.put('{"a": 1}')
    assert feed.poller().poll() is True
    (record,) = feed.records()
    recorded = json.loads((ROOT / "events" / "run_turn" / "ok.json").read_text())["Records"][0]
    assert record.keys() == recorded.keys()
    assert recorded["attributes"].keys() <= record["attributes"].keys()
    assert (record["body"], record["attributes"]["ApproximateReceiveCount"]) == ('{"a": 1}', "1")
    assert feed.left(feed.url) == 0
    assert feed.poller().poll() is False


def test_only_failed_messages_come_again(feed: Feed) -> None:
    feed.answers(fail=["b"])
    feed.put("a", "b", "c")
    while feed.poller().poll():
        pass
    assert sorted(record["body"] for record in feed.records()) == ["a", "b", "c"]
    assert feed.left(feed.url) == 1


@pytest.mark.parametrize(("answer", "partial", "left"), [({"fail": ["a"]}, False, 0), ({"raise": "a"}, True, 1)])
def test_without_partial_answers_an_exception_alone_is_a_failure(
    feed: Feed, answer: dict[str, Any], partial: bool, left: int
) -> None:
    feed.answers(**answer)
    feed.put("a")
    assert feed.poller(partial).poll() is True
    assert feed.left(feed.url) == left


def test_after_three_deliveries_a_message_goes_to_the_dead_letters(feed: Feed) -> None:
    feed.answers(fail=["a"])
    feed.put("a")
    for _ in range(3):
        assert feed.poller().poll() is True
        feed.again()
    assert feed.poller().poll() is False
    counts = [record["attributes"]["ApproximateReceiveCount"] for record in feed.records()]
    assert counts == ["1", "2", "3"]
    assert (feed.left(feed.url), feed.left(feed.dead)) == (0, 1)


def test_a_missing_queue_does_not_end_the_poller(feed: Feed, capsys: pytest.CaptureFixture[str]) -> None:
    source = QueueEventSource(feed.function, "work", 1, True)
    assert QueuePoller(source, feed.functions, feed.endpoint, f"{feed.url}-not").poll() is False
    assert "cannot be read" in capsys.readouterr().err


def test_the_template_says_which_queue_feeds_which_function(environment: pytest.MonkeyPatch, feed: Feed) -> None:
    template = load_template(ROOT / "template.yaml", "t")
    source, dead_letters = template.queue_sources
    assert (source.function.name, source.queue, source.batch_size, source.reports_failures) == (
        "RunTurnFunction",
        "TurnQueue",
        1,
        True,
    )
    assert (dead_letters.function.name, dead_letters.queue) == ("FailTurnFunction", "TurnDeadLetters")
    work, dead = template.queues
    assert (work.name, work.dead_letter_queue, work.max_receives) == ("TurnQueue", "TurnDeadLetters", MAX_RECEIVES)
    assert (source.concurrency, dead_letters.concurrency) == (10, 2)
    assert work.visibility_timeout >= source.function.timeout  # else Lambda refuses the mapping
    assert dead.visibility_timeout >= dead_letters.function.timeout
    urls = ensure_queues(feed.endpoint, template)
    pollers = QueuePollers(template, feed.functions, feed.endpoint, urls)
    pollers.start()
    pollers.stop()


@pytest.fixture
def slow() -> Iterator[tuple[Upstream, threading.Event]]:
    """A provider that answers when the test says so."""
    release = threading.Event()
    reply = answer("At last.")
    reply.before = lambda: release.wait(120)
    with Upstream(default=reply) as upstream:
        yield upstream, release
        release.set()


def test_a_long_turn_of_a_slow_provider_under_the_local_host(
    start_host: Callable[..., Host], slow: tuple[Upstream, threading.Event], dynamodb_endpoint: str
) -> None:
    upstream, release = slow
    host = start_host({"STORE": dynamodb_endpoint, "LOCAL_ENDPOINT": upstream.url})
    session = host.session(host.agent(model="local:any"))
    body, headers = {"content": "Hello"}, {"Prefer": "respond-async", "Idempotency-Key": "k"}

    sent = host.client.post(f"{session}/messages", json=body, headers=headers)

    assert sent.status_code == 202, sent.text
    turn = sent.headers["location"]
    assert turn == f"{session}/turns/{sent.json()['turnId']}"
    eventually(lambda: host.client.get(turn).json()["state"] == "running")
    assert host.client.post(f"{session}/messages", json=body, headers=headers).text == sent.text
    assert host.client.post(f"{session}/messages", json=body).status_code == 409
    release.set()
    eventually(lambda: host.client.get(turn).json()["state"] == "completed")
    messages = host.client.get(f"{session}/messages").json()["data"]
    assert [message["content"] for message in messages] == ["Hello", "At last."]
    assert host.client.get(turn).json()["reply"] == messages[1]
    assert len(upstream.requests) == 1
    assert "Traceback" not in host.output


def in_background(host: Host, session: str) -> str:
    """The path of a turn that was accepted."""
    accepted = host.client.post(
        f"{session}/messages", json={"content": "Hello"}, headers={"Prefer": "respond-async", "Idempotency-Key": "k"}
    )
    assert accepted.status_code == 202, accepted.text
    return str(accepted.headers["location"])


def test_several_long_turns_run_at_once(start_host: Callable[..., Host], dynamodb_endpoint: str) -> None:
    """No provider's answer comes before all turns have asked for theirs."""
    together = threading.Barrier(3)
    reply = answer("Together.")
    reply.before = lambda: together.wait(60)
    with Upstream(default=reply) as upstream:
        host = start_host({"STORE": dynamodb_endpoint, "LOCAL_ENDPOINT": upstream.url})
        agent = host.agent(model="local:any")
        turns = [in_background(host, host.session(agent)) for _ in range(together.parties)]
        eventually(lambda: all(host.client.get(turn).json()["state"] == "completed" for turn in turns))
    assert len(upstream.requests) == together.parties


def test_the_sources_concurrency_bounds_the_turns_that_run_at_once(feed: Feed) -> None:
    source = QueueEventSource(feed.function, feed.name, 1, True, concurrency=2)
    poller = QueuePoller(source, feed.functions, feed.endpoint, feed.url)
    feed.put("a", "b", "c")
    feed.answers(hold=["a", "b", "c"])
    poller.start()
    eventually(lambda: len(feed.records()) == 2)
    assert feed.waiting() == 1
    feed.answers()
    eventually(lambda: feed.left(feed.url) == 0)
    poller.stop()
    poller.join(time.monotonic() + END_SECONDS)
    assert sorted(record["body"] for record in feed.records()) == ["a", "b", "c"]


def test_a_host_that_is_ended_gives_back_the_session_of_a_running_turn(
    start_host: Callable[..., Host],
    slow: tuple[Upstream, threading.Event],
    dynamodb_endpoint: str,
    environment: pytest.MonkeyPatch,
) -> None:
    upstream, release = slow
    client = boto3.client("dynamodb", endpoint_url=dynamodb_endpoint, region_name=REGION)
    host = start_host({"STORE": dynamodb_endpoint, "LOCAL_ENDPOINT": upstream.url})
    session = host.session(host.agent(model="local:any"))
    key = keys.session("default", *session.split("/")[2::2])
    sending = threading.Thread(target=say_until_disconnected, args=[host, session])
    sending.start()

    def lease() -> bool:
        return "lease" in client.get_item(TableName="agentos", Key=key, ConsistentRead=True)["Item"]

    eventually(lease)
    os.killpg(host.process.pid, signal.SIGTERM)
    eventually(lambda: not lease())
    release.set()
    sending.join()
    assert host.end(signal.SIGTERM) == 0


def say_until_disconnected(host: Host, session: str) -> None:
    with suppress(httpx.TransportError):
        host.say(session)

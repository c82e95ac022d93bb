"""Long turns: accepted at once, run once by the worker even if delivered several times, and readable meanwhile."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from agentos import wiring
from agentos.kernel.clock import Clock, timestamp
from agentos.kernel.ids import new_id
from agentos.services.background_worker import EXTEND_SECONDS, HIDDEN_SECONDS, MAX_RECEIVES
from agentos.store import keys
from agentos.store.transport import messages
from tests.support.gateway import Answer, Context, event, handler, invoke
from tests.support.logs import captured
from tests.support.long_text import ASCII, unpressable
from tests.support.queues import TurnQueue
from tests.support.transport import after, at
from tests.support.upstream import answer, refusal
from tests.support.wiring import rewire

SLOW = Context(seconds=900)
HELLO = ["Hello", "Hello from upstream."]
BACKGROUND_SECONDS = 1800
"""limits.backgroundTurnSeconds"""


class Crash(BaseException):
    """The function dies."""


def crash() -> None:
    raise Crash


class Turns:
    """A session with a queue, and the worker that it feeds."""

    def __init__(self, api: Any, queue: TurnQueue, **config: Any) -> None:
        self.api, self.queue = api, queue
        self.agent_id = api.agent(config=config)
        self.session_id = api.session(self.agent_id)

    @property
    def path(self) -> dict[str, str]:
        return {"agentId": self.agent_id, "sessionId": self.session_id}

    def post(self, content: Any = "Hello", key: str | None = None, **fields: Any) -> Answer:
        headers = {"Prefer": "respond-async", **({"Idempotency-Key": key} if key else {})}
        sent: Answer = self.api("send_message", {"content": content, **fields}, headers=headers, **self.path)
        return sent

    def accepted(self, content: Any = "Hello", key: str | None = None, **fields: Any) -> str:
        """The turn's id."""
        sent = self.post(content, key, **fields)
        assert sent.status == 202, sent.text
        return str(sent.json["turnId"])

    def state(self, turn_id: str) -> Any:
        return self.api("get_turn", turnId=turn_id, **self.path).json

    def deliver(self, an_event: dict[str, Any] | None = None) -> int:
        """How many messages of the event failed. The default event holds the oldest message."""
        given = self.queue.event() if an_event is None else an_event
        assert given["Records"]
        return len(handler("run_turn")(given, SLOW)["batchItemFailures"])

    def contents(self) -> list[Any]:
        page = self.api("list_messages", query={"limit": "100"}, **self.path).json["data"]
        return [message["content"] for message in page]


@pytest.fixture
def turns(queue: TurnQueue, upstream: Any, api: Any) -> Turns:
    return Turns(api, queue)


def test_a_turn_is_accepted_run_and_reported(turns: Turns, upstream: Any) -> None:
    sent = turns.post()
    turn_id = sent.json["turnId"]
    assert sent.status == 202
    assert sent.headers["location"] == f"/agents/{turns.agent_id}/sessions/{turns.session_id}/turns/{turn_id}"
    assert sent.headers["preference-applied"] == "respond-async"
    known = {"turnId": turn_id, **turns.path, "reply": None, "error": None, "createdAt": sent.json["createdAt"]}
    assert sent.json == {**known, "state": "queued"} == turns.state(turn_id)
    assert upstream.requests == []

    assert turns.deliver() == 0

    done = turns.state(turn_id)
    assert (done["state"], done["reply"]["content"]) == ("completed", HELLO[1])
    assert turns.api("list_messages", **turns.path).json["data"][1] == done["reply"]
    assert turns.contents() == HELLO


@pytest.mark.parametrize("prefer", ["respond-async", "wait=5, Respond-Async", "respond-async; foo", "a,respond-async"])
def test_the_prefer_header_is_parsed_as_http_defines_it(turns: Turns, prefer: str) -> None:
    sent = turns.api("send_message", {"content": "Hello"}, headers={"prefer": prefer}, **turns.path)
    assert sent.status == 202


@pytest.mark.parametrize("prefer", ["", "wait=5", "respond-asynchronously"])
def test_without_the_preference_the_request_waits_for_the_answer(turns: Turns, prefer: str) -> None:
    sent = turns.api("send_message", {"content": "Hello"}, headers={"prefer": prefer}, **turns.path)
    assert sent.status == 200
    assert turns.queue.length() == 0


@pytest.mark.parametrize("url", ["", "TurnQueue"])
def test_without_a_queue_a_long_turn_is_refused(turns: Turns, environment: pytest.MonkeyPatch, url: str) -> None:
    environment.setenv("TURN_QUEUE_URL", url)
    rewire()
    refused = turns.post()
    assert (refused.status, refused.json["code"]) == (400, "unsupported")
    assert "TURN_QUEUE_URL" in refused.json["message"]


def test_errors_of_the_request_are_reported_at_once(turns: Turns) -> None:
    assert turns.post(role="assistant").status == 400
    turns.session_id, there = new_id("sess"), turns.session_id
    assert turns.post().status == 404
    turns.session_id = there
    assert turns.post(unpressable(ASCII, 500_000)).status == 413
    assert turns.queue.length() == 0


def test_a_message_that_is_delivered_again_changes_nothing(turns: Turns, upstream: Any) -> None:
    turn_id = turns.accepted()
    delivery = turns.queue.event()
    for _ in range(3):
        assert turns.deliver(delivery) == 0
    assert turns.contents() == HELLO
    assert len(upstream.requests) == 1
    assert turns.state(turn_id)["state"] == "completed"


def test_two_deliveries_at_once_are_answered_once(turns: Turns, upstream: Any) -> None:
    turn_id = turns.accepted()
    delivery = turns.queue.event()
    reached, release = threading.Event(), threading.Event()

    def wait() -> None:
        reached.set()
        assert release.wait(60)

    slow = answer("slow answer")
    slow.before = wait
    upstream.script.append(slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(turns.deliver, delivery)
        try:
            assert reached.wait(30)
            assert turns.state(turn_id)["state"] == "running"
            assert turns.deliver(delivery) == 1  # it is delivered again, in case the first one dies
        finally:
            release.set()
        assert first.result() == 0
    assert turns.deliver(delivery) == 0
    assert turns.contents() == ["Hello", "slow answer"]
    assert len(upstream.requests) == 1


def test_with_a_key_there_is_one_turn_and_a_lost_message_is_sent_again(turns: Turns) -> None:
    first = turns.post(key="k")
    again = turns.post(key="k")
    assert (again.status, again.text, again.headers) == (202, first.text, first.headers)
    assert turns.queue.length() == 2
    assert [turns.deliver(), turns.deliver()] == [0, 0]
    assert turns.contents() == HELLO
    assert turns.post(key="k").text == first.text
    assert turns.queue.length() == 0
    other = turns.post("Another", key="k")
    assert (other.status, other.json["code"]) == (422, "idempotency_mismatch")


@pytest.mark.parametrize("asynchronous_first", [True, False])
def test_a_key_is_answered_once_whether_waited_for_or_not(turns: Turns, asynchronous_first: bool) -> None:
    def wait_for_it() -> Answer:
        headers = {"Idempotency-Key": "k"}
        said: Answer = turns.api("send_message", {"content": "Hello"}, headers=headers, **turns.path)
        return said

    # The path is a part of the key. Both requests have the same path.
    if asynchronous_first:
        turn_id = turns.accepted(key="k")
        assert turns.deliver() == 0
        said = wait_for_it()
    else:
        said = wait_for_it()
        turn_id = turns.accepted(key="k")
        assert turns.queue.length() == 0
    assert turns.state(turn_id)["reply"] == said.json
    assert turns.contents() == HELLO


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("operation", ["PutItem", "SendMessage"])
def test_a_repeated_request_completes_one_that_crashed(turns: Turns, operation: str, moment: str) -> None:
    at(wiring.dynamodb() if operation == "PutItem" else wiring.sqs(), operation, moment, crash)
    with pytest.raises(Crash):
        turns.post(key="k")
    rewire()
    turn_id = turns.accepted(key="k")
    while turns.queue.length():
        assert turns.deliver() == 0
    assert turns.state(turn_id)["reply"]["content"] == HELLO[1]
    assert turns.contents() == HELLO


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("operation", ["BatchGetItem", "UpdateItem", "TransactWriteItems"])
def test_a_worker_that_dies_leaves_the_turn_to_the_next_delivery(
    turns: Turns, client: Any, table_name: str, operation: str, moment: str
) -> None:
    turn_id = turns.accepted()
    delivery = turns.queue.event()
    at(wiring.dynamodb(), operation, moment, crash)
    with pytest.raises(Crash):
        turns.deliver(delivery)
    rewire()
    lapse(turns, client, table_name)
    assert turns.deliver(delivery) == 0
    assert turns.state(turn_id)["state"] == "completed"
    assert turns.contents() == HELLO


def lapse(turns: Turns, client: Any, table_name: str) -> None:
    """A dead worker's lease has expired, as it has before its message is delivered again."""
    key = keys.session("default", turns.agent_id, turns.session_id)
    item = client.call("GetItem", TableName=table_name, Key=key)["Item"]
    if "lease" in item:
        values = {":past": {"N": "1"}}
        client.call(
            "UpdateItem",
            TableName=table_name,
            Key=key,
            UpdateExpression="SET leaseUntil = :past",
            ExpressionAttributeValues=values,
        )


def test_a_failed_turn_has_its_reason_and_is_not_retried(turns: Turns, upstream: Any) -> None:
    upstream.default = refusal(400, "invalid_request_error")
    turn_id = turns.accepted()
    delivery = turns.queue.event()
    assert turns.deliver(delivery) == 0
    failed = turns.state(turn_id)
    assert (failed["state"], failed["reply"], failed["error"]["code"]) == ("failed", None, "provider_rejected")
    assert set(failed["error"]) == {"code", "message", "details"}
    asked = len(upstream.requests)
    assert turns.deliver(delivery) == 0
    assert turns.state(turn_id) == failed
    assert (turns.contents(), len(upstream.requests)) == ([], asked)


def test_an_unexpected_error_is_retried_and_fails_at_the_last_delivery(turns: Turns) -> None:
    turn_id = turns.accepted()
    delivery = turns.queue.event()
    for receives in range(1, MAX_RECEIVES + 1):
        assert turns.state(turn_id)["state"] == "queued"
        delivery["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(receives)
        at(wiring.dynamodb(), "UpdateItem", "before", lambda: 1 / 0)
        assert turns.deliver(delivery) == (1 if receives < MAX_RECEIVES else 0)
    failed = turns.state(turn_id)
    assert (failed["state"], failed["error"]["code"]) == ("failed", "internal")


def test_a_turn_that_failed_meanwhile_is_not_answered(turns: Turns, upstream: Any) -> None:
    """A slow worker's answer comes after another worker has recorded a failure."""
    turn_id = turns.accepted()
    place = "default", turns.agent_id, turns.session_id

    def give_up() -> None:
        from agentos.domain import Failure
        from agentos.kernel.clock import Clock, Deadline

        store = wiring.background_turn_store()
        turn = store.get(place, turn_id)
        assert turn
        failure = Failure(code="internal", message="No.", details={})
        store.fail(place, turn, failure, Deadline.after(30, Clock()))

    slow = answer("too late")
    slow.before = give_up
    upstream.script.append(slow)
    assert turns.deliver() == 1
    assert turns.state(turn_id)["state"] == "failed"
    assert turns.contents() == []
    assert turns.api("get_session", **turns.path).json["state"] == "idle"


def old(turns: Turns, turn_id: str, client: Any, table_name: str) -> None:
    """Set the turn's acceptance so far back that its time is over."""
    partition = keys.session_partition("default", turns.agent_id, turns.session_id)
    client.call(
        "UpdateItem",
        TableName=table_name,
        Key=keys.turn(partition, turn_id),
        UpdateExpression="SET createdAt = :then",
        ExpressionAttributeValues={":then": {"S": timestamp(Clock().time() - BACKGROUND_SECONDS - 1)}},
    )


def test_a_turn_without_an_answer_in_its_time_has_failed_for_good(
    turns: Turns, client: Any, table_name: str, upstream: Any
) -> None:
    turn_id = turns.accepted()
    old(turns, turn_id, client, table_name)
    failed = turns.state(turn_id)
    assert (failed["state"], failed["error"]["code"]) == ("failed", "deadline_exceeded")
    assert turns.deliver() == 0
    assert turns.state(turn_id) == failed
    assert (turns.contents(), upstream.requests) == ([], [])


def test_a_worker_does_not_begin_a_turn_whose_time_is_over(
    turns: Turns, client: Any, table_name: str, upstream: Any
) -> None:
    turn_id = turns.accepted()
    old(turns, turn_id, client, table_name)
    assert turns.deliver() == 0
    assert turns.state(turn_id)["error"]["code"] == "deadline_exceeded"
    assert upstream.requests == []


def test_a_worker_cannot_commit_a_turn_that_a_client_found_over_its_time(
    turns: Turns, client: Any, table_name: str, upstream: Any
) -> None:
    turn_id = turns.accepted()

    def expire() -> None:
        old(turns, turn_id, client, table_name)
        assert turns.state(turn_id)["state"] == "failed"

    late = answer("too late")
    late.before = expire
    upstream.script.append(late)
    assert turns.deliver() == 1
    assert turns.state(turn_id)["error"]["code"] == "deadline_exceeded"
    assert turns.contents() == []
    assert turns.api("get_session", **turns.path).json["state"] == "idle"


def test_an_answered_turn_stays_completed_however_long_ago(turns: Turns, client: Any, table_name: str) -> None:
    turn_id = turns.accepted()
    assert turns.deliver() == 0
    old(turns, turn_id, client, table_name)
    assert turns.state(turn_id)["state"] == "completed"


def test_a_worker_hides_its_message_only_while_it_runs(turns: Turns, upstream: Any) -> None:
    hidden: list[int] = []
    extended = threading.Event()

    def note(request: messages.Request, answered: messages.Answer) -> None:
        assert answered.status == 200
        hidden.append(request.parameters["VisibilityTimeout"])
        extended.set()

    turns.accepted()
    after(wiring.sqs(), note, "ChangeMessageVisibility")
    slow = answer("Hello from upstream.")
    slow.before = lambda: extended.wait(30)
    upstream.script.append(slow)
    assert turns.deliver() == 0
    assert hidden == [HIDDEN_SECONDS]
    assert EXTEND_SECONDS < HIDDEN_SECONDS < BACKGROUND_SECONDS


def dead_letter(turns: Turns, delivery: dict[str, Any]) -> int:
    """How many of these messages the dead-letter queue delivers again."""
    return len(handler("fail_turn")(delivery, Context(seconds=30))["batchItemFailures"])


def test_a_turn_whose_workers_all_died_is_recorded_as_failed(
    turns: Turns, client: Any, table_name: str, upstream: Any
) -> None:
    turn_id = turns.accepted()
    delivery = turns.queue.event()
    for _ in range(MAX_RECEIVES):
        at(wiring.dynamodb(), "TransactWriteItems", "before", crash)
        with pytest.raises(Crash):
            turns.deliver(delivery)
        rewire()
        lapse(turns, client, table_name)
    assert turns.state(turn_id)["state"] == "queued"

    assert dead_letter(turns, delivery) == 0
    failed = turns.state(turn_id)
    assert (failed["state"], failed["error"]["code"]) == ("failed", "internal")
    assert turns.deliver(delivery) == 0
    assert dead_letter(turns, delivery) == 0
    assert (turns.state(turn_id), turns.contents()) == (failed, [])


def test_a_dead_letter_of_a_turn_that_was_answered_changes_nothing(turns: Turns) -> None:
    turn_id = turns.accepted()
    delivery = turns.queue.event()
    assert turns.deliver(delivery) == 0
    done = turns.state(turn_id)
    assert dead_letter(turns, delivery) == 0
    assert turns.state(turn_id) == done
    assert done["state"] == "completed"


def test_a_dead_letter_of_a_turn_that_still_runs_waits_for_it(turns: Turns, upstream: Any) -> None:
    turn_id = turns.accepted()
    delivery = turns.queue.event()
    waited: list[int] = []
    slow = answer("Hello from upstream.")
    slow.before = lambda: waited.append(dead_letter(turns, delivery))
    upstream.script.append(slow)
    assert turns.deliver(delivery) == 0
    assert waited == [1]
    assert turns.state(turn_id)["state"] == "completed"


GARBAGE = {
    "no JSON": "a secret",
    "half of it": '{"tenant": "a secret"',
    "a list": '["a secret"]',
    "a text": '"a secret"',
    "nothing": "null",
    "no turn": '{"tenant": "a secret", "agentId": "a secret"}',
    "other types": '{"tenant": "a secret", "agentId": 1, "sessionId": {"a secret": 2}, "turnId": null}',
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE)
def test_a_message_that_names_no_turn_is_logged_without_its_content(
    turns: Turns, upstream: Any, queue: TurnQueue, body: str
) -> None:
    """Its worker leaves it to the dead-letter queue at once, and the function there does not deliver it again."""
    queue.client.send_message(QueueUrl=queue.url, MessageBody=body)
    with captured() as log:
        for receives in range(1, MAX_RECEIVES + 1):
            delivery = queue.event()  # it is not hidden meanwhile
            assert delivery["Records"][0]["attributes"]["ApproximateReceiveCount"] == str(receives)
            assert turns.deliver(delivery) == 1
        assert dead_letter(turns, queue.event()) == 0
    assert [line["message_id"] for line in log.lines] == [delivery["Records"][0]["messageId"]] * (MAX_RECEIVES + 1)
    assert "secret" not in log.getvalue()
    assert upstream.requests == []


@pytest.mark.parametrize("name", ["tenant", "agentId", "sessionId", "turnId"])
def test_a_message_that_names_a_missing_turn_is_removed(turns: Turns, upstream: Any, name: str) -> None:
    turns.accepted()
    delivery = turns.queue.event()
    document = json.loads(delivery["Records"][0]["body"])
    delivery["Records"][0]["body"] = json.dumps({**document, name: "another"})
    assert turns.deliver(delivery) == 0
    assert dead_letter(turns, delivery) == 0
    assert upstream.requests == []


def test_a_queue_that_does_not_answer_is_unavailable(turns: Turns, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:1")
    rewire()
    refused = turns.post()
    assert (refused.status, refused.json["code"]) == (503, "unavailable")
    assert int(refused.headers["retry-after"]) >= 1


def test_tool_calls_and_their_results_may_be_long_turns_too(turns: Turns, upstream: Any) -> None:
    result = {"role": "tool", "toolCallId": "call_1", "content": "x"}
    headers = {"Prefer": "respond-async"}
    sent = turns.api("send_message", {"messages": [result]}, headers=headers, **turns.path)
    assert (sent.status, turns.deliver()) == (202, 0)
    assert turns.state(sent.json["turnId"])["error"]["code"] == "tool_call_not_open"


def test_a_turn_of_a_deleted_session_is_gone(turns: Turns, upstream: Any) -> None:
    turn_id = turns.accepted()
    assert turns.api("delete_session", **turns.path).status == 204
    assert turns.state(turn_id)["code"] == "not_found"
    assert turns.deliver() == 0
    assert upstream.requests == []


def test_the_record_of_a_turn_expires(turns: Turns, client: Any, table_name: str, upstream: Any) -> None:
    turn_id = turns.accepted()
    partition = keys.session_partition("default", turns.agent_id, turns.session_id)
    client.call(
        "UpdateItem",
        TableName=table_name,
        Key=keys.turn(partition, turn_id),
        UpdateExpression="SET expiresAt = :past",
        ExpressionAttributeValues={":past": {"N": "1"}},
    )
    assert turns.state(turn_id)["code"] == "not_found"
    assert turns.deliver() == 0
    assert upstream.requests == []


def test_another_tenant_cannot_read_the_turn(turns: Turns) -> None:
    turn_id = turns.accepted()
    path = {**turns.path, "turnId": turn_id}
    assert invoke("get_turn", event(None, path, tenant="globex")).status == 404
    turns.session_id = turns.api.session(turns.agent_id)
    assert turns.state(turn_id)["code"] == "not_found"

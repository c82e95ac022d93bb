"""A key at OpenAI's door is never locked for long: its claim is short, is renewed while needed, and is given back."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from agentos import wiring
from tests.functions.conftest import Gate, Providers
from tests.functions.test_completion_keys import ask
from tests.functions.test_leases import LEASE_SECONDS, PROMISED_SECONDS, Renewals
from tests.support.clock import ShiftedClock
from tests.support.crashes import Death, Died, Moment, lose_answer
from tests.support.faults import FAULTS, Faults, refused
from tests.support.gateway import Client, StreamingContext, event, invoke
from tests.support.transport import after
from tests.support.upstream import answer, refusal, streamed_reply
from tests.support.wiring import rewire

REQUESTS = ["PutItem", "GetItem", "PutItem", "PutItem"]
"""The claim, the tenant's budget, the usage, the answer."""
CLAIM, USAGE, KEEP = 1, 3, 4

ALWAYS = 1000


@dataclass
class Record:
    """The key's record, as another environment reads and changes it."""

    client: Any
    table_name: str

    def item(self) -> dict[str, Any]:
        items = self.client.call("Scan", TableName=self.table_name, ConsistentRead=True)["Items"]
        (found,) = [item for item in items if item["sk"]["S"] == "COMPLETION"]
        return dict(found)

    def take_over(self) -> None:
        """Another request takes the key, as it does after a freeze of the first one."""
        self.client.call(
            "UpdateItem",
            TableName=self.table_name,
            Key={name: self.item()[name] for name in ("pk", "sk")},
            UpdateExpression="SET claimId = :other",
            ExpressionAttributeValues={":other": {"S": "turn_other"}},
        )


@pytest.fixture
def record(client: Any, table_name: str) -> Record:
    return Record(client, table_name)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("at", [CLAIM, USAGE, KEEP])
def test_a_completion_that_dies_can_be_asked_again_within_the_promised_time(
    api: Client, upstream: Any, clock: ShiftedClock, at: int, moment: Moment, stream: bool
) -> None:
    upstream.default = streamed_reply("fo", "ur") if stream else answer("four")
    death = Death(wiring.dynamodb(), at, moment)
    with pytest.raises(Died):
        ask(api, stream=stream)
    rewire()
    assert death.requests == REQUESTS[:at]

    claimed = at != CLAIM or moment != Moment.BEFORE
    kept = at == KEEP and moment != Moment.BEFORE
    at_once = ask(api, stream=stream)
    if claimed and not kept:
        assert (at_once.status, at_once.json["error"]["code"]) == (409, "idempotency_in_flight")
        assert int(at_once.headers["retry-after"]) >= 1
    else:
        assert at_once.status == 200

    clock.shift = PROMISED_SECONDS
    again = ask(api, stream=stream)
    assert again.status == 200
    assert again.text.endswith("data: [DONE]\n\n") == stream
    assert ask(api, stream=stream).text == again.text
    assert len(upstream.requests) == (2 if at != CLAIM and not kept else 1)


def test_a_completion_keeps_its_key_for_as_long_as_it_lives(
    api: Client, upstream: Any, clock: ShiftedClock, pool: ThreadPoolExecutor
) -> None:
    gate = Gate(upstream)
    renewals = Renewals(wiring.dynamodb())
    first = pool.submit(ask, api)
    try:
        assert gate.reached.wait(60)
        for _ in range(3):
            clock.shift += LEASE_SECONDS - 1
            renewals.wait()
            assert ask(api).json["error"]["code"] == "idempotency_in_flight"
    finally:
        gate.release.set()
    answered = first.result(60)
    assert ask(api).json == answered.json
    assert len(upstream.requests) == 1


def test_a_short_completion_takes_three_requests_and_reads_its_budget_once(api: Client, upstream: Any) -> None:
    counted = Death(wiring.dynamodb(), ALWAYS, Moment.AFTER)  # not reached
    ask(api)
    assert counted.requests == REQUESTS
    del counted.requests[:]
    ask(api)
    assert counted.requests == ["PutItem"], "a replay asks for the claim alone"


def test_a_completion_that_has_lost_its_claim_asks_no_further_provider(
    api: Client, providers: Providers, clock: ShiftedClock, record: Record
) -> None:
    renewals = Renewals(wiring.dynamodb())
    failing = refusal(500)

    def freeze() -> None:
        record.take_over()
        clock.shift += LEASE_SECONDS
        renewals.wait()

    failing.before = freeze
    providers.openai.script.append(failing)
    sent = ask(api, model="openai:gpt-4o-mini, gemini:flash-1.5")
    assert (sent.status, sent.json["error"]["code"]) == (409, "idempotency_in_flight")
    assert (len(providers.openai.requests), len(providers.gemini.requests)) == (1, 0)


def test_an_answer_that_comes_after_another_request_took_the_key_is_not_stored(
    api: Client, upstream: Any, record: Record
) -> None:
    """The answer has been paid for, and its own client gets it."""
    late = answer("late")
    late.before = record.take_over
    upstream.script.append(late)
    assert ask(api).json["choices"][0]["message"]["content"] == "late"
    item = record.item()
    assert (item["claimId"], "body" in item) == ({"S": "turn_other"}, False)


@pytest.mark.parametrize("times", [1, 3])
def test_requests_of_the_claim_whose_answers_are_lost_are_repeated(api: Client, upstream: Any, times: int) -> None:
    lose_answer(wiring.dynamodb(), "PutItem", times)
    answered = ask(api)
    assert answered.status == 200
    assert ask(api).json == answered.json
    assert len(upstream.requests) == 1


def test_a_claim_whose_request_was_not_answered_is_given_back(api: Client, upstream: Any) -> None:
    """The function has one second left, and no answer comes in it."""
    faults = Faults(wiring.dynamodb())
    released = threading.Event()
    after(wiring.dynamodb(), lambda *_: released.set(), "UpdateItem")
    faults.inflict(FAULTS["cut"], "PutItem", ALWAYS)
    body = {"model": "local:any", "messages": [{"role": "user", "content": "Hello"}]}
    headers = {"Idempotency-Key": "order 4711"}
    sent = invoke("chat_completions", event(body, headers=headers), StreamingContext(seconds=1))
    assert (sent.status, sent.json["error"]["code"]) == (503, "unavailable")
    assert released.wait(60)
    faults.left = 0
    assert ask(api).status == 200


def test_a_claim_that_cannot_be_given_back_at_once_is_given_back_later(api: Client, upstream: Any) -> None:
    faults = Faults(wiring.dynamodb())
    released = threading.Event()
    after(wiring.dynamodb(), lambda *_: released.set(), "UpdateItem")
    well, upstream.default = upstream.default, refusal(400)
    upstream.default.before = lambda: faults.inflict(refused, "UpdateItem", 3)
    assert ask(api).status == 400
    assert released.wait(60)
    upstream.default = well
    assert ask(api).status == 200


def test_a_claim_that_was_given_back_has_no_holder(api: Client, upstream: Any, record: Record) -> None:
    """So a late renewal does not restore it."""
    upstream.default = refusal(400)
    assert ask(api).status == 400
    assert record.item()["claimedUntilMs"] == {"N": "0"}
    assert "claimId" not in record.item()


def test_a_host_that_ends_gives_its_claims_back(api: Client, upstream: Any, pool: ThreadPoolExecutor) -> None:
    gate = Gate(upstream, "too late")
    first = pool.submit(ask, api)
    try:
        assert gate.reached.wait(60)
        assert ask(api).json["error"]["code"] == "idempotency_in_flight"
        wiring.release_leases()
        rewire()
        next_one = ask(api)
    finally:
        gate.release.set()
    assert next_one.json["choices"][0]["message"]["content"] == "Hello from upstream."
    assert first.result(60).status in (200, 503)
    assert ask(api).json == next_one.json

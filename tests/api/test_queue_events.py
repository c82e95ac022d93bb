"""What `queue_handler` makes of a queue's messages."""

from typing import Any

import pytest

from agentos.api.queue_events import QueueMessage, queue_handler
from tests.support.gateway import Context
from tests.support.logs import captured


def batch(*bodies: str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"id-{body}",
                "receiptHandle": f"receipt-{body}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "2"},
            }
            for body in bodies
        ]
    }


def recorded(seen: list[QueueMessage]) -> Any:
    @queue_handler
    def handler(delivery: QueueMessage) -> bool:
        seen.append(delivery)
        if delivery.document == {"broken": True}:
            raise ValueError("no")
        return delivery.document != {"unfinished": True}

    return handler


def test_a_message_is_handed_on_with_its_count_its_receipt_and_the_time() -> None:
    seen: list[QueueMessage] = []
    assert recorded(seen)(batch('{"n": 1}'), Context(seconds=900)) == {"batchItemFailures": []}
    (delivery,) = seen
    assert delivery.message_id == 'id-{"n": 1}'
    assert (delivery.document, delivery.receives, delivery.receipt) == ({"n": 1}, 2, 'receipt-{"n": 1}')
    assert 0 < delivery.deadline.remaining() <= 900


def test_what_failed_is_named_and_the_rest_is_done() -> None:
    seen: list[QueueMessage] = []
    bodies = ['{"n": 1}', '{"broken": true}', '{"unfinished": true}', '{"n": 2}']
    with captured() as log:
        answer = recorded(seen)(batch(*bodies), Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": f"id-{body}"} for body in bodies[1:3]]}
    assert [delivery.document for delivery in seen] == [{"n": 1}, {"broken": True}, {"unfinished": True}, {"n": 2}]
    assert "ValueError" in log.getvalue()


@pytest.mark.parametrize("body", ["", "no JSON", '{"a": ', "[" * 100_000])
def test_a_body_that_is_no_json_is_none(body: str) -> None:
    seen: list[QueueMessage] = []
    assert recorded(seen)(batch(body), Context()) == {"batchItemFailures": []}
    assert [delivery.document for delivery in seen] == [None]

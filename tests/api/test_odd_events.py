"""Events with fields that are missing or odd: no handler raises, and a client's fault is answered with a 4xx."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agentos.api.endpoint import Response, endpoint
from agentos.api.queue_events import queue_handler
from agentos.api.request import PAGE_PARAMETERS, Request
from agentos.api.table_events import ItemKey, table_handler
from agentos.domain.requests import NewMessage, QueueMessage
from agentos.kernel.clock import Deadline
from tests.support.access import open_to_all
from tests.support.gateway import ROOT, Context
from tests.support.json_values import VALUES
from tests.support.odd_json import spoilt
from tests.support.properties import examples

ODD = st.one_of(st.none(), st.integers(), st.text(), st.lists(st.none(), max_size=2), st.just({}), VALUES)


def recorded(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return event


def odd_event(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """A recorded event with odd fields. It stays an object: Lambda passes on what a service sends, and that is one."""
    return spoilt(recorded(name), ODD).map(lambda event: event if isinstance(event, dict) else {})


@endpoint(open_to_all, "any", body=NewMessage)
def message(body: NewMessage, request: Request) -> Response:
    request.idempotency_key()
    request.prefers_async()
    request.wants_stream()
    request.last_event()
    assert request.path["agentId"]
    assert request.path["sessionId"]
    return Response(body, {})


@endpoint(open_to_all, "any", query=PAGE_PARAMETERS)
def listing(request: Request) -> None:
    request.page()
    assert request.path["agentId"] is not None


@given(odd_event("send_message/keyed"))
@examples(300)
def test_an_odd_event_is_never_an_error_of_ours(event: dict[str, Any]) -> None:
    answer = message(event, Context())
    assert answer["statusCode"] in (200, 400), answer
    json.dumps(answer)


@given(odd_event("list_sessions/of_user"))
@examples(300)
def test_neither_is_that_of_a_list(event: dict[str, Any]) -> None:
    assert listing(event, Context())["statusCode"] in (200, 400)


@given(odd_event("run_turn/ok"))
@examples(200)
def test_an_odd_message_of_a_queue_is_done_or_is_delivered_again(event: dict[str, Any]) -> None:
    @queue_handler
    def handler(message: QueueMessage) -> bool:
        return bool(message.document["turnId"])

    failures = handler(event, Context())["batchItemFailures"]
    assert all(set(one) == {"itemIdentifier"} for one in failures)


@given(odd_event("sweep/ok"))
@examples(200)
def test_an_odd_change_of_the_table_is_done_or_ends_the_batch(event: dict[str, Any]) -> None:
    @table_handler
    def handler(key: ItemKey, deadline: Deadline) -> bool:
        return bool(key["pk"]["S"])

    assert len(handler(event, Context())["batchItemFailures"]) <= 1

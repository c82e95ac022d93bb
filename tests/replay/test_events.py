"""Every file under events/, replayed through the real handler."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.replay.expected import EXPECTED, STREAMS, WORK
from tests.support.gateway import ROOT, Context, handler, invoke
from tests.support.seed import seed

EVENTS = {
    f"{path.parent.name}/{path.stem}": json.loads(path.read_text()) for path in sorted(ROOT.glob("events/*/*.json"))
}


def test_every_event_has_an_expectation() -> None:
    assert set(EVENTS) == set(EXPECTED) | set(STREAMS)
    assert {name for name, event in EVENTS.items() if "Records" in event} == set(STREAMS)


def test_every_function_has_good_and_bad_events() -> None:
    folders = {path.parent.name for path in ROOT.glob("functions/*/app.py")}
    assert {name.partition("/")[0] for name in EVENTS} == folders
    without_input = {"preflight", "health", "providers", "openapi"}
    assert {name.partition("/")[0] for name in EVENTS if "/bad_" in name} == folders - without_input


RESPONSES = (
    *("create_response/", "get_response/", "delete_response/", "cancel_response/", "list_input_items/"),
    "count_response_tokens/",
)
CONVERSATIONS = (
    *("create_conversation/", "get_conversation/", "update_conversation/", "delete_conversation/"),
    *("list_conversation_items/", "add_conversation_items/", "get_conversation_item/"),
)
CHATS = ("chat_completions/", "text_completions/", "embeddings/")
OPENAIS = (*CHATS, *RESPONSES, *CONVERSATIONS, "list_models/", "get_model/", "unknown_route/")
"""Functions whose errors come in OpenAI's envelope, unless the request speaks Anthropic's API."""


@pytest.mark.parametrize("name", EXPECTED)
def test_every_event_gives_the_expected_answer(name: str, api: Any, upstream: Any) -> None:
    seed()
    status, code, field = EXPECTED[name]

    answer = invoke(Path(name).parent.name, EVENTS[name])

    assert answer.status == status, answer.text
    event = EVENTS[name]
    sent = event["headers"].get("x-request-id")
    assert answer.headers["x-request-id"] == (sent or event["requestContext"]["requestId"])
    if status == 204:
        assert answer.text == ""
    elif code and "anthropic-version" in event["headers"]:
        assert set(answer.json) == {"type", "error", "request_id", "agentos"}
        assert set(answer.json["error"]) == {"type", "message"}
        assert answer.json["agentos"]["code"] == code
        assert answer.json["request_id"] == answer.headers["request-id"] == answer.headers["x-request-id"]
        assert field in {error["field"] for error in answer.json["agentos"]["details"].get("errors", [])} | {""}
    elif code and name.startswith(OPENAIS):
        assert set(answer.json) == {"error", "agentos"}
        assert set(answer.json["error"]) == {"message", "type", "param", "code"}
        assert answer.json["error"]["code"] == code
        assert field == (answer.json["error"]["param"] or "")
    elif code:
        assert set(answer.json) == {"code", "message", "details", "requestId"}
        assert answer.json["code"] == code
        assert field in {error["field"] for error in answer.json["details"].get("errors", [])} | {""}


@pytest.mark.parametrize("name", STREAMS)
def test_every_batch_of_a_stream_gives_the_expected_answer(
    name: str, api: Any, upstream: Any, client: Any, table_name: str
) -> None:
    """Only the events that do work change existing records, whatever a record says."""
    seed()
    before = client.call("Scan", TableName=table_name)["Items"]

    answer = handler(Path(name).parent.name)(EVENTS[name], Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": number} for number in STREAMS[name]]}
    assert (client.call("Scan", TableName=table_name)["Items"] == before) == (name not in WORK)


@pytest.mark.parametrize("name", [name for name, (status, _, _) in EXPECTED.items() if status >= 400])
def test_bad_events_store_nothing(name: str, api: Any, upstream: Any, client: Any, table_name: str) -> None:
    seed()
    before = client.call("Scan", TableName=table_name)["Items"]

    invoke(Path(name).parent.name, EVENTS[name])

    assert client.call("Scan", TableName=table_name)["Items"] == before
    assert upstream.requests == []

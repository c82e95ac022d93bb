"""`Idempotency-Key` at every door: a table of all POST routes below /v1, so that a new one cannot be without."""

from typing import Any

import pytest

from tests.functions.conftest import Providers
from tests.support.gateway import Client
from tests.support.template import template

MODEL, SAID = "openai:gpt-4o-mini", [{"role": "user", "content": "Hello"}]

BODIES: dict[str, Any] = {
    "chat_completions": {"model": MODEL, "messages": SAID},
    "text_completions": {"model": MODEL, "prompt": "Hello"},
    "embeddings": {"model": "openai:text-embedding-3-small", "input": "Hello"},
    "create_response": {"model": MODEL, "input": "Hello"},
    "anthropic_messages": {"model": MODEL, "max_tokens": 64, "messages": SAID},
    "create_conversation": {"metadata": {"team": "a"}},
}
"""A request to each function that makes something."""

MAKE_NOTHING = {
    "count_message_tokens": "counts, and generates nothing",
    "count_response_tokens": "counts, and generates nothing",
    "update_conversation": "has the same effect however often it comes",
    "add_conversation_items": "needs a conversation: test_conversations.py",
    "cancel_response": "has the same effect however often it comes",
    "unknown_route": "is no route",
}


def test_the_table_names_every_route() -> None:
    found = set()
    for resource in template()["Resources"].values():
        for event in (resource.get("Properties") or {}).get("Events", {}).values():
            given = event["Properties"]
            if given.get("Method") == "POST" and given["Path"].startswith("/v1/"):
                found.add(resource["Properties"]["CodeUri"].strip("/").rpartition("/")[2])
    assert found == {*BODIES, *MAKE_NOTHING}


@pytest.mark.parametrize("folder", BODIES)
def test_a_repeated_request_gets_the_same_answer(api: Client, providers: Providers, folder: str) -> None:
    headers = {"idempotency-key": "k"}
    first = api(folder, BODIES[folder], headers=headers)
    assert first.status == 200, first.text
    calls = len(providers.openai.requests)
    again = api(folder, BODIES[folder], headers=headers)
    assert (again.status, again.json) == (200, first.json)
    assert len(providers.openai.requests) == calls
    other = api(folder, {**BODIES[folder], "metadata": {"team": "b"}}, headers=headers)
    assert other.status == 422, "the key belongs to another body"


@pytest.mark.parametrize("folder", BODIES)
def test_a_key_that_is_none_is_a_400(api: Client, providers: Providers, folder: str) -> None:
    refused = api(folder, BODIES[folder], headers={"idempotency-key": "x" * 256})
    assert refused.status == 400
    assert "Idempotency-Key" in refused.json["error"]["message"]

"""OpenAI's conversations: metadata that changes, and items that are added without an answer."""

from typing import Any

import pytest

from tests.functions.conftest import Gate, Providers
from tests.support.upstream import answer, calling

MODEL = "openai:gpt-4o-mini"
NOW = {"type": "function", "name": "now", "parameters": {"type": "object", "properties": {}}}
SAID = [
    {"type": "message", "role": "user", "content": "My name is Ada."},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello, Ada."}]},
]
CALLED = [
    {"type": "message", "role": "user", "content": "What time is it?"},
    {"type": "function_call", "call_id": "call_1", "name": "now", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "call_1", "output": "noon"},
    {"type": "message", "role": "assistant", "content": "It is noon."},
]


def good(answer: Any) -> Any:
    assert answer.status == 200, answer.text
    return answer.json


def opened(api: Any, **fields: Any) -> str:
    return str(good(api("create_conversation", fields))["id"])


def add(api: Any, name: str, items: list[Any], headers: dict[str, str] | None = None) -> Any:
    return api("add_conversation_items", {"items": items}, headers=headers, conversationId=name)


def ask(api: Any, name: str, text: str = "And now?", **fields: Any) -> Any:
    return api("create_response", {"model": MODEL, "input": text, "conversation": name, **fields})


def listed(api: Any, name: str) -> list[Any]:
    found = good(api("list_conversation_items", query={"order": "asc"}, conversationId=name))
    return list(found["data"])


def asked(providers: Providers) -> list[tuple[str, Any]]:
    return [(one["role"], one.get("content")) for one in providers.openai.requests[-1]["messages"]]


def test_a_conversation_begins_with_its_items(api: Any, providers: Providers) -> None:
    name = opened(api, items=SAID, metadata={"team": "a"})
    assert providers.openai.requests == []
    assert [item["role"] for item in listed(api, name)] == ["user", "assistant"]
    good(ask(api, name, "Who am I?"))
    assert asked(providers) == [("user", "My name is Ada."), ("assistant", "Hello, Ada."), ("user", "Who am I?")]
    assert len(listed(api, name)) == 4


def test_items_are_added_behind_what_is_there(api: Any, providers: Providers) -> None:
    providers.openai.script += [answer("One."), answer("Two.")]
    name = opened(api)
    good(ask(api, name, "First?"))
    added = good(add(api, name, SAID))
    assert [item["role"] for item in added["data"]] == ["user", "assistant"]
    assert (added["has_more"], added["agentos"]["notes"]) == (False, [])
    assert listed(api, name)[2:] == added["data"]
    good(ask(api, name, "Second?"))
    assert [content for _, content in asked(providers)] == [
        "First?",
        "One.",
        "My name is Ada.",
        "Hello, Ada.",
        "Second?",
    ]


def test_calls_and_their_outputs_are_added_together(api: Any, providers: Providers) -> None:
    name = opened(api)
    kinds = [item["type"] for item in good(add(api, name, CALLED))["data"]]
    assert kinds == ["message", "function_call", "function_call_output", "message"]
    good(ask(api, name, tools=[NOW]))
    sent = providers.openai.requests[-1]["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "assistant", "user"]
    assert sent[1]["tool_calls"][0]["id"] == sent[2]["tool_call_id"] == "call_1"


def test_a_call_that_waits_is_answered_by_an_item(api: Any, providers: Providers) -> None:
    providers.openai.script += [calling(("call_7", "now", "{}")), answer("Noon.")]
    name = opened(api)
    good(ask(api, name, "What time is it?", tools=[NOW]))
    [call] = [item for item in listed(api, name) if item["type"] == "function_call"]
    pending = add(api, name, SAID)
    assert (pending.status, pending.json["error"]["code"]) == (409, "tool_results_pending")
    good(add(api, name, [{"type": "function_call_output", "call_id": call["call_id"], "output": "noon"}]))
    good(ask(api, name, "Thanks?", tools=[NOW]))
    assert [role for role, _ in asked(providers)] == ["user", "assistant", "tool", "user"]


def test_an_output_without_a_call_is_refused(api: Any, providers: Providers) -> None:
    name = opened(api)
    refused = add(api, name, [{"type": "function_call_output", "call_id": "call_9", "output": "4"}])
    assert (refused.status, refused.json["error"]["code"]) == (409, "tool_call_not_open")
    assert listed(api, name) == []


def test_items_added_again_under_their_key_are_the_same(api: Any, providers: Providers) -> None:
    name, headers = opened(api), {"idempotency-key": "k"}
    first = good(add(api, name, CALLED, headers))
    assert good(add(api, name, SAID))["data"]
    assert good(add(api, name, CALLED, headers)) == first
    assert len(listed(api, name)) == 6
    assert add(api, name, SAID, headers).status == 422


def test_no_items_are_added_while_a_response_is_answered(api: Any, providers: Providers, pool: Any) -> None:
    name = opened(api)
    gate = Gate(providers.openai)
    slow = pool.submit(ask, api, name, "Slow?")
    assert gate.reached.wait(30)
    busy = add(api, name, SAID)
    assert (busy.status, busy.json["error"]["code"]) == (409, "session_busy")
    assert int(busy.headers["retry-after"]) >= 1
    gate.release.set()
    good(slow.result(60))
    good(add(api, name, SAID))
    assert len(listed(api, name)) == 4


def test_of_additions_at_once_none_is_lost(api: Any, providers: Providers, pool: Any) -> None:
    name = opened(api)
    items = [{"type": "message", "role": "user", "content": f"Number {index}."} for index in range(8)]
    answers = list(pool.map(lambda item: add(api, name, [item]), items))
    assert {one.status for one in answers} <= {200, 409}
    taken = [good(one)["data"][0]["id"] for one in answers if one.status == 200]
    assert taken
    assert sorted(item["id"] for item in listed(api, name)) == sorted(taken)


@pytest.mark.parametrize("items", [SAID * 41, [{"type": "message", "role": "user", "content": "x" * 1_500_001}]])
def test_too_much_at_once_is_refused(api: Any, providers: Providers, items: list[Any]) -> None:
    name = opened(api)
    refused = add(api, name, items)
    assert refused.status in (400, 413), refused.text
    assert api("create_conversation", {"items": items}).status == refused.status
    assert listed(api, name) == []


def test_a_field_that_is_not_known_is_noted(api: Any, providers: Providers) -> None:
    name = opened(api)
    added = api("add_conversation_items", {"items": [{**SAID[0], "mood": "calm"}], "colour": 1}, conversationId=name)
    assert good(added)["agentos"]["notes"] == [
        "items[].mood left out: it is not known here",
        "colour left out: it is not known here",
    ]


def test_metadata_is_replaced(api: Any, providers: Providers) -> None:
    name = opened(api, items=SAID, metadata={"team": "a", "old": True})
    changed = good(api("update_conversation", {"metadata": {"team": "b"}}, conversationId=name))
    assert changed["metadata"] == {"team": "b"}
    assert good(api("get_conversation", conversationId=name)) == changed
    good(ask(api, name))
    assert len(listed(api, name)) == 4
    assert good(api("get_conversation", conversationId=name))["metadata"] == {"team": "b"}


def test_metadata_that_cannot_be_stored_is_a_413(api: Any, providers: Providers) -> None:
    name = opened(api, metadata={"team": "a"})
    refused = api("update_conversation", {"metadata": {"text": "x" * 400_000}}, conversationId=name)
    assert refused.status == 413
    assert good(api("get_conversation", conversationId=name))["metadata"] == {"team": "a"}


def test_one_item_is_read_by_its_id(api: Any, providers: Providers) -> None:
    name = opened(api)
    good(ask(api, name, "First?"))
    for item in listed(api, name):
        assert good(api("get_conversation_item", conversationId=name, itemId=item["id"])) == item
    assert api("get_conversation_item", conversationId=name, itemId="msg_none").status == 404


def test_what_is_deleted_takes_nothing(api: Any, providers: Providers) -> None:
    name = opened(api)
    good(api("delete_conversation", conversationId=name))
    assert add(api, name, SAID).status == 404
    assert api("update_conversation", {"metadata": {}}, conversationId=name).status == 404


def test_tokens_are_counted_with_what_a_response_goes_on_from(api: Any, providers: Providers) -> None:
    name = opened(api, items=SAID * 20)
    body = {"model": MODEL, "input": "Who am I?"}
    alone = good(api("count_response_tokens", body))
    assert (alone["object"], alone["agentos"]["model"], alone["agentos"]["estimated"]) == (
        "response.input_tokens",
        MODEL,
        True,
    )
    whole = good(api("count_response_tokens", {**body, "conversation": name}))
    assert whole["input_tokens"] > alone["input_tokens"] + 100
    answered = good(ask(api, name, "Who am I?"))
    later = good(api("count_response_tokens", {**body, "previous_response_id": answered["id"]}))
    assert later["input_tokens"] > whole["input_tokens"]
    assert len(providers.openai.requests) == 1

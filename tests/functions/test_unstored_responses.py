"""Responses that go on from what is stored, and are not stored themselves: `store: false`."""

from typing import Any

import pytest

from tests.functions.conftest import Providers
from tests.support.gateway import Client, StreamingContext
from tests.support.responses import checked, checked_events
from tests.support.upstream import answer, calling

MODEL = "openai:gpt-4o-mini"
NOW = {"type": "function", "name": "now", "parameters": {"type": "object", "properties": {}}}


def ask(api: Client, given: Any, **fields: Any) -> Any:
    return api("create_response", {"model": MODEL, "input": given, **fields})


def good(answer: Any) -> Any:
    assert answer.status == 200, answer.text
    return checked(answer.json)


def asked(providers: Providers) -> list[tuple[str, Any]]:
    return [(one["role"], one.get("content")) for one in providers.openai.requests[-1]["messages"]]


@pytest.mark.parametrize("stream", [False, True])
def test_it_goes_on_from_a_response_and_stores_nothing(
    api: Client, providers: Providers, stored: Any, stream: bool
) -> None:
    first = good(ask(api, "First?"))
    good(ask(api, "Second?", previous_response_id=first["id"]))
    before = stored()
    body = {"model": MODEL, "input": "Other?", "previous_response_id": first["id"], "store": False, "stream": stream}
    found = api("create_response", {**body, "instructions": "Be brief."}, context=StreamingContext())
    response = checked_events(found)[-1]["response"] if stream else good(found)
    assert asked(providers)[:1] == [("system", "Be brief.")]
    assert [content for _, content in asked(providers)[1:]] == ["First?", "Hello from upstream.", "Other?"]
    assert (response["store"], response["previous_response_id"]) == (False, first["id"])
    assert stored() == before
    assert api("get_response", responseId=response["id"]).status == 404


def test_it_goes_on_from_a_conversation(api: Client, providers: Providers, stored: Any) -> None:
    conversation = api("create_conversation", {}).json["id"]
    empty = good(ask(api, "Nothing yet?", conversation=conversation, store=False))
    assert asked(providers) == [("user", "Nothing yet?")]
    assert empty["conversation"] == {"id": conversation}
    good(ask(api, "First?", conversation={"id": conversation}))
    before = stored()
    good(ask(api, "Second?", conversation={"id": conversation}, store=False))
    assert [content for _, content in asked(providers)] == ["First?", "Hello from upstream.", "Second?"]
    assert stored() == before


def test_it_goes_on_from_a_session_of_an_agent(api: Client, providers: Providers) -> None:
    agent_id = api.agent(model=MODEL, config={"instructions": "Be kind."})
    session_id = api.session(agent_id)
    assert api.say(agent_id, session_id, "First?").status == 200
    good(ask(api, "Second?", model=f"agent:{agent_id}", conversation=session_id, store=False))
    assert [content for _, content in asked(providers)] == ["Be kind.", "First?", "Hello from upstream.", "Second?"]
    assert api.said(agent_id, session_id) == ["First?", "Hello from upstream."]


def test_calls_are_answered(api: Client, providers: Providers) -> None:
    providers.openai.script += [calling(("call_1", "now", "{}")), answer("Noon.")]
    first = good(ask(api, "When?", tools=[NOW]))
    more = {"previous_response_id": first["id"], "store": False, "tools": [NOW]}
    refused = ask(api, "Well?", **more)
    assert (refused.status, refused.json["error"]["code"]) == (409, "tool_results_pending")
    last = good(ask(api, [{"type": "function_call_output", "call_id": "call_1", "output": "noon"}], **more))
    assert last["output"][0]["content"][0]["text"] == "Noon."
    assert [role for role, _ in asked(providers)] == ["user", "assistant", "tool"]


def test_as_much_goes_along_as_has_room(api: Client, providers: Providers, configure: Any) -> None:
    configure("limits: {historyTokens: 200}")
    first = good(ask(api, "Long? " * 200))
    second = good(ask(api, "Short?", previous_response_id=first["id"]))
    good(ask(api, "Well?", previous_response_id=second["id"], store=False))
    assert [content for _, content in asked(providers)] == ["Short?", "Hello from upstream.", "Well?"]


@pytest.mark.parametrize(("fields", "status", "code"), [
    ({"previous_response_id": "resp_1"}, 400, "previous_response_not_found"),
    ({"previous_response_id": "resp_" + "0" * 78}, 400, "previous_response_not_found"),
    ({"conversation": "conv_1"}, 404, "not_found"),
    ({"conversation": 5}, 400, "invalid_request"),
    ({"conversation": "conv_1", "previous_response_id": "resp_1"}, 400, "invalid_request"),
])  # fmt: skip
def test_what_is_not_there_is_said(
    api: Client, providers: Providers, fields: dict[str, Any], status: int, code: str
) -> None:
    found = ask(api, "Hello", store=False, **fields)
    assert (found.status, found.json["error"]["code"]) == (status, code)
    assert providers.openai.requests == []


def test_another_tenants_response_is_not_there(api: Client, providers: Providers) -> None:
    first = good(ask(api, "First?"))
    found = ask(Client("globex"), "Second?", previous_response_id=first["id"], store=False)
    assert found.json["error"]["code"] == "previous_response_not_found"

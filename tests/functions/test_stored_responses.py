"""OpenAI's Responses with a store: each is a turn in a session, which later ones go on from."""

from typing import Any

import pytest

from agentos.domain.response_ids import RESPONSES_AGENT, response_id
from tests.functions.conftest import Gate, Providers
from tests.support.gateway import Client, Context, StreamingContext, handler
from tests.support.queues import TurnQueue
from tests.support.responses import checked, checked_events
from tests.support.upstream import answer, calling, refusal, streamed_reply

MODEL = "openai:gpt-4o-mini"
NOW = {"type": "function", "name": "now", "parameters": {"type": "object", "properties": {}}}


def ask(api: Any, given: Any = "Hello", headers: dict[str, str] | None = None, **fields: Any) -> Any:
    return api("create_response", {"model": MODEL, "input": given, **fields}, headers=headers)


def good(answer: Any) -> Any:
    assert answer.status == 200, answer.text
    return checked(answer.json)


def asked(providers: Providers, index: int = -1) -> list[tuple[str, Any]]:
    """What the provider was asked: each message's role and content."""
    return [(one["role"], one.get("content")) for one in providers.openai.requests[index]["messages"]]


def test_a_response_goes_on_from_another(api: Any, providers: Providers) -> None:
    providers.openai.script += [answer("One."), answer("Two.")]
    first = good(ask(api, "First?", instructions="Be brief."))
    second = good(ask(api, "Second?", previous_response_id=first["id"]))
    assert first["store"] is second["store"] is True
    assert second["previous_response_id"] == first["id"]
    assert asked(providers) == [("user", "First?"), ("assistant", "One."), ("user", "Second?")]


def test_a_response_is_forked_where_it_is_not_the_newest(api: Any, providers: Providers) -> None:
    providers.openai.script += [answer("One."), answer("Two."), answer("Three."), answer("Four.")]
    first = good(ask(api, "First?"))
    second = good(ask(api, "Second?", previous_response_id=first["id"]))
    other = good(ask(api, "Other?", previous_response_id=first["id"]))
    assert asked(providers) == [("user", "First?"), ("assistant", "One."), ("user", "Other?")]
    good(ask(api, "On?", previous_response_id=second["id"]))
    assert asked(providers)[2:] == [("user", "Second?"), ("assistant", "Two."), ("user", "On?")]
    assert second["id"][:57] == first["id"][:57] != other["id"][:57]


def test_a_response_is_forked_where_its_session_is_busy(api: Any, providers: Providers, pool: Any) -> None:
    first = good(ask(api, "First?"))
    gate = Gate(providers.openai)
    slow = pool.submit(ask, api, "Slow?", previous_response_id=first["id"])
    assert gate.reached.wait(30)
    busy = ask(api, "Keyed?", headers={"idempotency-key": "k"}, previous_response_id=first["id"])
    assert (busy.status, busy.json["error"]["code"]) == (409, "session_busy")
    good(ask(api, "Quick?", previous_response_id=first["id"]))
    gate.release.set()
    good(slow.result())
    assert sorted(asked(providers, index)[-1][1] for index in (1, 2)) == ["Quick?", "Slow?"]


def test_tools_are_answered_by_what_they_returned(api: Any, providers: Providers) -> None:
    providers.openai.script += [calling(("call_1", "now", "{}"), ("call_2", "now", "{}")), answer("Noon.")]
    first = good(ask(api, "When?", tools=[NOW], instructions="Look."))
    outputs = [
        {"type": "function_call_output", "call_id": one["call_id"], "output": "12:00"} for one in first["output"]
    ]
    some = ask(api, outputs[:1], previous_response_id=first["id"], tools=[NOW])
    assert (some.status, some.json["error"]["code"]) == (409, "tool_results_pending")
    last = good(ask(api, outputs, previous_response_id=first["id"], tools=[NOW], tool_choice="required"))
    assert last["output"][0]["content"][0]["text"] == "Noon."
    assert [role for role, _ in asked(providers)] == ["user", "assistant", "tool", "tool"]
    assert providers.openai.requests[-1]["tool_choice"] == "required"
    assert providers.openai.requests[-1]["tools"][0]["function"]["name"] == "now"


def test_a_history_that_the_client_brings_is_stored(api: Any, providers: Providers) -> None:
    items = [
        {"role": "assistant", "content": "Welcome."},
        {"role": "user", "content": "When?"},
        {"type": "function_call", "call_id": "call_1", "name": "now", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "12:00"},
        {"role": "assistant", "content": "Noon."},
        {"role": "user", "content": "And now?"},
    ]
    first = good(ask(api, items))
    before = asked(providers)
    second = good(ask(api, "Well?", previous_response_id=first["id"]))
    assert asked(providers) == [*before, ("assistant", "Hello from upstream."), ("user", "Well?")]
    good(ask(api, "Or?", previous_response_id=first["id"]))  # by a fork
    assert asked(providers) == [*before, ("assistant", "Hello from upstream."), ("user", "Or?")]
    assert second["id"] != first["id"]


def test_items_of_stored_responses_are_referred_to(api: Any, providers: Providers) -> None:
    """As Vercel's AI SDK does it, which sends its whole history."""
    providers.openai.script += [calling(("call_1", "now", "{}"), text="I look."), answer("Noon.")]
    first = good(ask(api, "When?", tools=[NOW]))
    said, called = ({"type": "item_reference", "id": item["id"]} for item in first["output"])
    output = {"type": "function_call_output", "call_id": "call_1", "output": "noon"}
    items = [{"role": "user", "content": "When?"}, said, called, output]
    second = good(ask(api, items, tools=[NOW]))
    assert [role for role, _ in asked(providers)] == ["user", "assistant", "tool"]
    assert providers.openai.requests[-1]["messages"][1]["tool_calls"][0]["id"] == "call_1"
    more = [*items, {"id": second["output"][0]["id"]}, {"role": "user", "content": "Thanks."}]
    good(ask(api, more, tools=[NOW]))
    assert [content for _, content in asked(providers)][3:] == ["Noon.", "Thanks."]
    for unknown in ("msg_1", called["id"][:-1] + "7", "rs", second["id"]):
        refused = ask(api, [{"type": "item_reference", "id": unknown}, {"role": "user", "content": "Hi"}])
        assert (refused.status, refused.json["error"]["param"]) == (400, "input[0].id")
    crossed = ask(Client("globex"), [said, {"role": "user", "content": "Hi"}])
    assert (crossed.status, crossed.json["error"]["param"]) == (400, "input[0].id")


@pytest.mark.parametrize("previous", ["resp_1", "resp_" + "0" * 78, "msg_1", ""])
def test_an_unknown_previous_response_is_a_400(api: Any, providers: Providers, previous: str) -> None:
    refused = ask(api, previous_response_id=previous)
    error = refused.json["error"]
    assert (refused.status, error["code"]) == (400, "previous_response_not_found")
    assert error["param"] == "previous_response_id"
    assert providers.openai.requests == []


def test_another_tenants_response_is_unknown(api: Any, providers: Providers) -> None:
    acme, globex = Client("acme"), Client("globex")
    first = good(ask(acme, "Secret"))
    crossed = ask(globex, previous_response_id=first["id"])
    nobodys = ask(globex, previous_response_id=first["id"][:-1] + ("0" if first["id"][-1] != "0" else "1"))
    assert crossed.status == nobodys.status == 400
    assert crossed.json["error"]["code"] == nobodys.json["error"]["code"] == "previous_response_not_found"
    assert len(providers.openai.requests) == 1


def test_an_agents_session_keeps_the_response(api: Any, providers: Providers) -> None:
    tool = {"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}}
    agent_id = api.agent(model=MODEL, tools=[tool], config={"instructions": "Be kind."})
    first = good(ask(api, "First?", model=f"agent:{agent_id}", instructions="Be brief."))
    assert asked(providers)[0] == ("system", "Be kind.\n\nBe brief.")
    assert providers.openai.requests[-1]["tools"][0]["function"]["name"] == "now"
    good(ask(api, "Second?", model=f"agent:{agent_id}", previous_response_id=first["id"]))
    assert asked(providers)[0] == ("system", "Be kind.")
    sessions = api("list_sessions", agentId=agent_id).json["data"]
    assert [one["messageCount"] for one in sessions] == [4]
    good(ask(api, "Third?", previous_response_id=first["id"]))  # of no agent: in a fork
    assert asked(providers) == [("user", "First?"), ("assistant", "Hello from upstream."), ("user", "Third?")]
    missing = ask(api, model="agent:agent_00000000000000000000000009")
    assert (missing.status, missing.json["error"]["code"]) == (404, "not_found")


def test_a_session_goes_on_in_responses_and_back(api: Any, providers: Providers) -> None:
    agent_id = api.agent(model=MODEL)
    session_id = api.session(agent_id)
    assert api.say(agent_id, session_id, "Natively").status == 200
    response = good(ask(api, "Here", model=f"agent:{agent_id}", conversation=session_id))
    assert response["conversation"] == {"id": session_id}
    assert [content for _, content in asked(providers)] == ["Natively", "Hello from upstream.", "Here"]
    assert api.say(agent_id, session_id, "Back").status == 200
    assert [content for _, content in asked(providers)][2:] == ["Here", "Hello from upstream.", "Back"]
    good(ask(api, "On", model=f"agent:{agent_id}", previous_response_id=response["id"]))  # by a fork
    assert [content for _, content in asked(providers)][2:] == ["Here", "Hello from upstream.", "On"]


@pytest.mark.parametrize(("fields", "status", "param"), [
    ({"conversation": 5}, 400, "conversation"),
    ({"conversation": {}}, 400, "conversation"),
    ({"conversation": "conv_1", "previous_response_id": "resp_1"}, 400, "conversation"),
    ({"conversation": "conv_" + "0" * 52}, 400, "conversation"),
    ({"conversation": "sess_00000000000000000000000009"}, 404, None),
    ({"conversation": "anything"}, 404, None),
    ({"input": [{"role": "user", "content": "Hi"}] * 81}, 400, "input"),
    ({"input": [{"type": "function_call_output", "call_id": "c", "output": "x"}]}, 409, None),
    ({"input": [{"type": "function_call", "call_id": "c", "name": "n", "arguments": "{}"}]}, 409, None),
    ({"input": [{"type": "function_call_output", "call_id": "c" * 300, "output": "x"}]}, 400, "toolCallId"),
    ({"instructions": "x" * 6}, 200, None),
])  # fmt: skip
def test_what_cannot_be_stored_is_refused(
    api: Any, providers: Providers, fields: dict[str, Any], status: int, param: str | None
) -> None:
    found = ask(api, **fields)
    assert found.status == status, found.text
    if status != 200:
        assert found.json["error"]["param"] == param
        assert providers.openai.requests == []


def test_a_stream_has_the_same_ids_as_what_is_stored(api: Any, providers: Providers) -> None:
    providers.openai.script += [streamed_reply("Hel", "lo"), answer("On.")]
    body = {"model": MODEL, "input": "Hi", "stream": True}
    events = checked_events(api("create_response", body, context=StreamingContext()))
    response = events[-1]["response"]
    good(ask(api, "Second?", previous_response_id=response["id"]))
    assert asked(providers) == [("user", "Hi"), ("assistant", "Hello"), ("user", "Second?")]


def test_a_failed_turn_stores_nothing(api: Any, providers: Providers) -> None:
    first = good(ask(api, "First?"))
    providers.openai.default = refusal(401)
    assert ask(api, "Second?", previous_response_id=first["id"]).status == 502
    providers.openai.default = answer("Again.")
    providers.set("OPENAI_API_KEY", "sk-another-0123456789abcdef")
    good(ask(api, "Third?", previous_response_id=first["id"]))
    assert [content for _, content in asked(providers)] == ["First?", "Hello from upstream.", "Third?"]


@pytest.mark.parametrize("stream", [False, True])
def test_the_same_key_has_the_same_answer(api: Any, providers: Providers, stream: bool) -> None:
    def keyed(key: str, **fields: Any) -> Any:
        body = {"model": MODEL, "input": "Hi", "stream": stream, **fields}
        return api("create_response", body, headers={"idempotency-key": key}, context=StreamingContext())

    first = good(ask(api, "First?"))
    previous = {"previous_response_id": first["id"]}
    opened, appended = keyed("a"), keyed("b", **previous)
    forked = keyed("c", **previous)
    calls = len(providers.openai.requests)
    assert keyed("a").text == opened.text
    assert keyed("b", **previous).text == appended.text
    assert keyed("c", **previous).text == forked.text
    assert len({one.text for one in (opened, appended, forked)}) == 3
    assert len(providers.openai.requests) == calls == 4
    for key, place in (("a", {}), ("b", previous), ("c", previous)):
        assert keyed(key, **place, input="Other").status == 422


def read(api: Any, response_id: str, **query: str) -> Any:
    return api("get_response", responseId=response_id, query=query or None)


def test_a_response_is_read_as_it_was_answered(api: Any, providers: Providers) -> None:
    providers.openai.script.append(calling(("call_1", "now", "{}"), text="I look."))
    fields = {"tools": [NOW], "metadata": {"team": "a"}, "instructions": "Look.", "temperature": 0.5}
    first = good(ask(api, "When?", **fields))
    assert good(read(api, first["id"])) == first
    assert first["agentos"]["agentId"] == RESPONSES_AGENT
    path = {"agentId": RESPONSES_AGENT, "sessionId": first["agentos"]["sessionId"]}
    assert [one["role"] for one in api("list_messages", **path).json["data"]] == ["user", "assistant"]


@pytest.mark.parametrize("folder", ["get_response", "delete_response", "cancel_response", "list_input_items"])
@pytest.mark.parametrize("name", ["resp_1", "resp_" + "0" * 78, "msg_" + "0" * 78, "x"])
def test_an_unknown_response_is_a_404(api: Any, folder: str, name: str) -> None:
    answer = api(folder, responseId=name)
    assert (answer.status, answer.json["error"]["code"]) == (404, "not_found")


def test_a_deleted_response_is_hidden_and_later_ones_keep_their_context(api: Any, providers: Providers) -> None:
    first = good(ask(api, "First?"))
    second = good(ask(api, "Second?", previous_response_id=first["id"]))
    gone = api("delete_response", responseId=first["id"])
    assert (gone.status, gone.json) == (200, {"id": first["id"], "object": "response", "deleted": True})
    assert read(api, first["id"]).status == 404
    assert api("delete_response", responseId=first["id"]).status == 404
    assert ask(api, "Again?", previous_response_id=first["id"]).status == 400
    good(ask(api, "Third?", previous_response_id=second["id"]))
    assert [content for _, content in asked(providers)][:3] == ["First?", "Hello from upstream.", "Second?"]


def test_the_events_of_a_response_are_read_once_more(api: Any, providers: Providers) -> None:
    providers.openai.script.append(streamed_reply("Hel", "lo"))
    body = {"model": MODEL, "input": "Hi", "stream": True}
    last = checked_events(api("create_response", body, context=StreamingContext()))[-1]["response"]
    again = checked_events(read(api, last["id"], stream="true"))
    assert again[-1]["response"] == last
    assert [event["delta"] for event in again if "delta" in event] == ["Hello"]
    rest = checked_events(read(api, last["id"], stream="true", starting_after="3"))
    assert rest == again[4:]
    assert read(api, last["id"], stream="true", starting_after="x").json["error"]["param"] == "starting_after"


def test_the_items_of_an_input_are_listed(api: Any, providers: Providers) -> None:
    from openai.types.responses import ResponseItemList

    picture = {"type": "input_image", "image_url": "https://example.com/cat.png", "detail": "low"}
    items = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "input_text", "text": "What?"}, picture]},
        {"role": "assistant", "content": "I look."},
        {"type": "function_call", "call_id": "call_1", "name": "now", "arguments": '{"a": 1}'},
        {"type": "function_call_output", "call_id": "call_1", "output": "noon"},
    ]
    response = good(ask(api, items))

    def page(**query: str) -> Any:
        listed = api("list_input_items", responseId=response["id"], query=query)
        assert listed.status == 200, listed.text
        ResponseItemList.model_validate_json(listed.text, strict=True)
        return listed.json

    found = page(order="asc")
    kinds = ["message", "message", "message", "function_call", "function_call_output"]
    assert [item["type"] for item in found["data"]] == kinds
    assert [item.get("role") for item in found["data"][:3]] == ["system", "user", "assistant"]
    assert found["data"][1]["content"] == items[1]["content"]
    assert found["data"][3]["arguments"] == '{"a":1}'
    assert page()["data"] == found["data"][::-1]
    first = page(limit="2", order="asc")
    assert (first["has_more"], first["last_id"]) == (True, found["data"][1]["id"])
    assert page(after=first["last_id"], order="asc")["data"] == found["data"][2:]
    wrong = api("list_input_items", responseId=response["id"], query={"after": "msg_1"})
    assert (wrong.status, wrong.json["error"]["param"]) == (400, "after")


def test_a_conversation_is_a_session(api: Any, providers: Providers) -> None:
    made = api("create_conversation", {"metadata": {"team": "a"}}).json
    assert made["object"] == "conversation"
    good(ask(api, "First?", conversation=made["id"]))
    second = good(ask(api, "Second?", conversation={"id": made["id"]}))
    assert second["conversation"] == {"id": made["id"]}
    assert [content for _, content in asked(providers)] == ["First?", "Hello from upstream.", "Second?"]
    assert api("get_conversation", conversationId=made["id"]).json["metadata"] == {"team": "a"}
    agent_id, session_id = made["agentos"]["agentId"], made["agentos"]["sessionId"]
    assert api.say(agent_id, session_id, "Natively").status == 200
    assert [content for _, content in asked(providers)][2:] == ["Second?", "Hello from upstream.", "Natively"]
    good(ask(api, "By its session", conversation=session_id))
    gone = api("delete_conversation", conversationId=made["id"])
    assert gone.json == {"id": made["id"], "object": "conversation.deleted", "deleted": True}
    assert api("get_conversation", conversationId=made["id"]).status == 404
    assert read(api, second["id"]).status == 404


def test_the_agent_of_responses_is_not_deleted(api: Any, providers: Providers) -> None:
    first = good(ask(api))
    refused = api("delete_agent", agentId=RESPONSES_AGENT)
    assert (refused.status, refused.json["code"]) == (400, "unsupported")
    assert good(read(api, first["id"])) == first


def test_the_items_of_a_conversation_are_listed(api: Any, providers: Providers) -> None:
    """Those of answers have the ids that their responses gave them."""
    from openai.types.conversations import ConversationItemList

    providers.openai.script += [calling(("call_1", "now", "{}"), text="I look."), answer("Noon.")]
    conversation = api("create_conversation", {}).json["id"]
    first = good(ask(api, "When?", conversation=conversation, tools=[NOW]))
    output = [{"type": "function_call_output", "call_id": "call_1", "output": "noon"}]
    second = good(ask(api, output, conversation=conversation, tools=[NOW]))

    def page(**query: str) -> Any:
        listed = api("list_conversation_items", conversationId=conversation, query=query)
        assert listed.status == 200, listed.text
        ConversationItemList.model_validate_json(listed.text)
        return listed.json

    listed = page(order="asc")["data"]
    assert [one["type"] for one in listed] == [
        "message", "message", "function_call", "function_call_output", "message",
    ]  # fmt: skip
    assert listed[1:3] == first["output"]
    assert listed[4:] == second["output"]
    newest = page(limit="2")
    assert (newest["data"], newest["has_more"]) == ([listed[4], listed[3]], True)
    assert page(after=newest["last_id"])["data"] == [listed[2], listed[1], listed[0]]
    good(ask(api, [{"type": "item_reference", "id": listed[1]["id"]}, {"role": "user", "content": "On?"}]))
    assert asked(providers)[0] == ("assistant", "I look.")
    assert page(after=listed[0]["id"])["data"] == []
    wrong = api("list_conversation_items", conversationId=conversation, query={"after": "msg_1"})
    assert (wrong.status, wrong.json["error"]["param"]) == (400, "after")
    assert api("list_conversation_items", conversationId="conv_1").status == 404


class Background:
    """Responses in the background, and the worker that answers them."""

    def __init__(self, api: Any, queue: TurnQueue) -> None:
        self.api, self.queue = api, queue

    def ask(self, given: Any = "Hello", headers: dict[str, str] | None = None, **fields: Any) -> Any:
        return good(ask(self.api, given, headers, background=True, **fields))

    def run(self) -> None:
        assert handler("run_turn")(self.queue.event(), Context(seconds=900)) == {"batchItemFailures": []}


@pytest.fixture
def background(queue: TurnQueue, providers: Providers, api: Any) -> Background:
    return Background(api, queue)


def test_a_response_is_answered_in_the_background(background: Background, api: Any, providers: Providers) -> None:
    providers.openai.script += [calling(("call_1", "now", "{}")), answer("Noon.")]
    waiting = background.ask("When?", tools=[NOW], instructions="Look.", metadata={"a": "b"})
    assert (waiting["status"], waiting["background"], waiting["output"]) == ("queued", True, [])
    assert ask(api, "Early", previous_response_id=waiting["id"]).status == 400
    assert api("list_input_items", responseId=waiting["id"]).status == 400
    assert read(api, waiting["id"], stream="true").status == 400
    background.run()
    done = good(read(api, waiting["id"]))
    assert (done["status"], done["background"], done["metadata"]) == ("completed", True, {"a": "b"})
    assert (done["id"], done["created_at"]) == (waiting["id"], waiting["created_at"])
    assert asked(providers) == [("system", "Look."), ("user", "When?")]
    output = [{"type": "function_call_output", "call_id": "call_1", "output": "noon"}]
    later = background.ask(output, previous_response_id=done["id"], tools=[NOW])
    background.run()
    assert good(read(api, later["id"]))["output"][0]["content"][0]["text"] == "Noon."
    assert checked_events(read(api, done["id"], stream="true"))[-1]["response"] == done


def test_a_response_in_the_background_is_cancelled(background: Background, api: Any, providers: Providers) -> None:
    waiting = background.ask()
    cancelled = good(api("cancel_response", responseId=waiting["id"]))
    assert (cancelled["status"], cancelled["output"]) == ("cancelled", [])
    background.run()
    assert good(read(api, waiting["id"]))["status"] == "cancelled"
    assert good(api("cancel_response", responseId=waiting["id"]))["status"] == "cancelled"
    assert providers.openai.requests == []


def test_cancelling_ends_a_call_that_is_under_way(
    background: Background, api: Any, providers: Providers, pool: Any, configure: Any
) -> None:
    """The worker sees it when it renews its lease, and ends although the provider has not answered."""
    configure("limits: {leaseSeconds: 3}")
    waiting = background.ask("Slow?")
    gate = Gate(providers.openai)
    working = pool.submit(background.run)
    assert gate.reached.wait(60)
    assert good(read(api, waiting["id"]))["status"] == "in_progress"
    assert good(api("cancel_response", responseId=waiting["id"]))["status"] == "cancelled"
    with pytest.raises(AssertionError):  # the message comes once more, and is then done with
        working.result(timeout=60)
    assert not gate.release.is_set()
    gate.release.set()
    assert good(read(api, waiting["id"]))["status"] == "cancelled"
    background.run()
    assert len(providers.openai.requests) == 1
    path = {"agentId": RESPONSES_AGENT, "sessionId": response_id(waiting["id"]).session_id}
    session = api("get_session", **path).json
    assert (session["state"], session["messageCount"]) == ("idle", 0)
    health = api("health").json["providers"]
    assert not any(one["circuits"] for one in health)


def test_only_what_is_in_the_background_is_cancelled(background: Background, api: Any) -> None:
    refused = api("cancel_response", responseId=good(ask(api))["id"])
    assert (refused.status, refused.json["error"]["code"]) == (400, "unsupported")
    waiting = background.ask()
    background.run()
    assert good(api("cancel_response", responseId=waiting["id"]))["status"] == "completed"


def test_a_failure_in_the_background_is_told(background: Background, api: Any, providers: Providers) -> None:
    providers.openai.default = refusal(401)
    waiting = background.ask()
    background.run()
    failed = good(read(api, waiting["id"]))
    assert (failed["status"], failed["error"]["code"]) == ("failed", "server_error")


def test_a_deleted_response_in_the_background_is_never_answered(background: Background, api: Any) -> None:
    waiting = background.ask()
    assert api("delete_response", responseId=waiting["id"]).status == 200
    background.run()
    assert read(api, waiting["id"]).status == 404


def test_the_same_key_is_one_response_in_the_background(background: Background, providers: Providers) -> None:
    headers = {"idempotency-key": "k"}
    first, again = background.ask(headers=headers), background.ask(headers=headers)
    assert again == first
    background.run()
    assert background.ask(headers=headers)["status"] == "completed"
    assert len(providers.openai.requests) == 1


def test_without_a_queue_there_is_no_background(api: Any, providers: Providers) -> None:
    refused = ask(api, background=True)
    assert (refused.status, refused.json["error"]["code"]) == (400, "unsupported")


def test_a_stream_is_answered_at_once(api: Any, providers: Providers) -> None:
    body = {"model": MODEL, "input": "Hi", "stream": True, "background": True}
    response = checked_events(api("create_response", body, context=StreamingContext()))[-1]["response"]
    assert response["background"] is False
    assert response["agentos"]["notes"] == ["background left out: the answer is streamed"]

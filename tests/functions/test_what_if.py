"""`POST …/what-if`: a stored turn, answered once more by a changed agent."""

from collections.abc import Callable
from typing import Any

import pytest

from agentos import wiring
from agentos.domain.api_keys import NewApiKey
from agentos.domain.usage_records import UsageRecord
from agentos.kernel.clock import Clock, Deadline
from agentos.store.usage import usage_of
from tests.functions.conftest import Chat, Providers, chat, gemini_answer
from tests.support.upstream import answer, calling, refusal
from tests.support.wiring import rewire

Stored = Callable[[], list[dict[str, Any]]]
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}


def what_if(talk: Chat, message_id: str, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    return talk.api("what_if", {"messageId": message_id, **fields}, headers=headers, **talk.path)


@pytest.fixture
def talk(api: Any, providers: Providers) -> Chat:
    """Three turns, each with an answer of its own."""
    talk = chat(api, instructions="Be brief.")
    for number in (1, 2, 3):
        providers.openai.script.append(answer(f"Answer {number}."))
        talk.say(f"Question {number}?", metadata={"number": number})
    providers.openai.requests.clear()
    return talk


def asked(request: dict[str, Any]) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in request["messages"]]


def test_another_model_answers_the_same_question_and_nothing_is_stored(
    talk: Chat, providers: Providers, stored: Stored
) -> None:
    before, session, last = stored(), talk.session(), talk.messages()[-1]
    shown = what_if(talk, last["messageId"], agent={"model": "gemini:flash-1.5"})
    assert shown.status == 200, shown.text
    assert shown.json["stored"] == last
    reply = shown.json["whatIf"]
    assert (reply["content"], reply["model"], reply["finishReason"]) == (
        "Hello from Gemini.",
        "gemini:flash-1.5",
        "stop",
    )
    assert (reply["usage"]["promptTokens"], reply["usage"]["completionTokens"]) == (7, 3)
    assert reply["route"]["requested"] == "gemini:flash-1.5"
    assert shown.headers["x-agentos-model"] == "gemini:flash-1.5"
    assert stored() == before
    assert talk.session() == session
    assert providers.openai.requests == []


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_turn_in_the_middle_is_asked_with_what_came_before_it(talk: Chat, providers: Providers, number: int) -> None:
    reply = talk.messages()[2 * number - 1]
    assert reply["content"] == f"Answer {number}."
    assert what_if(talk, reply["messageId"], agent={"config": {"instructions": "Be verbose."}}).status == 200
    earlier = [
        said for one in range(1, number) for said in (("user", f"Question {one}?"), ("assistant", f"Answer {one}."))
    ]
    assert asked(providers.openai.requests[-1]) == [
        ("system", "Be verbose."),
        *earlier,
        ("user", f"Question {number}?"),
    ]


def test_the_history_is_cut_as_the_changed_agent_cuts_it(talk: Chat, providers: Providers) -> None:
    what_if(talk, talk.messages()[-1]["messageId"], agent={"config": {"historyTokens": 0}})
    assert asked(providers.openai.requests[-1]) == [("system", "Be brief."), ("user", "Question 3?")]


def test_a_history_longer_than_the_window_is_cut_at_a_turn(
    api: Any, providers: Providers, configure: Callable[[str], None]
) -> None:
    configure("limits: {historyMessages: 3}")
    talk = chat(api)
    for number in (1, 2, 3, 4):
        talk.say(f"Question {number}?")
    as_asked = asked(providers.openai.requests[-1])
    for number in (3, 4):
        what_if(talk, talk.messages()[2 * number - 1]["messageId"])
        window = asked(providers.openai.requests[-1])
        assert [text for role, text in window if role == "user"] == [f"Question {number - 1}?", f"Question {number}?"]
    assert window == as_asked


def test_the_unchanged_agent_is_asked_exactly_what_it_was_asked(talk: Chat, providers: Providers) -> None:
    talk.say("And now?")
    what_if(talk, talk.messages()[-1]["messageId"])
    first, second = providers.openai.requests
    assert first == second


def test_rules_see_the_facts_of_the_stored_message(talk: Chat) -> None:
    rule = {"name": "two", "when": {"metadata.number": 2}, "use": "gemini:flash-1.5"}
    answers = [
        what_if(talk, talk.messages()[index]["messageId"], agent={"config": {"routing": {"rules": [rule]}}}).json
        for index in (1, 3, 5)
    ]
    assert [one["whatIf"]["route"]["rule"] for one in answers] == [None, "two", None]
    assert answers[1]["whatIf"]["model"] == "gemini:flash-1.5"


def test_parameters_are_for_the_answer_alone(talk: Chat, providers: Providers) -> None:
    what_if(talk, talk.messages()[-1]["messageId"], parameters={"temperature": 0.5, "maxTokens": 9})
    assert providers.openai.requests[-1]["temperature"] == 0.5
    talk.say("And now?")
    assert "temperature" not in providers.openai.requests[-1]


def test_a_reply_to_tool_results_and_one_that_calls(api: Any, providers: Providers) -> None:
    agent_id = api.agent(model="openai:gpt-4o-mini", tools=[TOOL])
    talk = Chat(api, agent_id, api.session(agent_id))
    providers.openai.script += [calling(("call_1", "add", "{}"), ("call_2", "add", "{}")), answer("4 and 5.")]
    calls = talk.say("Add.").json["toolCalls"]
    for call in calls:
        result = {"role": "tool", "toolCallId": call["id"], "content": f"of {call['id']}"}
        assert api("send_message", result, **talk.path).status == 200
    by_role = [(message["role"], message["messageId"]) for message in talk.messages()]
    assert [role for role, _ in by_role] == ["user", "assistant", "tool", "tool", "assistant"]
    real = providers.openai.requests[-1]["messages"]
    assert what_if(talk, by_role[4][1]).status == 200
    assert providers.openai.requests[-1]["messages"] == real
    providers.openai.script.append(calling(("call_9", "add", "{}")))
    again = what_if(talk, by_role[1][1]).json["whatIf"]
    assert (again["state"], [call["name"] for call in again["toolCalls"]]) == ("requires_action", ["add"])
    assert [role for role, _ in asked(providers.openai.requests[-1])] == ["user"]
    assert talk.say("Go on.").status == 200


def test_a_session_that_keeps_to_a_version_is_changed_from_there(api: Any, providers: Providers) -> None:
    agent_id = api.agent(model="openai:gpt-4o-mini", config={"instructions": "First."})
    talk = Chat(api, agent_id, api.session(agent_id, agentVersion=1))
    reply = talk.say().json
    api("update_agent", {"model": "gemini:flash-1.5", "config": {"instructions": "Second."}}, agentId=agent_id)
    assert what_if(talk, reply["messageId"]).json["whatIf"]["model"] == "openai:gpt-4o-mini"
    assert asked(providers.openai.requests[-1])[0] == ("system", "First.")


def test_a_busy_session_and_its_lease_do_not_matter(talk: Chat, api: Any, stored: Stored) -> None:
    path = ("default", talk.agent_id, talk.session_id)
    with wiring.leases().acquire(path, Deadline.after(10, Clock()), None):
        busy = stored()
        assert what_if(talk, talk.messages()[-1]["messageId"]).status == 200
        assert stored() == busy


def test_usage_counts_it_as_a_completion(talk: Chat, api: Any) -> None:
    message_id = talk.messages()[-1]["messageId"]
    before = usage(talk)
    reply = what_if(talk, message_id, agent={"model": "gemini:flash-1.5"}).json["whatIf"]
    (record,) = [one for one in usage(talk) if one not in before]
    assert (record.door, record.agent_id, record.session_id, record.outcome) == (
        "what_if",
        talk.agent_id,
        None,
        "completed",
    )
    assert [one.model for one in record.attempts] == ["gemini:flash-1.5"]
    assert record.cost.usd is not None
    assert float(record.cost.usd) == reply["usage"]["costUsd"]


def usage(talk: Chat) -> list[UsageRecord]:
    day = 24 * 3600 * 1000
    today = int(wiring.clock().time() * 1000) // day * day
    date = wiring.clock().now()[:10]
    return [usage_of(item) for item in wiring.usage_store().of_day("default", date, today, today + day)]


def test_budgets_bind_it(talk: Chat, api: Any, providers: Providers) -> None:
    assert api("put_tenant_budget", {"period": "day", "usd": 0.000001}, tenant="default").status == 200
    rewire()
    refused = what_if(talk, talk.messages()[-1]["messageId"])
    assert (refused.status, refused.json["code"]) == (429, "budget_exceeded")
    assert providers.openai.requests == []


def test_a_key_gets_the_same_answer_again(talk: Chat, providers: Providers) -> None:
    first, other = talk.messages()[-1]["messageId"], talk.messages()[1]["messageId"]
    headers = {"Idempotency-Key": "once"}
    once, again = (what_if(talk, first, headers) for _ in range(2))
    assert once.json == again.json
    assert len(providers.openai.requests) == 1
    assert what_if(talk, other, headers).json["code"] == "idempotency_mismatch"


def test_failures_are_those_of_a_completion(talk: Chat, providers: Providers, stored: Stored) -> None:
    before = stored()
    providers.openai.script += [refusal(500)] * 2
    providers.gemini.script += [refusal(500)] * 2
    failed = what_if(talk, talk.messages()[-1]["messageId"])
    assert (failed.status, failed.json["code"]) == (502, "upstream_failed")
    assert failed.json["details"]["attempts"]
    assert stored() == before
    providers.gemini.script.append(gemini_answer("From the fallback."))
    providers.openai.script += [refusal(500)] * 2
    assert what_if(talk, talk.messages()[-1]["messageId"]).json["whatIf"]["content"] == "From the fallback."


def test_a_key_of_callers_bounds_the_models(talk: Chat, api: Any, environment: pytest.MonkeyPatch) -> None:
    message_id = talk.messages()[-1]["messageId"]
    key = wiring.api_keys().create(NewApiKey(tenant="default", name="n", scopes=("chat",), models=("openai:*",)))
    other = wiring.api_keys().create(NewApiKey(tenant="acme", name="n", scopes=("chat",)))
    reading = wiring.api_keys().create(NewApiKey(tenant="default", name="n", scopes=("agents:read",)))
    environment.setenv("AUTH_MODE", "keys")
    rewire()
    model = {"agent": {"model": "gemini:flash-1.5", "config": {"fallbackModel": None}}}

    def ask(key: Any) -> Any:
        return what_if(talk, message_id, {"x-api-key": key.key}, **model)

    assert "not_allowed" in ask(key).text
    assert (ask(other).status, ask(reading).status) == (404, 403)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"messageId": "msg_0"}, "messageId"),
        ({"messageId": ""}, "messageId"),
        ({"agent": {"model": "nobody:x"}}, "agent.model"),
        ({"agent": {"config": {"fallbackModell": "x"}}}, "agent.config.fallbackModell"),
        ({"parameters": {"temperature": 9}}, "parameters.temperature"),
        ({"parameters": {"toolChoice": "required"}}, "parameters.toolChoice"),
        ({"simulateFailures": {}}, "simulateFailures"),
    ],
)
def test_a_mistake_is_named(talk: Chat, providers: Providers, fields: Any, field: str) -> None:
    body = {"messageId": talk.messages()[-1]["messageId"], **fields}
    refused = talk.api("what_if", body, **talk.path)
    assert (refused.status, refused.json["details"]["errors"][0]["field"]) == (400, field)
    assert providers.openai.requests == []


def test_a_question_is_no_reply(talk: Chat) -> None:
    refused = what_if(talk, talk.messages()[0]["messageId"])
    assert (refused.status, refused.json["details"]["errors"][0]["field"]) == (400, "messageId")


def test_what_does_not_exist_is_a_404(talk: Chat, api: Any) -> None:
    body = {"messageId": talk.messages()[-1]["messageId"]}
    assert api("what_if", body, agentId=talk.agent_id, sessionId=api.session(talk.agent_id)).status == 400
    assert api("what_if", body, agentId=talk.agent_id, sessionId="sess_1").status == 404
    assert api("what_if", body, agentId="agent_1", sessionId=talk.session_id).status == 404

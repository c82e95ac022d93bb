"""Tools from end to end: calls, results and answers, with wire formats that alternate."""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest

from tests.functions.conftest import Providers, gemini_answer, gemini_calling
from tests.support.gateway import Answer, Client
from tests.support.upstream import Reply, Upstream, answer, calling, refusal

OPENAI, GEMINI = "openai:gpt-4o-mini", "gemini:flash-1.5"
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
    for name in ("weather", "now")
]
PARIS, TOKYO = ("call_1", "weather", {"city": "Paris", "days": 3}), ("call_2", "weather", {"city": "東京"})
NOW = ("call_3", "now", {})
INSTRUCTIONS = "Be brief."


@dataclass
class Talk:
    """A session of an agent with tools. `first` answers, else the provider of the other format."""

    api: Client
    providers: Providers
    first: str
    path: dict[str, str]

    @property
    def upstream(self) -> Upstream:
        return self.providers.openai if self.first == OPENAI else self.providers.gemini

    def calls(self, *calls: tuple[Any, str, Any]) -> None:
        """Script the calls of the next answer."""
        self.upstream.script.append(_calling(self.first, *calls))

    def answers(self, text: str) -> None:
        self.upstream.script.append(answer(text) if self.first == OPENAI else gemini_answer(text))

    def say(self, content: str = "How is the weather?") -> Answer:
        return self.api.say(*self.path.values(), content)

    def give(self, *call_ids: str) -> Answer:
        """Results for these calls, at once."""
        results = [{"role": "tool", "toolCallId": one, "content": f"result of {one}"} for one in call_ids]
        return self.api("send_message", results[0] if len(results) == 1 else {"messages": results}, **self.path)

    def exchanges(self) -> list[tuple[list[str], list[str]]]:
        """The calls and results in the last request: ids of calls, each with ids of results."""
        return _exchanges(self.upstream.requests[-1])


def _calling(model: str, *calls: tuple[Any, str, Any]) -> Reply:
    if model == GEMINI:
        return gemini_calling(*calls)
    return calling(*((i, name, args if isinstance(args, str) else json.dumps(args)) for i, name, args in calls))


def _exchanges(request: dict[str, Any]) -> list[tuple[list[str], list[str]]]:
    """Every answer's calls with the results that follow it directly, whatever the wire format."""
    found: list[tuple[list[str], list[str]]] = []
    for message in request.get("messages", ()):
        if message.get("tool_calls"):
            found.append(([call["id"] for call in message["tool_calls"]], []))
        elif message["role"] == "tool":
            found[-1][1].append(message["tool_call_id"])
    for content in request.get("contents", ()):
        calls = [part["functionCall"]["id"] for part in content["parts"] if "functionCall" in part]
        results = [part["functionResponse"]["id"] for part in content["parts"] if "functionResponse" in part]
        if calls:
            found.append((calls, []))
        elif results:
            found[-1][1].extend(results)
    return found


def _instructions(request: dict[str, Any]) -> str:
    if "contents" in request:
        return str(request["systemInstruction"]["parts"][0]["text"])
    return str(request["messages"][0]["content"])


def begun(api: Client, providers: Providers, first: str, **config: Any) -> Talk:
    fallback = GEMINI if first == OPENAI else OPENAI
    config = {"fallbackModel": fallback, "instructions": INSTRUCTIONS, **config}
    agent_id = api.agent(model=first, tools=TOOLS, config=config)
    return Talk(api, providers, first, {"agentId": agent_id, "sessionId": api.session(agent_id)})


@pytest.fixture(params=[OPENAI, GEMINI])
def talk(api: Client, providers: Providers, request: pytest.FixtureRequest) -> Talk:
    return begun(api, providers, request.param)


def test_one_call_one_result_one_answer(talk: Talk) -> None:
    talk.calls(PARIS)
    asked = talk.say()
    assert (asked.status, asked.json["state"], asked.json["finishReason"]) == (200, "requires_action", "tool_calls")
    assert asked.json["toolCalls"] == [{"id": "call_1", "name": "weather", "arguments": PARIS[2]}]

    talk.answers("Sunny.")
    done = talk.give("call_1")
    assert (done.status, done.json["state"], done.json["content"]) == (200, "completed", "Sunny.")
    assert talk.exchanges() == [(["call_1"], ["call_1"])]
    roles = [m["role"] for m in talk.api("list_messages", **talk.path).json["data"]]
    assert roles == ["user", "assistant", "tool", "assistant"]


def test_several_results_at_once_in_any_order(talk: Talk) -> None:
    talk.calls(PARIS, TOKYO, NOW)
    talk.say()
    talk.answers("Fine.")
    assert talk.give("call_3", "call_1", "call_2").json["content"] == "Fine."
    ((calls, results),) = talk.exchanges()
    assert calls == ["call_1", "call_2", "call_3"]
    assert sorted(results) == calls


def test_partial_results_are_accepted_and_no_provider_is_asked_until_all_have_come(talk: Talk) -> None:
    talk.calls(PARIS, TOKYO, NOW)
    asked = talk.say()
    for given, left in (("call_2", ["call_1", "call_3"]), ("call_1", ["call_3"])):
        partial = talk.give(given)
        assert (partial.status, partial.json["state"]) == (200, "requires_action")
        assert [call["id"] for call in partial.json["toolCalls"]] == left
        assert partial.json["messageId"] == asked.json["messageId"]
        assert partial.json["usage"]["totalTokens"] == 0
        assert partial.headers["x-agentos-attempts"] == "0"
    assert len(talk.upstream.requests) == 1

    usage = talk.api("get_session", **talk.path).json["usage"]
    assert usage["totalTokens"] == asked.json["usage"]["totalTokens"]
    talk.answers("At last.")
    assert talk.give("call_3").json["content"] == "At last."
    assert sorted(talk.exchanges()[0][1]) == ["call_1", "call_2", "call_3"]


def test_a_message_is_refused_while_results_are_missing(talk: Talk) -> None:
    talk.calls(PARIS, TOKYO)
    talk.say()
    talk.give("call_1")
    before = talk.api("list_messages", **talk.path).json
    refused = talk.say("Never mind.")
    assert (refused.status, refused.json["code"]) == (409, "tool_results_pending")
    assert refused.json["details"]["toolCallIds"] == ["call_2"]
    assert talk.api("list_messages", **talk.path).json == before
    assert talk.give("call_2").status == 200
    assert talk.say("And now?").status == 200


@pytest.mark.parametrize("given", [("call_9",), ("call_1", "call_1"), ("call_2", "call_9"), ("CALL_1",)])
def test_an_unexpected_result_is_refused_with_all_others_of_its_request(talk: Talk, given: tuple[str, ...]) -> None:
    talk.calls(PARIS, TOKYO)
    talk.say()
    before = talk.api("list_messages", **talk.path).json
    refused = talk.give(*given)
    assert (refused.status, refused.json["code"]) == (409, "tool_call_not_open")
    assert talk.api("list_messages", **talk.path).json == before
    assert len(talk.upstream.requests) == 1
    assert talk.give("call_1", "call_2").status == 200


def test_a_result_is_accepted_once(talk: Talk) -> None:
    assert talk.give("call_1").json["code"] == "tool_call_not_open"
    talk.calls(PARIS, TOKYO)
    talk.say()
    assert talk.give("call_1").status == 200
    assert talk.give("call_1").json["details"]["toolCallIds"] == ["call_2"]
    assert talk.give("call_2").status == 200
    assert talk.give("call_2").json["code"] == "tool_call_not_open"


def test_rounds_of_calls_go_on_until_there_is_an_answer(talk: Talk) -> None:
    talk.calls(PARIS)
    talk.say()
    talk.calls(TOKYO)
    assert talk.give("call_1").json["state"] == "requires_action"
    talk.calls(NOW)
    assert talk.give("call_2").json["state"] == "requires_action"
    talk.answers("Done.")
    assert talk.give("call_3").json["state"] == "completed"
    assert talk.exchanges() == [([one], [one]) for one in ("call_1", "call_2", "call_3")]


def test_a_failed_answer_to_results_leaves_the_calls_open(talk: Talk) -> None:
    talk.calls(PARIS)
    talk.say()
    for provider in (talk.providers.openai, talk.providers.gemini):
        provider.script.append(refusal(400))
    assert talk.give("call_1").status >= 400
    talk.answers("Now.")
    assert talk.give("call_1").json["content"] == "Now."


def test_a_provider_of_the_other_format_takes_over_the_whole_history(talk: Talk) -> None:
    other, others = (GEMINI, talk.providers.gemini) if talk.first == OPENAI else (OPENAI, talk.providers.openai)
    talk.calls(PARIS, TOKYO)
    talk.say()
    talk.give("call_2")
    talk.upstream.script.append(refusal(401))
    others.script.append(_calling(other, NOW))
    crossed = talk.give("call_1")
    assert (crossed.status, crossed.json["model"], crossed.json["route"]["fallbackUsed"]) == (200, other, True)
    ((calls, results),) = _exchanges(others.requests[-1])
    assert (calls, sorted(results)) == (["call_1", "call_2"], ["call_1", "call_2"])
    assert "東京" in json.dumps(others.requests[-1], ensure_ascii=False)
    assert _instructions(others.requests[-1]) == INSTRUCTIONS

    talk.answers("Back again.")
    assert talk.give("call_3").json["model"] == talk.first
    assert [calls for calls, _ in talk.exchanges()] == [["call_1", "call_2"], ["call_3"]]


def test_missing_ids_are_generated_and_lead_back_to_their_calls(talk: Talk) -> None:
    talk.calls((None, "weather", {"city": "Paris"}), (None, "weather", {"city": "Rome"}))
    ids = [call["id"] for call in talk.say().json["toolCalls"]]
    assert len(set(ids)) == 2
    assert all(re.fullmatch(r"call_[0-9a-f]{24}", one) for one in ids)
    talk.answers("Fine.")
    assert talk.give(*ids).json["content"] == "Fine."
    assert talk.exchanges() == [(ids, ids)]


@pytest.mark.parametrize("text", ['{"city": "Par', "[1]", '"Paris"', '{"a": NaN}'])
def test_arguments_that_are_no_json_object_are_flagged(api: Client, providers: Providers, text: str) -> None:
    talk = begun(api, providers, OPENAI)
    talk.calls(("call_1", "weather", text))
    (call,) = talk.say().json["toolCalls"]
    assert call == {"id": "call_1", "name": "weather", "arguments": {}, "invalidArguments": text}
    assert talk.give("call_1").status == 200
    sent = talk.upstream.requests[-1]["messages"][2]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(sent) == {"invalidArguments": text}


@pytest.mark.parametrize("text", ["", "{}", "null", " "])
def test_a_call_without_arguments_has_an_empty_object(api: Client, providers: Providers, text: str) -> None:
    talk = begun(api, providers, OPENAI)
    talk.calls(("call_1", "now", text))
    assert talk.say().json["toolCalls"] == [{"id": "call_1", "name": "now", "arguments": {}}]


@pytest.mark.parametrize("first", [OPENAI, GEMINI])
@pytest.mark.parametrize("budget", [0, 30, 60, 90, 120, 200])
def test_a_window_of_any_size_never_separates_calls_from_results(
    api: Client, providers: Providers, first: str, budget: int
) -> None:
    talk = begun(api, providers, first, historyTokens=budget)
    for number in range(4):
        ids = [f"call_{number}_{one}" for one in range(number % 3 + 1)]
        talk.calls(*((one, "now", {}) for one in ids))
        talk.say()
        for one in ids:
            talk.give(one)
            for request in talk.upstream.requests:
                assert all(calls == sorted(results) for calls, results in _exchanges(request))
        assert talk.exchanges()[-1][0] == ids  # the open turn is sent whatever the budget is
        assert talk.say("thanks").status == 200
    assert {_instructions(request) for request in talk.upstream.requests} == {INSTRUCTIONS}

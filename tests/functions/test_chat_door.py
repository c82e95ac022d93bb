"""OpenAI's door is lenient, and notes what it leaves out. Runs the real functions with two wire formats."""

import json
from typing import Any

import pytest

from tests.functions.conftest import Providers, gemini_answer
from tests.support.gateway import StreamingContext
from tests.support.upstream import answer, calling, chunk, refusal, streamed_reply

OPENAI, GEMINI = "openai:gpt-4o-mini", "gemini:flash-1.5"
NOW = {"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}}


def ask(api: Any, content: Any = "Hello", **fields: Any) -> Any:
    return api("chat_completions", {"model": OPENAI, "messages": [{"role": "user", "content": content}], **fields})


def chunks(answer: Any) -> list[Any]:
    """The chunks of a streamed answer."""
    *events, done, end = answer.text.split("\n\n")
    assert (done, end) == ("data: [DONE]", "")
    return [json.loads(event.removeprefix("data: ")) for event in events]


def notes(answer: Any) -> list[str]:
    assert answer.status == 200, answer.text
    return list(answer.json["agentos"]["notes"])


CARRIED = {
    "seed": 7,
    "presence_penalty": 0.5,
    "frequency_penalty": -0.5,
    "logit_bias": {"50256": -100.0},
    "service_tier": "flex",
}


def test_parameters_reach_openai_unchanged(api: Any, providers: Providers) -> None:
    assert notes(ask(api, **CARRIED)) == []
    sent = providers.openai.requests[0]
    assert {name: sent[name] for name in CARRIED} == CARRIED
    assert type(sent["logit_bias"]["50256"]) is int  # OpenAI takes integers alone


def test_parameters_reach_gemini_in_its_own_form_and_the_rest_is_noted(api: Any, providers: Providers) -> None:
    answer = ask(api, model=GEMINI, top_k=40, reasoning_effort="low", **CARRIED)
    assert providers.gemini.requests[0]["generationConfig"] == {
        "seed": 7, "presencePenalty": 0.5, "frequencyPenalty": -0.5, "topK": 40,
        "thinkingConfig": {"thinkingLevel": "low"},
    }  # fmt: skip
    left_out = ["logit_bias", "service_tier"]
    assert notes(answer) == [f"{name} left out: the model does not take it" for name in left_out]
    attempts = answer.json["agentos"]["route"]["attempts"]
    assert "logitBias left out: the model does not take it" in attempts[0]["notes"]


def test_parameters_that_are_sent_to_no_provider_are_noted(api: Any, providers: Providers) -> None:
    accepted = {"logprobs": True, "top_logprobs": 3}
    assert notes(ask(api, **accepted)) == [f"{name} left out: answers have no probabilities here" for name in accepted]
    assert not accepted.keys() & providers.openai.requests[0].keys()


def test_a_parameter_without_effect_makes_no_note(api: Any, providers: Providers) -> None:
    nothing = {"logprobs": False, "n": 1, "service_tier": "auto", "store": False, "modalities": ["text"], "audio": None}
    nothing |= {"response_format": {"type": "text"}, "functions": None, "stop": None, "logit_bias": {}}
    assert notes(ask(api, **nothing)) == []
    assert providers.openai.requests[0].keys() == {"model", "messages"}


def test_an_unknown_field_is_named_in_a_note(api: Any, providers: Providers) -> None:
    answer = ask(
        api, best_of=2, prediction={"type": "content"}, store=True, stream_options={"include_obfuscation": True}
    )
    unknown = "left out: it is not known here"
    assert notes(answer) == [
        f"best_of {unknown}", f"prediction {unknown}", "store left out: nothing is stored here",
        f"stream_options.include_obfuscation {unknown}",
    ]  # fmt: skip


def test_notes_are_bounded(api: Any, providers: Providers) -> None:
    found = notes(ask(api, **{f"{'x' * 300}{number}": 1 for number in range(10)}, **{f"y{n}": 1 for n in range(500)}))
    assert len(found) == 51
    assert found[-1] == "and 451 more"  # the long names are equal after they are cut
    assert max(map(len, found)) < 300


def test_a_stream_has_the_notes_in_its_last_event_before_the_usage(api: Any, providers: Providers) -> None:
    providers.openai.script.append(streamed_reply("Hel", "lo"))
    body = {"model": OPENAI, "messages": [{"role": "user", "content": "Hi"}], "stream": True, "best_of": 2}
    answer = api("chat_completions", body | {"stream_options": {"include_usage": True}}, context=StreamingContext())
    sent = chunks(answer)
    assert ["agentos" in chunk for chunk in sent][-3:] == [False, True, False]
    assert sent[-2]["agentos"]["notes"] == ["best_of left out: it is not known here"]


@pytest.mark.parametrize(("fields", "param"), [
    ({"top_p": 7}, "top_p"),
    ({"max_completion_tokens": 0}, "max_completion_tokens"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"seed": "x"}, "seed"),
    ({"presence_penalty": 3}, "presence_penalty"),
    ({"logit_bias": {"1": 200}}, "logit_bias.1"),
    ({"logit_bias": {"1": 0.5}}, "logit_bias.1"),
    ({"logit_bias": {"1": True}}, "logit_bias.1"),
    ({"logprobs": "yes"}, "logprobs"),
    ({"reasoning_effort": "huge"}, "reasoning_effort"),
    ({"verbosity": 5}, "verbosity"),
    ({"response_format": "json"}, "response_format"),
    ({"stop": ["a", 5]}, "stop[1]"),
    ({"tools": ["now"]}, "tools[0]"),
    ({"tools": [{"type": "function"}]}, "tools[0].function"),
    ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name"),
    ({"tools": [{"type": "function", "function": {"name": "n", "parameters": "{}"}}]}, "tools[0].function.parameters"),
    ({"functions": [{"name": "now"}], "function_call": {"name": "then"}}, "function_call.name"),
    ({"functions": [{"name": "now"}], "function_call": "always"}, "function_call"),
    ({"function_call": {"name": "now"}}, "function_call.name"),
    ({"messages": [{"role": "function", "name": "now", "content": ""}]}, "messages[0].name"),
    ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "messages[0].content[0]"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
     "messages[0].content[0].image_url.url"),
    ({"messages": [{"role": "user", "content": " "}, {"role": "system", "content": []}]}, "messages"),
])  # fmt: skip
def test_a_bad_value_is_named_as_the_client_wrote_it(
    api: Any, providers: Providers, fields: dict[str, Any], param: str
) -> None:
    answer = ask(api, **fields)
    assert (answer.status, answer.json["error"]["code"], answer.json["error"]["param"]) == (
        400,
        "invalid_request",
        param,
    )
    assert answer.json["error"]["message"].startswith(f"{param}: ")
    assert providers.openai.requests == []


@pytest.mark.parametrize("fields", [{"n": 2}, {"modalities": ["text", "audio"]}, {"tool_choice": {"type": "mcp"}}])
def test_a_parameter_that_would_change_the_answer_is_refused(
    api: Any, providers: Providers, fields: dict[str, Any]
) -> None:
    answer = ask(api, **fields)
    assert (answer.status, answer.json["error"]["code"]) == (400, "unsupported")
    assert next(iter(fields)) in answer.json["error"]["message"]


def test_tools_with_unknown_fields_and_long_descriptions_are_accepted(api: Any, providers: Providers) -> None:
    closed = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    function = {"name": "now", "description": "d" * 9000, "parameters": closed, "examples": ["now"]}
    tool = {"type": "function", "function": function, "cache_control": {"type": "ephemeral"}, "strict": True}
    answer = ask(api, tools=[tool, {"type": "web_search"}])
    assert notes(answer) == [
        "tools[].cache_control left out: it is not known here",
        "tools[].function.examples left out: it is not known here",
        "tools[1] left out: a tool of the type 'web_search' cannot be executed here",
        "descriptions of tools cut to 1024 characters",
    ]
    (sent,) = providers.openai.requests[0]["tools"]
    assert sent["function"]["description"].startswith("d" * 1000)
    assert sent["function"]["strict"] is True


def test_empty_texts_and_messages_are_left_out(api: Any, providers: Providers) -> None:
    picture = {"type": "image_url", "image_url": "https://example.com/cat.png"}
    messages = [
        {"role": "developer", "content": "\u3000"},
        {"role": "user", "content": [{"type": "text", "text": " "}, picture]},
        {"role": "assistant", "content": None, "refusal": None, "audio": None, "annotations": []},
        {"role": "user", "content": "And?"},
    ]
    assert notes(ask(api, messages=messages)) == [
        "messages[0] left out: it is empty",
        "messages[1].content[0] left out: it is empty",
        "messages[2] left out: it is empty",
    ]
    first, second = providers.openai.requests[0]["messages"]
    assert [part["type"] for part in first["content"]] == ["image_url"]
    assert first["content"][0]["image_url"]["url"] == "https://example.com/cat.png"
    assert second == {"role": "user", "content": "And?"}


def test_thoughts_from_the_client_are_left_out_and_noted(api: Any, providers: Providers) -> None:
    call = {"id": "", "type": "function", "function": {"name": "now", "arguments": {"zone": "UTC"}}}
    messages = [
        {"role": "user", "content": "When?"},
        {"role": "assistant", "reasoning_content": "Hm.", "tool_calls": [{**call, "extra_content": {"google": {}}}]},
        {"role": "tool", "tool_call_id": "", "name": "now", "content": [{"type": "text", "text": " "}]},
    ]
    assert notes(ask(api, messages=messages, tools=[NOW])) == [
        "messages[].reasoning_content left out: it is not known here",
        "messages[].tool_calls[].extra_content left out: it is not known here",
        "messages[2].content[0] left out: it is empty",
        "1 ids of tool calls replaced",
    ]
    _, asked, result = providers.openai.requests[0]["messages"]
    assert asked["tool_calls"][0]["function"] == {"name": "now", "arguments": '{"zone":"UTC"}'}
    assert result["content"] == ""


def test_an_assistants_message_is_accepted_in_every_form(api: Any, providers: Providers) -> None:
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [{"type": "text", "text": "One, "}, {"type": "text", "text": "two."}]},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "I will not."}]},
        {"role": "assistant", "content": None, "refusal": "Nor will I."},
        {"role": "user", "content": "Go on"},
    ]
    assert notes(ask(api, messages=messages)) == []
    said = [message["content"] for message in providers.openai.requests[0]["messages"]]
    assert said == ["Hi", "One, two.", "I will not.", "Nor will I.", "Go on"]


def test_a_speakers_name_is_passed_on_or_noted(api: Any, providers: Providers) -> None:
    providers.openai.default = refusal(500)
    messages = [{"role": "user", "content": "Hi", "name": "Ann O'Hara"}]
    answer = ask(api, model=f"{OPENAI}, {GEMINI}", messages=messages)
    assert providers.openai.requests[0]["messages"] == [{"role": "user", "content": "Hi", "name": "Ann_O_Hara"}]
    assert notes(answer) == ["names of speakers left out: the model does not take them"]
    assert "Ann" not in str(providers.gemini.requests)


def test_functions_are_accepted_as_the_older_form_of_tools(api: Any, providers: Providers) -> None:
    providers.openai.script.append(calling(("call_1", "now", '{"zone": "UTC"}')))
    functions = [{"name": "now", "parameters": {"type": "object"}}]
    first = ask(api, functions=functions, function_call={"name": "now"})
    choice = first.json["choices"][0]
    assert choice["finish_reason"] == "function_call"
    assert choice["message"]["function_call"] == {"name": "now", "arguments": '{"zone":"UTC"}'}
    assert "tool_calls" not in choice["message"]
    sent = providers.openai.requests[0]
    assert sent["tools"][0]["function"]["name"] == "now"
    assert sent["tool_choice"] == {"type": "function", "function": {"name": "now"}}
    assert sent["parallel_tool_calls"] is False

    history = [
        {"role": "user", "content": "When?"}, choice["message"], {"role": "function", "name": "now", "content": "noon"},
    ]  # fmt: skip
    assert notes(ask(api, messages=history, functions=functions)) == []
    _, call, result = providers.openai.requests[1]["messages"]
    assert call["tool_calls"][0]["id"] == result["tool_call_id"]
    assert (result["role"], result["content"]) == ("tool", "noon")


def test_functions_are_called_in_a_stream(api: Any, providers: Providers) -> None:
    providers.openai.script.append(calling(("call_1", "now", "{}")))
    body = {"model": OPENAI, "messages": [{"role": "user", "content": "When?"}], "stream": True}
    answer = api("chat_completions", body | {"functions": [{"name": "now"}]}, context=StreamingContext())
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks(answer)]
    assert {"function_call": {"name": "now", "arguments": "{}"}} in deltas


def test_cached_tokens_and_names_of_our_own_never_appear_in_a_message(api: Any, providers: Providers) -> None:
    providers.openai.default = answer("Hi")
    providers.gemini.default = gemini_answer("Hi")
    usage = ask(api).json["usage"]
    assert usage["prompt_tokens_details"] == {"cached_tokens": 0, "cache_write_tokens": 0}
    assert usage["completion_tokens_details"] == {"reasoning_tokens": 0}
    refused = ask(api, tools=[NOW], tool_choice={"type": "function", "function": {"name": "then"}})
    assert refused.json["error"]["param"] == "tool_choice.function.name"
    assert "toolChoice" not in refused.json["error"]["message"]


def test_reasoning_tokens_and_thoughts_of_the_provider_are_passed_on(api: Any, providers: Providers) -> None:
    thought = answer("Four.", completion_tokens_details={"reasoning_tokens": 3})
    thought.body["choices"][0]["message"]["reasoning_content"] = "Two and two."
    providers.openai.default = thought
    first = ask(api).json
    assert first["choices"][0]["message"]["reasoning_content"] == "Two and two."
    assert first["usage"]["completion_tokens_details"] == {"reasoning_tokens": 3}
    assert "reasoning_content" not in ask(api, include_reasoning=False).json["choices"][0]["message"]


def test_thoughts_in_a_stream_are_passed_on_and_replayed(api: Any, providers: Providers) -> None:
    providers.openai.script.append(
        streamed_reply(chunk({"reasoning_content": "Two "}), chunk({"reasoning_content": "and two."}), "Four.")
    )
    body = {"model": OPENAI, "messages": [{"role": "user", "content": "2 + 2?"}], "stream": True}
    for _ in range(2):
        streamed = api("chat_completions", body, headers={"idempotency-key": "thoughts"}, context=StreamingContext())
        deltas = [one["choices"][0]["delta"] for one in chunks(streamed)]
        assert "".join(delta.get("content") or "" for delta in deltas) == "Four."
        thoughts = [delta["reasoning_content"] for delta in deltas if "reasoning_content" in delta]
        assert thoughts == ["Two ", "and two."]
        assert ["content" in delta for delta in deltas].index(True, 1) == 3, "they come before the text"
    assert len(providers.openai.requests) == 1


NONSENSE: list[Any] = [5, "", "x", True, [], {}, [5], [[]], [{}], [None], {"type": ["x"]}, [{"type": None}], 1e300, -1]
FIELDS = [
    "model", "messages", "tools", "tool_choice", "functions", "function_call", "n", "modalities", "store", "stream",
    "stream_options", "metadata", "temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "stop",
    "seed",
    "presence_penalty", "logit_bias", "logprobs", "top_logprobs", "reasoning_effort", "include_reasoning", "verbosity",
    "response_format", "parallel_tool_calls", "service_tier", "user", "safety_identifier",
]  # fmt: skip
MESSAGE_FIELDS = ["role", "content", "name", "refusal", "tool_calls", "tool_call_id", "function_call"]


@pytest.mark.parametrize("field", FIELDS)
def test_nonsense_in_any_field_is_never_a_500(api: Any, providers: Providers, field: str) -> None:
    for value in NONSENSE:
        answer = ask(api, **{field: value})
        assert answer.status < 500, (value, answer.text)
        if answer.status != 200:
            assert answer.json["error"]["code"] in ("invalid_request", "unsupported", "not_found"), (value, answer.text)


@pytest.mark.parametrize("role", ["system", "user", "assistant", "tool", "function", "developer"])
def test_nonsense_in_any_field_of_a_message_is_never_a_500(api: Any, providers: Providers, role: str) -> None:
    for field in MESSAGE_FIELDS:
        for value in NONSENSE:
            message = {"role": role, "content": "Hi", "tool_call_id": "call_1", field: value}
            answer = ask(api, messages=[{"role": "user", "content": "Hello"}, message])
            assert answer.status < 500, (message, answer.text)

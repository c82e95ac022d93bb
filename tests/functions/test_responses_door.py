"""OpenAI's Responses without a store: items in, items out. Runs the real function with two wire formats."""

from typing import Any

import pytest

from tests.functions.conftest import Providers, gemini_answer, gemini_calling
from tests.support.gateway import StreamingContext
from tests.support.responses import checked, checked_events
from tests.support.upstream import CUT, answer, calling, chunk, refusal, streamed_reply

OPENAI, GEMINI = "openai:gpt-4o-mini", "gemini:flash-1.5"
NOW = {"type": "function", "name": "now", "parameters": {"type": "object", "properties": {}}, "strict": False}
SEARCH = {"type": "web_search"}


def ask(api: Any, given: Any = "Hello", **fields: Any) -> Any:
    return api("create_response", {"model": OPENAI, "input": given, "store": False, **fields})


def streamed(api: Any, given: Any = "Hello", headers: dict[str, str] | None = None, **fields: Any) -> Any:
    body = {"model": OPENAI, "input": given, "store": False, "stream": True, **fields}
    return api("create_response", body, headers=headers, context=StreamingContext())


def good(answer: Any) -> Any:
    assert answer.status == 200, answer.text
    return checked(answer.json)


def notes(answer: Any) -> list[str]:
    return list(good(answer)["agentos"]["notes"])


def test_a_text_is_answered_by_a_response(api: Any, providers: Providers) -> None:
    response = good(ask(api, instructions="Be brief.", metadata={"team": "a"}, max_output_tokens=50))
    assert (response["object"], response["status"], response["error"]) == ("response", "completed", None)
    [item] = response["output"]
    assert (item["type"], item["role"], item["status"]) == ("message", "assistant", "completed")
    assert [part["text"] for part in item["content"]] == ["Hello from upstream."]
    assert response["model"] == OPENAI
    assert response["instructions"] == "Be brief."
    assert response["metadata"] == {"team": "a"}
    assert response["max_output_tokens"] == 50
    assert response["usage"]["total_tokens"] == 15
    assert response["agentos"]["route"]["served"] == OPENAI
    sent = providers.openai.requests[0]
    assert sent["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    assert sent["max_completion_tokens"] == 50


def test_items_of_every_form_are_read(api: Any, providers: Providers) -> None:
    items = [
        {"role": "developer", "content": "Be brief."},
        {"type": "message", "role": "user", "content": [
            {"type": "input_text", "text": "What is this?"},
            {"type": "input_image", "image_url": "https://example.com/cat.png", "detail": "low"},
        ]},
        {"type": "message", "role": "assistant", "id": "msg_1", "status": "completed", "phase": "final_answer",
         "content": [{"type": "output_text", "text": "A cat.", "annotations": []}]},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "I say no more."}]},
        {"role": "user", "content": "When was it?"},
        {"type": "function_call", "call_id": "call_1", "name": "now", "arguments": "{}", "id": "fc_1"},
        {"type": "function_call", "call_id": "call_2", "name": "now", "arguments": '{"zone": "UTC"}'},
        {"type": "function_call_output", "call_id": "call_1", "output": "noon"},
        {"type": "function_call_output", "call_id": "call_2", "output": [{"type": "input_text", "text": "one"}]},
    ]  # fmt: skip
    assert notes(ask(api, items, tools=[NOW])) == []
    system, user, cat, no, when, called, one, two = providers.openai.requests[0]["messages"]
    assert system == {"role": "system", "content": "Be brief."}
    assert [part["type"] for part in user["content"]] == ["text", "image_url"]
    assert (cat["content"], no["content"], when["content"]) == ("A cat.", "I say no more.", "When was it?")
    assert [call["id"] for call in called["tool_calls"]] == ["call_1", "call_2"]
    assert [(result["role"], result["tool_call_id"]) for result in (one, two)] == [
        ("tool", "call_1"), ("tool", "call_2"),
    ]  # fmt: skip


def test_text_and_calls_of_one_answer_are_one_message_again(api: Any, providers: Providers) -> None:
    providers.openai.script.append(calling(("call_1", "now", "{}"), ("call_2", "now", "{}"), text="I look."))
    first = good(ask(api, "When?", tools=[NOW]))
    assert [item["type"] for item in first["output"]] == ["message", "function_call", "function_call"]
    assert len({item["id"] for item in first["output"]}) == 3
    results = [
        {"type": "function_call_output", "call_id": call["call_id"], "output": "noon"} for call in first["output"][1:]
    ]
    assert notes(ask(api, [{"role": "user", "content": "When?"}, *first["output"], *results], tools=[NOW])) == []
    _, said, *answers = providers.openai.requests[1]["messages"]
    assert said["content"] == "I look."
    assert len(said["tool_calls"]) == len(answers) == 2


PARAMETERS = {"temperature": 0.5, "top_p": 0.5, "service_tier": "flex"}


def test_parameters_reach_the_provider_by_its_own_names(api: Any, providers: Providers) -> None:
    schema = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    response = good(ask(
        api, **PARAMETERS, text={"format": {"type": "json_schema", "name": "n", "schema": schema, "strict": True}},
        tools=[NOW], tool_choice="required", parallel_tool_calls=False,
    ))  # fmt: skip
    sent = providers.openai.requests[0]
    assert {name: sent[name] for name in PARAMETERS} == PARAMETERS
    assert sent["response_format"]["json_schema"] == {"name": "n", "schema": schema, "strict": True}
    assert (sent["tool_choice"], sent["parallel_tool_calls"]) == ("required", False)
    assert response["text"]["format"]["name"] == "n"
    assert (response["tool_choice"], response["parallel_tool_calls"]) == ("required", False)
    assert response["tools"] == [{**NOW, "description": None}]


def test_what_a_provider_does_not_take_is_noted_by_this_doors_names(api: Any, providers: Providers) -> None:
    reasoning, text = {"effort": "low"}, {"verbosity": "low"}
    found = notes(ask(api, model=GEMINI, reasoning=reasoning, text=text, max_output_tokens=9, service_tier="flex"))
    assert "service_tier left out: the model does not take it" in found
    assert not [note for note in found if "reasoningEffort" in note or "max_tokens" in note]


def test_unknown_fields_and_tools_that_cannot_run_are_noted(api: Any, providers: Providers) -> None:
    custom = {"type": "custom", "name": "apply_patch", "format": {"type": "grammar"}}
    namespace = {"type": "namespace", "name": "mcp", "tools": []}
    found = notes(ask(
        api, [{"role": "user", "content": "Hi", "extra": 1}, {"type": "web_search_call", "id": "ws_1"}],
        tools=[NOW, SEARCH, custom, namespace], best_of=2, truncation="auto", prompt_cache_key="k",
        include=["reasoning.encrypted_content", "file_search_call.results"], reasoning={"mode": "pro"},
        stream_options={"include_obfuscation": False}, moderation=None,
    ))  # fmt: skip
    assert found == [
        "tools[1] left out: a tool of the type 'web_search' cannot be executed here",
        "tools[2] left out: a tool of the type 'custom' cannot be executed here",
        "tools[3] left out: a tool of the type 'namespace' cannot be executed here",
        "input[].extra left out: it is not known here",
        "input[1] left out: an item of the type 'web_search_call' cannot be carried",
        "reasoning.mode left out: it is not known here",
        "include left out: 'file_search_call.results' is not known here",
        "truncation left out: it has no effect here",
        "best_of left out: it is not known here",
    ]
    assert [tool["function"]["name"] for tool in providers.openai.requests[0]["tools"]] == ["now"]


def test_tools_can_be_chosen_from(api: Any, providers: Providers) -> None:
    later = {**NOW, "name": "later"}
    choice = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "later"}]}
    response = good(ask(api, tools=[NOW, later], tool_choice=choice))
    assert response["tool_choice"] == choice
    assert [tool["name"] for tool in response["tools"]] == ["now", "later"]
    good(ask(api, tools=[NOW, later], tool_choice={"type": "function", "name": "now"}))
    selected, forced = providers.openai.requests
    assert [tool["function"]["name"] for tool in selected["tools"]] == ["later"]
    assert selected["tool_choice"] == "required"
    assert forced["tool_choice"]["function"]["name"] == "now"


@pytest.mark.parametrize(("fields", "param"), [
    ({"model": None}, "model"),
    ({"model": "no colon"}, "model"),
    ({"input": None}, "input"),
    ({"input": []}, "input"),
    ({"input": " "}, "input"),
    ({"input": [5]}, "input[0]"),
    ({"input": [{"type": ["message"]}]}, "input[0].type"),
    ({"input": [{"role": "owner", "content": "Hi"}]}, "input[0].role"),
    ({"input": [{"role": "user", "content": 5}]}, "input[0].content"),
    ({"input": [{"role": "user", "content": [{"type": "input_file"}]}]}, "input[0].content[0]"),
    ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input[0].content[0].text"),
    ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0].image_url"),
    ({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]},
     "input[0].content[0].image_url"),
    ({"input": [{"type": "function_call", "name": "now", "arguments": "{}"}]}, "input[0].call_id"),
    ({"input": [{"type": "function_call", "name": "now", "call_id": "c", "arguments": {}}]}, "input[0].arguments"),
    ({"input": [{"type": "function_call_output", "call_id": "c"}]}, "input[0].output"),
    ({"temperature": 7}, "temperature"),
    ({"max_output_tokens": 0}, "max_output_tokens"),
    ({"top_logprobs": 99}, "top_logprobs"),
    ({"safety_identifier": 5}, "safety_identifier"),
    ({"user": 5}, "user"),
    ({"truncation": "some"}, "truncation"),
    ({"reasoning": "much"}, "reasoning"),
    ({"reasoning": {"effort": "huge"}}, "reasoning.effort"),
    ({"reasoning": {"summary": "long"}}, "reasoning.summary"),
    ({"text": "json"}, "text"),
    ({"text": {"verbosity": "huge"}}, "text.verbosity"),
    ({"text": {"format": {"type": "grammar"}}}, "text.format"),
    ({"text": {"format": {"type": "json_schema"}}}, "text.format"),
    ({"tools": ["now"]}, "tools[0]"),
    ({"tools": [{"type": "function"}]}, "tools[0].name"),
    ({"tools": [{"type": "function", "name": "n", "parameters": "{}"}]}, "tools[0].parameters"),
    ({"tool_choice": "required"}, "tool_choice"),
    ({"tools": [NOW], "tool_choice": {"type": "function", "name": "then"}}, "tool_choice.name"),
    ({"tools": [NOW], "tool_choice": {"type": "function"}}, "tool_choice.name"),
    ({"tools": [NOW], "tool_choice": {"type": "allowed_tools", "tools": []}}, "tool_choice.tools"),
])  # fmt: skip
def test_a_bad_value_is_named_as_the_client_wrote_it(
    api: Any, providers: Providers, fields: dict[str, Any], param: str
) -> None:
    answer = ask(api, **fields)
    error = answer.json["error"]
    assert (answer.status, error["code"], error["param"]) == (400, "invalid_request", param)
    assert error["type"] == "invalid_request_error"
    assert providers.openai.requests == []


@pytest.mark.parametrize("fields", [
    {"tool_choice": {"type": "web_search"}},
    {"prompt": {"id": "pmpt_1"}},
    {"background": True},
    {"input": [{"type": "item_reference", "id": "msg_1"}]},
    {"input": [{"id": "msg_1"}]},
], ids=["tool_choice", "prompt", "background", "reference", "bare reference"])  # fmt: skip
def test_what_would_change_the_answer_is_refused(api: Any, providers: Providers, fields: dict[str, Any]) -> None:
    answer = ask(api, **fields)
    assert (answer.status, answer.json["error"]["code"]) == (400, "unsupported")
    assert next(iter(fields)) in answer.json["error"]["message"]
    assert providers.openai.requests == []


NONSENSE: list[Any] = [5, "", "x", True, [], {}, [5], [[]], [{}], [None], {"type": ["x"]}, [{"type": None}], 1e300, -1]
FIELDS = (
    "input", "instructions", "tools", "tool_choice", "text", "reasoning", "include", "metadata", "store", "stream",
    "stream_options", "background", "previous_response_id", "conversation", "prompt", "truncation", "prompt_cache_key",
    "max_tool_calls", "temperature", "parallel_tool_calls", "service_tier", "top_logprobs", "user",
)  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_nonsense_is_never_an_internal_error(api: Any, providers: Providers, field: str) -> None:
    for value in NONSENSE:
        answer = ask(api, **{field: value})
        assert answer.status in (200, 400, 404), (value, answer.text)
        if answer.status == 200 and "event:" not in answer.text:
            assert answer.json["object"] == "response"


def test_a_cut_answer_is_incomplete(api: Any, providers: Providers) -> None:
    cut = answer("Hello and")
    cut.body["choices"][0]["finish_reason"] = "length"
    providers.openai.default = cut
    response = good(ask(api, max_output_tokens=16))
    assert (response["status"], response["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert response["output"][0]["status"] == "incomplete"


def test_errors_have_openais_envelope(api: Any, providers: Providers) -> None:
    providers.openai.default = refusal(500)
    answer = ask(api)
    assert answer.status == 502
    assert answer.json["error"]["type"] == "server_error"
    assert answer.json["error"]["code"] == "upstream_failed"
    assert answer.json["agentos"]["details"]["attempts"]


def test_a_fallback_of_another_maker_answers(api: Any, providers: Providers) -> None:
    providers.openai.default = refusal(500)
    response = good(ask(api, model=f"{OPENAI}, {GEMINI}"))
    assert response["model"] == GEMINI
    assert response["output"][0]["content"][0]["text"] == "Hello from Gemini."


def test_an_agent_answers_with_its_own_tools_and_instructions_first(api: Any, providers: Providers) -> None:
    tool = {"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}}
    agent_id = api.agent(model=OPENAI, tools=[tool], config={"instructions": "Be kind."})
    good(ask(api, model=f"agent:{agent_id}", instructions="Be brief."))
    sent = providers.openai.requests[0]
    assert "\n".join(message["content"] for message in sent["messages"][:-1]) == "Be kind.\nBe brief."
    assert [tool["function"]["name"] for tool in sent["tools"]] == ["now"]


def test_the_events_of_a_text(api: Any, providers: Providers) -> None:
    providers.openai.script.append(streamed_reply("Hel", "lo"))
    events = checked_events(streamed(api))
    assert [event["type"].removeprefix("response.") for event in events] == [
        "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta", "output_text.delta",
        "output_text.done", "content_part.done", "output_item.done", "completed",
    ]  # fmt: skip
    assert [event["delta"] for event in events if "delta" in event] == ["Hel", "lo"]
    checked(events[0]["response"])
    last = checked(events[-1]["response"])
    assert last["output"] == [events[-2]["item"]]
    assert last["id"] == events[0]["response"]["id"]
    assert last["usage"]["output_tokens"] == 5
    assert last["agentos"]["route"]["served"] == OPENAI


def test_the_events_of_calls(api: Any, providers: Providers) -> None:
    providers.openai.script.append(calling(("call_1", "now", '{"zone": "UTC"}'), ("call_2", "now", "{}")))
    events = checked_events(streamed(api, "When?", tools=[NOW]))
    assert [event["type"].removeprefix("response.") for event in events] == [
        "created", "in_progress",
        *["output_item.added", "function_call_arguments.delta", "function_call_arguments.done", "output_item.done"] * 2,
        "completed",
    ]  # fmt: skip
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert [(item["call_id"], item["arguments"]) for item in done] == [("call_1", '{"zone":"UTC"}'), ("call_2", "{}")]
    assert events[-1]["response"]["output"] == done
    assert [event["output_index"] for event in events if event["type"] == "response.output_item.done"] == [0, 1]


def test_a_stream_that_breaks_off_fails(api: Any, providers: Providers) -> None:
    providers.openai.script.append(streamed_reply("Hel", "lo", end=(CUT,)))
    events = checked_events(streamed(api))
    assert [event["type"] for event in events][-2:] == ["error", "response.failed"]
    assert events[-2]["code"] == "upstream_failed"
    failed = checked(events[-1]["response"])
    assert (failed["status"], failed["error"]["code"]) == ("failed", "server_error")
    assert failed["output"][0]["content"][0]["text"] == "Hello"


def test_an_error_before_the_first_event_has_its_status(api: Any, providers: Providers) -> None:
    providers.openai.default = refusal(401)
    answer = streamed(api)
    assert answer.status == 502
    assert answer.json["error"]["code"] == "upstream_failed"


def thinking(text: str) -> Any:
    thought = answer(text)
    thought.body["choices"][0]["message"]["reasoning_content"] = "Two and two."
    return thought


def test_thoughts_are_shown_to_those_who_ask(api: Any, providers: Providers) -> None:
    providers.openai.default = thinking("Four.")
    [thought, said] = good(ask(api, "2 + 2?", reasoning={"summary": "auto"}))["output"]
    assert thought["summary"] == [{"type": "summary_text", "text": "Two and two."}]
    assert said["content"][0]["text"] == "Four."
    assert [item["type"] for item in good(ask(api, "2 + 2?"))["output"]] == ["message"]


def test_thoughts_in_a_stream_have_their_events(api: Any, providers: Providers) -> None:
    providers.openai.script.append(streamed_reply(chunk({"reasoning_content": "Two and two."}), "Four."))
    events = checked_events(streamed(api, "2 + 2?", reasoning={"summary": "auto"}))
    kinds = [event["type"].removeprefix("response.") for event in events]
    part = "reasoning_summary_part"
    for kind in (f"{part}.added", "reasoning_summary_text.delta", "reasoning_summary_text.done", f"{part}.done"):
        assert kinds.count(kind) == 1
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert [item["type"] for item in done] == ["reasoning", "message"]
    assert events[-1]["response"]["output"] == done


def test_a_providers_thoughts_go_back_to_it_sealed(api: Any, providers: Providers) -> None:
    called = gemini_calling((None, "now", {}))
    called.body["candidates"][0]["content"]["parts"][0]["thoughtSignature"] = "c2lnbmF0dXJl"
    providers.gemini.script.append(called)
    fields = {"model": GEMINI, "tools": [NOW], "include": ["reasoning.encrypted_content"]}
    first = good(ask(api, "When?", **fields))
    thought, call = first["output"]
    assert thought["encrypted_content"].startswith("agentos1.")
    assert "c2lnbmF0dXJl" not in thought["encrypted_content"]
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "noon"}
    history = [{"role": "user", "content": "When?"}, *first["output"], result]
    assert notes(ask(api, history, **fields)) == []
    parts = [part for content in providers.gemini.requests[1]["contents"] for part in content["parts"]]
    assert [part["thoughtSignature"] for part in parts if "functionCall" in part] == ["c2lnbmF0dXJl"]


def test_thoughts_of_another_make_are_left_out_and_noted(api: Any, providers: Providers) -> None:
    providers.gemini.default = gemini_answer("Hi")
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA"}
    given = [{"role": "user", "content": "Hi"}, thought]
    assert notes(ask(api, given)) == ["input[1] left out: it holds no encrypted_content of this API"]


@pytest.mark.parametrize("stream", [False, True])
def test_the_same_key_has_the_same_answer(api: Any, providers: Providers, stream: bool) -> None:
    body = {"model": OPENAI, "input": "Hello", "store": False, "stream": stream}
    first, again = (api("create_response", body, headers={"idempotency-key": "k"}) for _ in range(2))
    assert first.text == again.text
    assert len(providers.openai.requests) == 1
    other = api("create_response", {**body, "input": "Bye"}, headers={"idempotency-key": "k"})
    assert (other.status, other.json["error"]["code"]) == (422, "idempotency_mismatch")

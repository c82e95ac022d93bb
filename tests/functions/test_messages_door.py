"""Anthropic's door: requests in its form, answers, streams and errors in its form. Runs the real functions."""

import json
from typing import Any

import pytest

from agentos.api.anthropic_request import MessagesRequest
from agentos.api.sealed_thoughts import unseal
from tests.functions.conftest import Providers, gemini_answer, gemini_calling
from tests.support.gateway import StreamingContext
from tests.support.upstream import CUT, Reply, answer, calling, refusal, streamed_reply

OPENAI, GEMINI = "openai:gpt-4o-mini", "gemini:flash-1.5"
NOW = {"name": "now", "description": "The time.", "input_schema": {"type": "object", "properties": {}}}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def ask(api: Any, *messages: Any, **fields: Any) -> Any:
    """A request with these messages; texts are the user's."""
    said = [{"role": "user", "content": one} if isinstance(one, str | list) else one for one in messages or ["Hello"]]
    headers = fields.pop("headers", {})
    body = {"model": OPENAI, "max_tokens": 64, "messages": said, **fields}
    context = {"context": StreamingContext()} if fields.get("stream") else {}
    return api("anthropic_messages", body, headers=headers, **context)


def notes(answer: Any) -> list[str]:
    assert answer.status == 200, answer.text
    return list(answer.json["agentos"]["notes"])


def events(answer: Any) -> list[tuple[str, Any]]:
    """The events of a stream: their names and data."""
    *found, end = answer.text.split("\n\n")
    assert end == ""
    pairs = [event.split("\n") for event in found]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in pairs]


def test_an_answer_has_anthropics_form(api: Any, providers: Providers) -> None:
    reply = answer("Hello.", prompt_tokens_details={"cached_tokens": 4})
    reply.body["usage"] |= {"completion_tokens_details": {"reasoning_tokens": 2}}
    providers.openai.script.append(reply)
    found = ask(api, system="Be brief.")
    body = found.json
    assert body["id"].startswith("msg_")
    assert {name: body[name] for name in ("type", "role", "model", "content", "stop_reason", "stop_sequence")} == {
        "type": "message", "role": "assistant", "model": OPENAI, "content": [{"type": "text", "text": "Hello."}],
        "stop_reason": "end_turn", "stop_sequence": None,
    }  # fmt: skip
    assert body["usage"] == {
        "input_tokens": 6, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 4, "output_tokens": 5,
        "output_tokens_details": {"thinking_tokens": 2},
    }  # fmt: skip
    assert body["agentos"]["route"]["served"] == OPENAI
    assert body["agentos"]["notes"] == []
    assert found.headers["request-id"] == found.headers["x-request-id"]
    assert found.headers["x-agentos-model"] == OPENAI
    sent = providers.openai.requests[0]
    assert sent["max_completion_tokens"] == 64
    assert sent["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]


def test_parameters_have_our_names_behind_the_door(api: Any, providers: Providers) -> None:
    given = {
        "temperature": 0.5, "top_p": 0.9, "stop_sequences": ["END"], "tools": [NOW],
        "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
        "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}},
    }  # fmt: skip
    providers.openai.script.append(calling(("call_1", "now", "{}")))
    found = ask(api, **given)
    assert notes(found) == []
    sent = providers.openai.requests[0]
    assert {name: sent[name] for name in ("temperature", "top_p", "stop", "tool_choice", "parallel_tool_calls")} == {
        "temperature": 0.5, "top_p": 0.9, "stop": ["END"], "tool_choice": "required", "parallel_tool_calls": False,
    }  # fmt: skip
    assert sent["response_format"]["json_schema"]["schema"]["type"] == "object"
    assert sent["tools"][0]["function"]["name"] == "now"
    assert found.json["content"] == [{"type": "tool_use", "id": "call_1", "name": "now", "input": {}}]
    assert found.json["stop_reason"] == "tool_use"


@pytest.mark.parametrize(("choice", "sent"), [
    ({"type": "auto"}, None),
    ({"type": "none"}, None),
    ({"type": "tool", "name": "now"}, {"type": "function", "function": {"name": "now"}}),
])  # fmt: skip
def test_choices_of_tools(api: Any, providers: Providers, choice: Any, sent: Any) -> None:
    assert notes(ask(api, tools=[NOW], tool_choice=choice)) == []
    asked = providers.openai.requests[0]
    assert asked.get("tool_choice") == sent
    assert ("tools" in asked) == (choice["type"] != "none")


HISTORY: list[Any] = [
    {"role": "user", "content": [{"type": "text", "text": "What time is it?"}]},
    {"role": "system", "content": "The user is in Paris."},
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "Let me look.", "signature": "EqQBCkYIARgC"},
            {"type": "text", "text": "A moment."},
            {"type": "tool_use", "id": "toolu_1", "name": "now", "input": {"zone": "CET"}},
            {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}},
        ],
    },
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "Go on."},
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": "12:00"},
            {
                "type": "tool_result",
                "tool_use_id": "toolu_2",
                "is_error": True,
                "content": [
                    {"type": "text", "text": "no clock"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
                ],
            },
        ],
    },
    {"role": "assistant", "content": []},
    {"role": "assistant", "content": [{"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}]},
    {"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}]},
]


def test_a_history_is_carried_over(api: Any, providers: Providers) -> None:
    found = ask(api, *HISTORY, system=[{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}])
    assert notes(found) == [
        "thinking left out of the history: no provider has asked for it back",
        "messages[3].content[2].content has images, which follow as the user's",
        "messages[4] left out: it is empty",
        "messages[5].content[0] left out: the type 'server_tool_use' is not known here",
        "messages[5] left out: it is empty",
    ]
    sent = providers.openai.requests[0]["messages"]
    assert [message["role"] for message in sent] == [
        "system", "user", "system", "assistant", "tool", "tool", "user", "user",
    ]  # fmt: skip
    assert sent[0]["content"] == [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]
    assert sent[3]["content"] == "A moment."
    assert [call["id"] for call in sent[3]["tool_calls"]] == ["toolu_1", "toolu_2"]
    assert json.loads(sent[3]["tool_calls"][0]["function"]["arguments"]) == {"zone": "CET"}
    assert [message["content"] for message in sent[4:6]] == ["12:00", "Error: no clock"]
    assert [part["type"] for part in sent[6]["content"]] == ["image_url", "text"]
    assert sent[6]["content"][0]["image_url"]["url"] == f"data:image/png;base64,{PIXEL}"
    assert sent[7]["content"][0]["image_url"]["url"] == "https://example.com/a.png"


def test_documents_of_text_and_search_results_are_texts(api: Any, providers: Providers) -> None:
    document = {
        "type": "document",
        "title": "Notes",
        "source": {"type": "text", "media_type": "text/plain", "data": "A"},
    }
    result = {"type": "search_result", "title": "Hit", "source": "https://example.com",
              "content": [{"type": "text", "text": "B"}]}  # fmt: skip
    assert notes(ask(api, [document, result])) == []
    parts = providers.openai.requests[0]["messages"][0]["content"]
    assert [part["text"] for part in parts] == ["Notes", "A", "Hit\nhttps://example.com", "B"]


def test_what_is_not_carried_is_noted(api: Any, providers: Providers) -> None:
    mark = {"type": "ephemeral"}
    text = {"type": "text", "text": "Hi", "cache_control": mark, "citations": [{"type": "char_location"}]}
    tools = [
        {**NOW, "cache_control": mark, "defer_loading": True},
        {"type": "web_search_20250305", "name": "web_search"},
    ]
    found = ask(api, [text], tools=tools, container="c_1", mcp_servers=[{"url": "https://example.com"}], speed="fast",
                service_tier="auto", top_k=0)  # fmt: skip
    unknown = "left out: it is not known here"
    assert sorted(notes(found)) == sorted(
        [
            "2 of 2 cache marks left out: 0 are taken",
            f"messages[].content[].citations {unknown}",
            f"tools[].defer_loading {unknown}",
            "tools[1] left out: a tool of the type 'web_search_20250305' cannot be executed here",
            f"container {unknown}", f"mcp_servers {unknown}", f"speed {unknown}",
        ]
    )  # fmt: skip


def test_what_belongs_to_anthropic_is_told_to_nobody_else(api: Any, providers: Providers) -> None:
    headers = {"anthropic-beta": "context-management-2025-06-27,claude-code-20250219"}
    edits = {"edits": [{"type": "clear_tool_uses_20250919"}]}
    found = ask(api, context_management=edits, service_tier="standard_only", headers=headers)
    only = "left out: only providers of anthropic take it"
    assert notes(found) == [f"{name} {only}" for name in ("anthropic-beta", "context_management", "service_tier")]
    assert not {"context_management", "service_tier"} & providers.openai.requests[0].keys()
    assert "anthropic-beta" not in providers.openai.headers[0]


@pytest.mark.parametrize("beta", ["sk-ant-api03-Abc_DEF", "a b", "x" * 65, "ü"])
def test_a_beta_that_is_no_name_is_noted(api: Any, providers: Providers, beta: str) -> None:
    assert notes(ask(api, headers={"anthropic-beta": beta})) == ["anthropic-beta left out: it is no list of names"]


def test_a_stream_has_anthropics_events(api: Any, providers: Providers) -> None:
    providers.openai.script.append(streamed_reply("Hel", "lo"))
    found = ask(api, stream=True, best_of=2)
    assert found.headers["request-id"] == found.headers["x-request-id"]
    sent = events(found)
    assert [name for name, _ in sent] == [
        "message_start", "ping", "content_block_start", "content_block_delta", "content_block_delta",
        "content_block_stop", "message_delta", "message_stop",
    ]  # fmt: skip
    assert all(data["type"] == name for name, data in sent)
    start = sent[0][1]["message"]
    assert (start["content"], start["stop_reason"], start["model"]) == ([], None, OPENAI)
    assert [data["delta"]["text"] for name, data in sent if name == "content_block_delta"] == ["Hel", "lo"]
    assert sent[-2][1]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert sent[-2][1]["usage"] == {
        "input_tokens": 10, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 5,
    }  # fmt: skip
    assert sent[-1][1]["agentos"]["notes"] == ["best_of left out: it is not known here"]
    assert sent[-1][1]["agentos"]["route"]["served"] == OPENAI


def test_calls_are_streamed_whole(api: Any, providers: Providers) -> None:
    providers.openai.script.append(calling(("call_1", "now", '{"zone": "CET"}'), ("call_2", "now", "{}"), text="So."))
    sent = events(ask(api, stream=True, tools=[NOW]))
    blocks = [data["content_block"] for name, data in sent if name == "content_block_start"]
    assert [block["type"] for block in blocks] == ["text", "tool_use", "tool_use"]
    assert blocks[1] == {"type": "tool_use", "id": "call_1", "name": "now", "input": {}}
    deltas = [data for name, data in sent if name == "content_block_delta"]
    assert [delta["index"] for delta in deltas] == [0, 1, 2]
    assert json.loads(deltas[1]["delta"]["partial_json"]) == {"zone": "CET"}
    assert sent[-2][1]["delta"]["stop_reason"] == "tool_use"


def test_a_stream_that_breaks_off_ends_in_an_error_event(api: Any, providers: Providers) -> None:
    providers.openai.script.append(streamed_reply("Hel", end=(CUT,)))
    (name, data) = events(ask(api, stream=True))[-1]
    assert name == data["type"] == "error"
    assert data["error"]["type"] == "api_error"
    assert data["agentos"]["code"] == "upstream_failed"


def test_a_failure_before_the_first_word_has_its_status(api: Any, providers: Providers) -> None:
    providers.openai.script += [refusal(400)]
    found = ask(api, stream=True)
    assert (found.status, found.json["error"]["type"]) == (400, "invalid_request_error")


def thinking(api: Any, *messages: Any, **fields: Any) -> Any:
    return ask(api, *messages, model=GEMINI, tools=[NOW], thinking={"type": "adaptive"}, **fields)


def signed() -> Reply:
    """An answer of Gemini's that calls a tool, with a signature of its thoughts."""
    reply = gemini_calling(("", "now", {}))
    reply.body["candidates"][0]["content"]["parts"][0]["thoughtSignature"] = "c2lnbmVk"
    return reply


@pytest.mark.parametrize("stream", [False, True])
def test_thoughts_go_to_the_client_sealed_and_come_back_to_their_provider(
    api: Any, providers: Providers, stream: bool
) -> None:
    providers.gemini.script.append(signed())
    found = thinking(api, stream=stream)
    if stream:
        sent = events(found)
        begun = [data["content_block"] for name, data in sent if name == "content_block_start"]
        assert [block["type"] for block in begun] == ["thinking", "tool_use"]
        (signature,) = [data["delta"]["signature"] for _, data in sent if "signature" in data.get("delta", {})]
        content = [{"type": "thinking", "thinking": "", "signature": signature}, begun[1]]
    else:
        content = found.json["content"]
    assert [block["type"] for block in content] == ["thinking", "tool_use"]
    assert "c2lnbmVk" in (unseal(content[0]["signature"]) or "")
    result = {"type": "tool_result", "tool_use_id": content[1]["id"], "content": "12:00"}
    assert "history" not in str(notes(thinking(api, "Hi", {"role": "assistant", "content": content}, [result])))
    answered = providers.gemini.requests[1]["contents"][1]["parts"][0]
    assert answered["thoughtSignature"] == "c2lnbmVk"


def test_thoughts_are_not_shown_unless_they_are_asked_for(api: Any, providers: Providers) -> None:
    providers.gemini.script.append(signed())
    found = ask(api, model=GEMINI, tools=[NOW])
    assert [block["type"] for block in found.json["content"]] == ["tool_use"]
    assert "the thoughts before the calls were left out: thinking was not asked for" in notes(found)


def test_the_same_key_has_the_same_thoughts(api: Any, providers: Providers) -> None:
    providers.gemini.script.append(signed())
    first, second = (thinking(api, headers={"idempotency-key": "k"}) for _ in range(2))
    assert first.json == second.json
    assert first.json["content"][0]["signature"]
    assert len(providers.gemini.requests) == 1


@pytest.mark.parametrize(("fields", "effort"), [
    ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "low"),
    ({"thinking": {"type": "enabled", "budget_tokens": 4096}}, "medium"),
    ({"thinking": {"type": "enabled", "budget_tokens": 16_000}}, "high"),
    ({"thinking": {"type": "enabled", "budget_tokens": 31_999}}, "xhigh"),
    ({"thinking": {"type": "enabled", "budget_tokens": 64_000}}, "max"),
    ({"thinking": {"type": "adaptive"}}, "high"),
    ({"thinking": {"type": "between_tools"}}, "low"),
    ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}, "low"),
    ({"thinking": {"type": "disabled"}, "output_config": {"effort": "low"}}, "none"),
    ({"output_config": {"effort": "max"}}, "max"),
    ({}, None),
])  # fmt: skip
def test_efforts_are_those_of_our_parameters(fields: Any, effort: str | None) -> None:
    body = {"model": OPENAI, "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}], **fields}
    request, _ = MessagesRequest.model_validate(body).neutral({})
    assert request.parameters.reasoning_effort == effort


@pytest.mark.parametrize(("fields", "words"), [
    ({"temperature": 9}, "temperature: "),
    ({"max_tokens": 0}, "max_tokens: "),
    ({"max_tokens": "many"}, "max_tokens: "),
    ({"top_p": 7}, "top_p: "),
    ({"stop_sequences": [5]}, "stop_sequences[0]: "),
    ({"model": ""}, "model: "),
    ({"model": "openai:gr\x00ok"}, "model: "),
    ({"messages": []}, "messages: "),
    ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role: "),
    ({"messages": [{"role": "user", "content": " "}]}, "messages: has no message"),
    ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content: "),
    ({"messages": [{"role": "user", "content": ["x"]}]}, "messages[0].content[0]: "),
    ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text: "),
    ({"messages": [{"role": "user", "content": [{"type": "sound"}]}]}, "messages[0].content[0]: "),
    ({"messages": [{"role": "user", "content": [{"type": "tool_result"}]}]}, "messages[0].content[0].tool_use_id: "),
    ({"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "x"}}]}]},
     "messages[0].content[0].source.url: "),
    ({"messages": [{"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "n", "input": []}]}]},
     "messages[0].content[0].input: "),
    ({"system": [{"type": "image"}]}, "system[0]: "),
    ({"tools": ["now"]}, "tools[0]: "),
    ({"tools": [{"input_schema": {}}]}, "tools[0].name: "),
    ({"tools": [{"name": "now", "input_schema": "{}"}]}, "tools[0].input_schema: "),
    ({"tool_choice": {"type": "any"}}, "tool_choice: needs tools"),
    ({"tool_choice": {"type": "tool"}, "tools": [NOW]}, "tool_choice.name: "),
    ({"thinking": {"type": "enabled"}}, "thinking.budget_tokens: "),
    ({"thinking": {"type": "deep"}}, "thinking.type: "),
    ({"output_config": {"effort": "huge"}}, "output_config.effort: "),
    ({"output_config": {"format": "json"}}, "output_config.format: "),
    ({"metadata": {"user_id": 5}}, "metadata.user_id: "),
])  # fmt: skip
def test_a_bad_value_is_named_as_the_client_wrote_it(
    api: Any, providers: Providers, fields: dict[str, Any], words: str
) -> None:
    found = ask(api, **fields)
    assert (found.status, found.json["type"], found.json["error"]["type"]) == (400, "error", "invalid_request_error")
    assert found.json["error"]["message"].startswith(words), found.json
    assert found.json["request_id"] == found.headers["request-id"]
    assert found.json["agentos"]["code"] == "invalid_request"
    assert providers.openai.requests == []


@pytest.mark.parametrize("fields", [
    {"tool_choice": {"type": "mcp"}, "tools": [NOW]},
    {"messages": [{"role": "user", "content": [
        {"type": "document", "source": {"type": "file", "file_id": "f"}}]}]},
    {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "file", "file_id": "f"}}]}]},
])  # fmt: skip
def test_what_would_change_the_answer_is_refused(api: Any, providers: Providers, fields: dict[str, Any]) -> None:
    found = ask(api, **fields)
    assert (found.status, found.json["agentos"]["code"]) == (400, "unsupported")


def test_too_long_a_prompt_is_told_in_the_words_that_clients_look_for(api: Any, providers: Providers) -> None:
    providers.openai.script.append(refusal(400, "context_length_exceeded"))
    found = ask(api)
    assert (found.status, found.json["error"]["type"]) == (400, "invalid_request_error")
    assert "prompt is too long" in found.json["error"]["message"]


@pytest.mark.parametrize(("status", "code", "expected", "kind"), [
    (429, "rate_limit_exceeded", 502, "api_error"),
    (400, "invalid_request_error", 400, "invalid_request_error"),
])  # fmt: skip
def test_errors_have_anthropics_types(
    api: Any, providers: Providers, status: int, code: str, expected: int, kind: str
) -> None:
    providers.openai.default = refusal(status, code)
    found = ask(api)
    assert (found.status, found.json["error"]["type"]) == (expected, kind)
    assert "No." not in found.text


def test_a_chain_falls_back_and_an_agent_answers(api: Any, providers: Providers) -> None:
    providers.openai.script += [refusal(500), refusal(500)]
    assert ask(api, model=f"{OPENAI}, {GEMINI}").json["model"] == GEMINI
    agent = api.agent(model=GEMINI, config={"instructions": "Be brief."})
    assert ask(api, model=f"agent:{agent}").json["content"][0]["text"] == "Hello from Gemini."
    assert "Be brief." in json.dumps(providers.gemini.requests[-1])


def test_results_without_calls_make_no_fault_of_ours(api: Any, providers: Providers) -> None:
    providers.gemini.script.append(gemini_answer("Hm."))
    orphan = {"type": "tool_result", "tool_use_id": "toolu_9", "content": "12:00"}
    for model in (OPENAI, GEMINI):
        assert ask(api, "Hi", [orphan], model=model, tools=[NOW]).status == 200


def test_cache_marks_are_the_ends_of_messages(api: Any) -> None:
    def text(words: str, **mark: Any) -> Any:
        return {"type": "text", "text": words, **({"cache_control": {"type": "ephemeral", **mark}} if mark else {})}

    body = {
        "model": OPENAI,
        "max_tokens": 64,
        "system": [text("Be kind."), text("A long book.", ttl="1h"), text("Today is Monday.")],
        "tools": [{**NOW, "cache_control": {"type": "ephemeral", "ttl": "1h"}}, {**NOW, "name": "then"}],
        "messages": [
            {"role": "user", "content": [text("A document.", ttl="5m"), text("What is it?")]},
            {"role": "assistant", "content": [
                text("I look."), {"type": "tool_use", "id": "c1", "name": "now", "input": {}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": [text("Noon.", ttl="5m")]}, text("And?")]},
        ],
    }  # fmt: skip
    request, form = MessagesRequest.model_validate(body).neutral({})
    assert form.notes == ()
    assert request.tools_cache == "1h"
    assert [(message.role, message.cache) for message in request.messages] == [
        ("system", "1h"), ("system", None), ("user", "5m"), ("user", None), ("assistant", None), ("tool", "5m"),
        ("user", None),
    ]  # fmt: skip
    whole, _ = MessagesRequest.model_validate({**body, "cache_control": {"type": "ephemeral"}}).neutral({})
    assert whole.messages[-1].cache == "5m"


@pytest.mark.parametrize("mark", [5, {}, {"type": "other"}, {"type": "ephemeral", "ttl": 5}, [], "x", {"ttl": "1h"}])
def test_a_mark_of_another_shape_is_refused(api: Any, providers: Providers, mark: Any) -> None:
    found = ask(api, [{"type": "text", "text": "Hi", "cache_control": mark}], tools=[{**NOW, "cache_control": mark}],
                cache_control=mark)  # fmt: skip
    assert (found.status, found.json["error"]["type"]) == (400, "invalid_request_error")
    assert "cache_control" in found.text

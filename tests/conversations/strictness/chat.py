"""The rules of those who speak Chat Completions: what breaks each, and what keeps it closely."""

from typing import Any

from tests.conversations.crossed.strategies import DOCX, PDF, data_url
from tests.conversations.fakes.rules import call_key, signature_of
from tests.conversations.strictness.row import CLOSED, SCHEMA, Body, rows_of


def chat_user(content: Any = "Hello.") -> Body:
    return {"role": "user", "content": content}


def chat_call(call_id: str = "call_1", **more: Any) -> Body:
    function = {"name": "f", "arguments": '{"a": 1}'}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": call_id, "type": "function", "function": function}],
        **more,
    }


def chat_result(call_id: str = "call_1", content: Any = "Done.") -> Body:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def filed(data: str) -> list[Body]:
    """Content with a file as Chat Completions has it, whose address stands in the place of data."""
    return [{"type": "file", "file": {"filename": "a", "file_data": data}}]


def chat(call_id: str = "call_1", **more: Any) -> Body:
    """A good request, whose assistant's message has these fields too."""
    return {
        "messages": [chat_user(), chat_call(call_id, **more), chat_result(call_id)],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}],
    }


GOOD: dict[str, Body] = {
    "openai": chat(),
    "mistral": chat("abcDEF123"),
    "deepseek": chat(reasoning_content=signature_of("deepseek", "f", {"a": 1})),
    "glm4": chat(reasoning_content=signature_of("glm4", "f", {"a": 1})),
    "openrouter": chat(reasoning_details=[
        {"type": "reasoning.encrypted", "data": signature_of("openrouter", "f", {"a": 1})}]),
}  # fmt: skip

GOOD["google"] = chat()
GOOD["google"]["messages"][1]["tool_calls"][0]["extra_content"] = {
    "google": {"thought_signature": signature_of("google", "f", {"a": 1})}
}
GOOD["together"] = chat(reasoning_content=signature_of("together", "f", {"a": 1}))

SIGNED = {
    name: {call_key("f", {"a": 1}): signature_of(name, "f", {"a": 1})}
    for name in ("deepseek", "glm4", "openrouter", "google", "together")
}
"""What a fake remembers to have signed."""

NAME, CALLED = "tools.0.function.name", "messages.1.tool_calls.0.function.name"
CONTENT, ID, RESULT_ID = "messages.0.content", "messages.1.tool_calls.0.id", "messages.2.tool_call_id"
PARAMETERS, MESSAGES = "tools.0.function.parameters", "messages"
JSON = {"type": "json_object"}


def picture(url: str) -> list[Body]:
    return [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": url}}]


def tools(count: int) -> list[Body]:
    return [
        {"type": "function", "function": {"name": f"f{number}" if number else "f", "parameters": SCHEMA}}
        for number in range(count)
    ]


def form(schema: Body, name: str = "answer", **more: Any) -> Body:
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema, **more}}


MISTRAL_ID = "abcDEF123"
SAME = [chat_user(), {**chat_call("a"), "tool_calls": [*chat_call("a")["tool_calls"], *chat_call("a")["tool_calls"]]},
        chat_result("a"), chat_result("a")]  # fmt: skip
APART = [chat_user(), {**chat_call("a"), "tool_calls": [*chat_call("a")["tool_calls"], *chat_call("b")["tool_calls"]]},
         chat_result("b"), chat_result("a")]  # fmt: skip


OPENAI = rows_of(
    "openai",
    ("fields that it knows", {"max_tokns": 5}, {"seed": 5}),
    ("stream_options for streams alone", {"stream_options": {"include_usage": True}},
     {"stream_options": {"include_usage": False}, "stream": True}),
    ("parameters of the model", {"tools": None, MESSAGES: [chat_user()], "temperature": 1},
     {"tools": None, MESSAGES: [chat_user()], "reasoning_effort": "low"}, "gpt-6-luna"),
    ("temperature 0..2", {"temperature": 2.1}, {"temperature": 2}),
    ("efforts of the model", {"reasoning_effort": "minimal"}, {"reasoning_effort": "xhigh"}, "gpt-5.4-mini"),
    ("top_p 0..1", {"top_p": 1.1}, {"top_p": 0}),
    ("presence_penalty -2..2", {"presence_penalty": -2.1}, {"presence_penalty": -2}),
    ("frequency_penalty -2..2", {"frequency_penalty": 2.1}, {"frequency_penalty": 2}),
    ("top_logprobs 0..20", {"top_logprobs": 21, "logprobs": True}, {"top_logprobs": 20, "logprobs": True}),
    ("at most 4 stops", {"stop": list("abcde")}, {"stop": list("abcd")}),
    ("as many tokens as the model gives", {"max_completion_tokens": 16_385}, {"max_completion_tokens": 16_384},
     "gpt-4o-mini"),
    ("no functions while it reasons", {}, {"tools": None, MESSAGES: [chat_user()]}, "gpt-6-luna"),
    ("names of tools", {NAME: "get weather"}, {NAME: "3-d_" + "a" * 60}),
    ("names of called tools", {CALLED: "a" * 65}, {CALLED: "-list"}),
    ("ids of at most 40 characters", {ID: "x" * 41, RESULT_ID: "x" * 41}, {ID: "名" * 40, RESULT_ID: "名" * 40}),
    ("ids that are not empty", {ID: "", RESULT_ID: ""}, {ID: " ", RESULT_ID: " "}),
    ("ids of their own", {MESSAGES: SAME}, {MESSAGES: APART}),
    ("at most 128 tools", {"tools": tools(129)}, {"tools": tools(128)}),
    ("some tools if any", {"tools": []}, {"tools": None}),
    ("choices only among tools", {"tools": None, "parallel_tool_calls": True}, {"parallel_tool_calls": True}),
    ("descriptions of at most 1024 characters", {"tools.0.function.description": "x" * 1025},
     {"tools.0.function.description": "x" * 1024}, "gpt-4o-mini"),
    ("parameters of an object", {PARAMETERS: {"type": "string"}}, {PARAMETERS: None}),
    ("arrays that say of what", {PARAMETERS: {"type": "object", "properties": {"a": {"type": "array"}}}},
     {PARAMETERS: {"type": "object", "properties": {"a": {"type": "array", "items": {}}}}}),
    ("results for calls", {MESSAGES: [chat_user(), chat_call(), chat_user()]},
     {MESSAGES: [chat_user(), chat_call(), chat_result(), chat_user()]}),
    ("something said", {MESSAGES: [chat_user(), {"role": "assistant", "content": None}]},
     {MESSAGES: [chat_user(), {"role": "assistant", "content": ""}]}),
    ("content that is given", {CONTENT: []}, {CONTENT: ""}),
    ("names of speakers", {"messages.0.name": "Ann Smith"}, {"messages.0.name": "ann_smith"}),
    ("images of four kinds", {CONTENT: picture(data_url("svg+xml"))}, {CONTENT: picture(data_url("jpg", "jpeg"))}),
    ("files as PDF, audio of models for it", {CONTENT: filed(DOCX)}, {CONTENT: filed(PDF)}),
    ("the word JSON", {"response_format": JSON}, {"response_format": JSON, CONTENT: "As Json, please."}),
    ("a schema's name", {"response_format": form(SCHEMA, "my answer")},
     {"response_format": form(SCHEMA, "my-answer_1")}),
    ("strict schemas", {"response_format": form(SCHEMA, strict=True)}, {"response_format": form(CLOSED, strict=True)}),
)  # fmt: skip

DEEPSEEK = rows_of(
    "deepseek",
    ("roles that it knows", {"messages.0.role": "developer"}, {"messages.0.role": "system"}),
    ("temperature 0..2", {"temperature": 2.5}, {"temperature": 2}),
    ("top_p 0..1", {"top_p": 1.5}, {"top_p": 1}),
    ("presence_penalty -2..2", {"presence_penalty": 3}, {"presence_penalty": 2}),
    ("frequency_penalty -2..2", {"frequency_penalty": -3}, {"frequency_penalty": -2}),
    ("as many tokens as the model gives", {"max_tokens": 384_001}, {"max_tokens": 384_000}),
    ("at most 16 stops", {"stop": list("abcdefghijklmnopq")}, {"stop": list("abcdefghijklmnop")}),
    ("names of tools", {NAME: "f.g"}, {NAME: "3d_print"}),
    ("names of called tools", {CALLED: "f.g"}, {"top_k": 5}),
    ("at most 128 tools", {"tools": tools(129)}, {"tools": tools(128)}),
    ("text or JSON", {"response_format": form(SCHEMA)}, {"response_format": {"type": "text"}}),
    ("the word JSON", {"response_format": JSON}, {"response_format": JSON, CONTENT: "json"}),
    ("strings where there is no image", {CONTENT: [{"type": "text", "text": "Hi."}]},
     {CONTENT: picture(data_url("png"))}),
    ("strings but from users", {"messages.0": {"role": "system", "content": picture(data_url("png"))}},
     {"messages.0": {"role": "system", "content": "Hi."}}),
    ("images where the model sees", {CONTENT: picture(data_url("png"))}, {CONTENT: "Hi."}, "deepseek-v4-pro"),
    ("something said", {"messages.0": {"role": "assistant", "content": None, "reasoning_content": ""}},
     {"messages.0": {"role": "assistant", "content": "", "reasoning_content": ""}}),
    ("results for calls", {RESULT_ID: "call_2"}, {MESSAGES: [chat_user()]}),
    ("thoughts come back", {"messages.1.reasoning_content": "Hm."},
     {"messages.0": {"role": "assistant", "content": "Hi.", "reasoning_content": ""}}),
    ("no forced tool while it thinks", {"tool_choice": "required"}, {"tool_choice": "auto"}),
)  # fmt: skip

MISTRAL = rows_of(
    "mistral",
    ("efforts of the model", {"reasoning_effort": "low"}, {"reasoning_effort": "high"}, "mistral-small-latest"),
    ("roles that it knows", {"messages.0.role": "developer"}, {"messages.0.role": "system"}),
    ("fields that it knows", {"stream_options": {}}, {"random_seed": 5}),
    ("temperature 0..1.5", {"temperature": 1.6}, {"temperature": 1.5}),
    ("top_p 0..1", {"top_p": 0}, {"top_p": 1}),
    ("presence_penalty -2..2", {"presence_penalty": 2.5}, {"presence_penalty": 2}),
    ("frequency_penalty -2..2", {"frequency_penalty": 2.5}, {"frequency_penalty": 2}),
    ("choices that it knows", {"tool_choice": "always"}, {"tool_choice": "any"}),
    ("names of tools", {NAME: "f g"}, {NAME: "3d_print"}),
    ("names of called tools", {CALLED: "f g"}, {CALLED: "-list"}),
    ("ids of 9 letters and digits", {ID: "call_1", RESULT_ID: "call_1"}, {ID: "123456789", RESULT_ID: "123456789"}),
    ("nobody but assistants after results", {MESSAGES: [*chat(MISTRAL_ID)["messages"], chat_user()]},
     {MESSAGES: [*chat(MISTRAL_ID)["messages"], {"role": "assistant", "content": "Well."}, chat_user()]}),
    ("no assistant at the end", {MESSAGES: [chat_user(), {"role": "assistant", "content": "Well."}]},
     {MESSAGES: [chat_user(), chat_user()]}),
    ("something said", {MESSAGES: [chat_user(), {"role": "assistant", "content": ""}, chat_user()]},
     {MESSAGES: [chat_user(), {"role": "assistant", "content": " "}, chat_user()]}),
    ("results for calls",
     {MESSAGES: [chat_user(), chat_call(MISTRAL_ID), {"role": "assistant", "content": "Well."}, chat_user()]},
     {MESSAGES: [chat_user(), chat_call(MISTRAL_ID), chat_result(MISTRAL_ID)]}),
    ("images where the model sees", {CONTENT: picture(data_url("png"))}, {CONTENT: [{"type": "text", "text": "Hi."}]},
     "codestral-latest"),
)  # fmt: skip

OPENROUTER = rows_of(
    "openrouter",
    ("temperature 0..2", {"temperature": 2.5}, {"temperature": 2}),
    ("top_p 0..1", {"top_p": 0}, {"top_p": 1}),
    ("presence_penalty -2..2", {"presence_penalty": 2.5}, {"presence_penalty": 2}),
    ("frequency_penalty -2..2", {"frequency_penalty": 2.5}, {"frequency_penalty": 2}),
    ("as many tokens as the model gives", {"max_tokens": 65_537}, {"max_tokens": 65_536}, "google/gemini-3.8-flash"),
    ("names of tools", {NAME: "3d_print"}, {NAME: "_3d.print:x"}),
    ("names of called tools", {CALLED: "-list"}, {CALLED: "_list"}),
    ("at most 4 stops", {"stop": list("abcde")}, {"stop": list("abcd")}),
    ("something said", {CONTENT: ""}, {CONTENT: " "}),
    ("results for calls", {RESULT_ID: "call_2"}, {ID: "functions.f:0", RESULT_ID: "functions.f:0"}),
    ("files as PDF, audio of models for it", {CONTENT: filed(DOCX)}, {CONTENT: filed("https://files.example.test/a.pdf")}),
    ("images of Google's kinds", {CONTENT: picture(data_url("gif"))}, {CONTENT: picture(data_url("webp"))}),
    ("thoughts come back", {"messages.1.reasoning_details": None},
     {"messages.1.reasoning_details": None, CALLED: "another"}),
)  # fmt: skip

GLM = rows_of(
    "glm4",
    ("temperature 0..1", {"temperature": 1.01}, {"temperature": 1}),
    ("top_p 0.01..1", {"top_p": 0.001}, {"top_p": 0.01}),
    ("one stop", {"stop": ["a", "b"]}, {"stop": ["a"]}),
    ("as many tokens as the model gives", {"max_tokens": 128_001}, {"max_tokens": 128_000}),
    ("at most 128 tools", {"tools": tools(129)}, {"tools": tools(128)}),
    ("names of tools", {NAME: "f.g"}, {NAME: "3d_print"}),
    ("names of called tools", {CALLED: "f.g"}, {"seed": 5}),
    ("tools chosen by the model", {"tool_choice": "required"}, {"tool_choice": "auto"}),
    ("text or JSON", {"response_format": form(SCHEMA)}, {"response_format": JSON}),
    ("a user among those who speak", {MESSAGES: [{"role": "system", "content": "Hi."}]},
     {MESSAGES: [{"role": "system", "content": "Hi."}, chat_user()]}),
    ("something said", {CONTENT: ""}, {CONTENT: " "}),
    ("texts in parts", {CONTENT: [*picture(data_url("png")), {"type": "text", "text": ""}]},
     {CONTENT: picture(data_url("png"))}),
    ("images where the model sees", {CONTENT: picture(data_url("png"))}, {CONTENT: [{"type": "text", "text": "Hi."}]},
     "glm-5.3"),
    ("results for calls", {MESSAGES: [chat_user(), chat_result()]}, {MESSAGES: [chat_user(), chat_user()]}),
    ("thoughts come back", {"messages.1.reasoning_content": None},
     {"messages.1.reasoning_content": None, CALLED: "another"}),
)  # fmt: skip

GROQ = rows_of(
    "groq",
    ("fields that it knows", {"messages.1.reasoning_content": ""}, {"messages.1.reasoning": "Hm."}),
    ("temperature 0..2", {"temperature": 2.5}, {"temperature": 2}),
    ("top_p 0..1", {"top_p": 1.5}, {"top_p": 1}),
    ("presence_penalty -2..2", {"presence_penalty": 2.5}, {"presence_penalty": 2}),
    ("frequency_penalty -2..2", {"frequency_penalty": 2.5}, {"frequency_penalty": 2}),
    ("no logprobs", {"logit_bias": {}}, {"seed": 5}),
    ("at most 4 stops", {"stop": list("abcde")}, {"stop": list("abcd")}),
    ("as many tokens as the model gives", {"max_completion_tokens": 65_537}, {"max_completion_tokens": 65_536}),
    ("at most 128 tools", {"tools": tools(129)}, {"tools": tools(128)}),
    ("names of tools", {NAME: "f.g"}, {NAME: "3d_print"}),
    ("names of called tools", {CALLED: "f.g"}, {CALLED: "-list"}),
    ("tools of their own names", {"tools": [*tools(1), *tools(1)]}, {"tools": tools(2)}),
    ("the word JSON", {"tools": None, "response_format": JSON},
     {"tools": None, "response_format": JSON, CONTENT: "JSON!"}),
    ("no JSON mode with tools", {"response_format": JSON, CONTENT: "JSON!"}, {"response_format": form(SCHEMA)}),
    ("images where the model sees", {CONTENT: picture(data_url("png"))}, {CONTENT: [{"type": "text", "text": "Hi."}]},
     "openai/gpt-oss-120b"),
    ("content that is given", {CONTENT: []}, {CONTENT: ""}),
    ("something said", {"messages.0": {"role": "assistant", "content": None}},
     {"messages.0": {"role": "assistant", "content": ""}}),
    ("results for calls", {RESULT_ID: "call_2"}, {ID: "functions.f:0", RESULT_ID: "functions.f:0"}),
)  # fmt: skip

OLLAMA = rows_of(
    "ollama",
    ("images as data", {CONTENT: picture("https://a.test/a.png")}, {CONTENT: picture("data:;base64,iVBORw0KGgo=")}),
    ("images of three kinds", {CONTENT: picture(data_url("gif"))}, {CONTENT: picture(data_url("jpg", "jpeg"))}),
    ("parts that it knows", {"messages.0": {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}},
     {"messages.0": {"role": "assistant", "content": [{"type": "text", "text": "No."}]}}),
    ("content unless there are calls", {"messages.0": {"role": "assistant", "content": None}},
     {"messages.1.content": None}),
    ("content that is given", {"messages.0.content": None}, {"messages.0.content": ""}),
    ("arguments that are objects", {"messages.1.tool_calls.0.function.arguments": ""},
     {"messages.1.tool_calls.0.function.arguments": "{}"}),
    ("images where the model sees", {CONTENT: picture(data_url("png"))}, {CONTENT: [{"type": "text", "text": "Hi."}]},
     "qwen3:8b"),
)  # fmt: skip

HOSTS = [
    *rows_of("google", ("signatures come back", {"messages.1.tool_calls.0.extra_content": None},
                        {"messages.1.tool_calls.0.extra_content": None, CALLED: "another"})),
    *rows_of("together", ("thoughts come back", {"messages.1.reasoning_content": None},
                          {"messages.1.reasoning_content": None, CALLED: "another"})),
]  # fmt: skip

ROWS = [*OPENAI, *DEEPSEEK, *MISTRAL, *OPENROUTER, *GLM, *GROQ, *OLLAMA, *HOSTS]

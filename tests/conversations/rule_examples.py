"""For each rule of each fake: what of a good request must be changed to break it, and what to keep it closely."""

import base64
from dataclasses import dataclass
from typing import Any

from tests.conversations.crossed_strategies import data_url
from tests.conversations.fakes.rules import call_key, signature_of

Body = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """`breaks` and `keeps`: values by their paths in the good request; None takes away what is there."""

    provider: str
    rule: str
    breaks: Body
    keeps: Body
    model: str = ""
    streamed: bool = False


SCHEMA: Body = {"type": "object", "properties": {"city": {"type": "string"}}}
THOUGHT = signature_of("openai", "f", {"a": 1})


def chat_user(content: Any = "Hello.") -> Body:
    return {"role": "user", "content": content}


def chat_call(call_id: str = "call_1", **more: Any) -> Body:
    function = {"name": "f", "arguments": '{"a": 1}'}
    return {"role": "assistant", "content": None, "tool_calls": [{"id": call_id, "type": "function", "function": function}], **more}


def chat_result(call_id: str = "call_1", content: Any = "Done.") -> Body:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


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
    "openrouter": chat(reasoning_details=[{"type": "reasoning.encrypted", "data": signature_of("openrouter", "f", {"a": 1})}]),
    "anthropic": {
        "max_tokens": 9,
        "system": "Be kind.",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Hello."}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "call_1", "name": "f", "input": {"a": 1}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "Done."}]},
        ],
        "tools": [{"name": "f", "input_schema": SCHEMA}],
    },
    "gemini": {
        "contents": [
            {"role": "user", "parts": [{"text": "Hello."}]},
            {"role": "model", "parts": [{
                "functionCall": {"id": "call_1", "name": "f", "args": {"b": 1}},
                "thoughtSignature": "skip_thought_signature_validator"}]},
            {"role": "user", "parts": [{"functionResponse": {"id": "call_1", "name": "f", "response": {"a": 1}}}]},
        ],
        "systemInstruction": {"parts": [{"text": "Be kind."}]},
        "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": SCHEMA}]}],
        "generationConfig": {"temperature": 0.5},
    },
    "bedrock": {
        "messages": [
            {"role": "user", "content": [{"text": "Hello."}]},
            {"role": "assistant", "content": [{"toolUse": {"toolUseId": "call_1", "name": "f", "input": {"a": 1}}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "call_1", "content": [{"text": "Done."}]}}]},
        ],
        "system": [{"text": "Be kind."}],
        "toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": SCHEMA}}}]},
        "inferenceConfig": {"maxTokens": 9},
    },
}  # fmt: skip

GOOD["google"] = chat()
GOOD["google"]["messages"][1]["tool_calls"][0]["extra_content"] = {
    "google": {"thought_signature": signature_of("google", "f", {"a": 1})}
}
GOOD["together"] = chat(reasoning_content=signature_of("together", "f", {"a": 1}))

SIGNED = {
    name: {call_key("f", {"a": 1}): signature_of(name, "f", {"a": 1})} for name in ("deepseek", "glm4", "openrouter", "gemini", "google", "together")
} | {"bedrock": {"sig": "Hm."}}
"""What a fake remembers to have signed."""

NAME, CALLED = "tools.0.function.name", "messages.1.tool_calls.0.function.name"
CONTENT, ID, RESULT_ID = "messages.0.content", "messages.1.tool_calls.0.id", "messages.2.tool_call_id"
PARAMETERS, MESSAGES = "tools.0.function.parameters", "messages"
JSON = {"type": "json_object"}


def picture(url: str) -> list[Body]:
    return [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": url}}]


def tools(count: int) -> list[Body]:
    return [{"type": "function", "function": {"name": f"f{number}" if number else "f", "parameters": SCHEMA}} for number in range(count)]


def form(schema: Body, name: str = "answer", **more: Any) -> Body:
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema, **more}}


CLOSED: Body = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
MISTRAL_ID = "abcDEF123"
SAME = [chat_user(), {**chat_call("a"), "tool_calls": [*chat_call("a")["tool_calls"], *chat_call("a")["tool_calls"]]},
        chat_result("a"), chat_result("a")]  # fmt: skip
APART = [chat_user(), {**chat_call("a"), "tool_calls": [*chat_call("a")["tool_calls"], *chat_call("b")["tool_calls"]]},
         chat_result("b"), chat_result("a")]  # fmt: skip


def _rows(provider: str, *rows: tuple[Any, ...]) -> list[Row]:
    return [Row(provider, *row) for row in rows]


OPENAI = _rows(
    "openai",
    ("fields that it knows", {"max_tokns": 5}, {"seed": 5}),
    ("stream_options for streams alone", {"stream_options": {"include_usage": True}}, {"stream_options": {"include_usage": False}, "stream": True}),
    ("parameters of the model", {"tools": None, MESSAGES: [chat_user()], "temperature": 1}, {"tools": None, MESSAGES: [chat_user()], "reasoning_effort": "low"}, "gpt-6-luna"),
    ("temperature 0..2", {"temperature": 2.1}, {"temperature": 2}),
    ("top_p 0..1", {"top_p": 1.1}, {"top_p": 0}),
    ("presence_penalty -2..2", {"presence_penalty": -2.1}, {"presence_penalty": -2}),
    ("frequency_penalty -2..2", {"frequency_penalty": 2.1}, {"frequency_penalty": 2}),
    ("top_logprobs 0..20", {"top_logprobs": 21, "logprobs": True}, {"top_logprobs": 20, "logprobs": True}),
    ("at most 4 stops", {"stop": list("abcde")}, {"stop": list("abcd")}),
    ("as many tokens as the model gives", {"max_completion_tokens": 16_385}, {"max_completion_tokens": 16_384}, "gpt-4o-mini"),
    ("no functions while it reasons", {}, {"tools": None, MESSAGES: [chat_user()]}, "gpt-6-luna"),
    ("names of tools", {NAME: "get weather"}, {NAME: "3-d_" + "a" * 60}),
    ("names of called tools", {CALLED: "a" * 65}, {CALLED: "-list"}),
    ("ids of at most 40 characters", {ID: "x" * 41, RESULT_ID: "x" * 41}, {ID: "名" * 40, RESULT_ID: "名" * 40}),
    ("ids that are not empty", {ID: "", RESULT_ID: ""}, {ID: " ", RESULT_ID: " "}),
    ("ids of their own", {MESSAGES: SAME}, {MESSAGES: APART}),
    ("at most 128 tools", {"tools": tools(129)}, {"tools": tools(128)}),
    ("some tools if any", {"tools": []}, {"tools": None}),
    ("choices only among tools", {"tools": None, "parallel_tool_calls": True}, {"parallel_tool_calls": True}),
    ("descriptions of at most 1024 characters", {"tools.0.function.description": "x" * 1025}, {"tools.0.function.description": "x" * 1024}, "gpt-4o-mini"),
    ("parameters of an object", {PARAMETERS: {"type": "string"}}, {PARAMETERS: None}),
    ("arrays that say of what", {PARAMETERS: {"type": "object", "properties": {"a": {"type": "array"}}}},
     {PARAMETERS: {"type": "object", "properties": {"a": {"type": "array", "items": {}}}}}),
    ("results for calls", {MESSAGES: [chat_user(), chat_call(), chat_user()]}, {MESSAGES: [chat_user(), chat_call(), chat_result(), chat_user()]}),
    ("something said", {MESSAGES: [chat_user(), {"role": "assistant", "content": None}]}, {MESSAGES: [chat_user(), {"role": "assistant", "content": ""}]}),
    ("content that is given", {CONTENT: []}, {CONTENT: ""}),
    ("names of speakers", {"messages.0.name": "Ann Smith"}, {"messages.0.name": "ann_smith"}),
    ("images of four kinds", {CONTENT: picture(data_url("svg+xml"))}, {CONTENT: picture(data_url("jpg", "jpeg"))}),
    ("the word JSON", {"response_format": JSON}, {"response_format": JSON, CONTENT: "As Json, please."}),
    ("a schema's name", {"response_format": form(SCHEMA, "my answer")}, {"response_format": form(SCHEMA, "my-answer_1")}),
    ("strict schemas", {"response_format": form(SCHEMA, strict=True)}, {"response_format": form(CLOSED, strict=True)}),
)  # fmt: skip

DEEPSEEK = _rows(
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
    ("strings where there is no image", {CONTENT: [{"type": "text", "text": "Hi."}]}, {CONTENT: picture(data_url("png"))}),
    ("strings but from users", {"messages.0": {"role": "system", "content": picture(data_url("png"))}}, {"messages.0": {"role": "system", "content": "Hi."}}),
    ("images where the model sees", {CONTENT: picture(data_url("png"))}, {CONTENT: "Hi."}, "deepseek-v4-pro"),
    ("something said", {"messages.0": {"role": "assistant", "content": None, "reasoning_content": ""}}, {"messages.0": {"role": "assistant", "content": "", "reasoning_content": ""}}),
    ("results for calls", {RESULT_ID: "call_2"}, {MESSAGES: [chat_user()]}),
    ("thoughts come back", {"messages.1.reasoning_content": "Hm."}, {"messages.0": {"role": "assistant", "content": "Hi.", "reasoning_content": ""}}),
    ("no forced tool while it thinks", {"tool_choice": "required"}, {"tool_choice": "auto"}),
)  # fmt: skip

MISTRAL = _rows(
    "mistral",
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
    ("no assistant at the end", {MESSAGES: [chat_user(), {"role": "assistant", "content": "Well."}]}, {MESSAGES: [chat_user(), chat_user()]}),
    ("something said", {MESSAGES: [chat_user(), {"role": "assistant", "content": ""}, chat_user()]}, {MESSAGES: [chat_user(), {"role": "assistant", "content": " "}, chat_user()]}),
    ("results for calls", {MESSAGES: [chat_user(), chat_call(MISTRAL_ID), {"role": "assistant", "content": "Well."}, chat_user()]},
     {MESSAGES: [chat_user(), chat_call(MISTRAL_ID), chat_result(MISTRAL_ID)]}),
    ("images where the model sees", {CONTENT: picture(data_url("png"))}, {CONTENT: [{"type": "text", "text": "Hi."}]}, "codestral-latest"),
)  # fmt: skip

OPENROUTER = _rows(
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
    ("images of Google's kinds", {CONTENT: picture(data_url("gif"))}, {CONTENT: picture(data_url("webp"))}),
    ("thoughts come back", {"messages.1.reasoning_details": None}, {"messages.1.reasoning_details": None, CALLED: "another"}),
)  # fmt: skip

GLM = _rows(
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
    ("a user among those who speak", {MESSAGES: [{"role": "system", "content": "Hi."}]}, {MESSAGES: [{"role": "system", "content": "Hi."}, chat_user()]}),
    ("something said", {CONTENT: ""}, {CONTENT: " "}),
    ("texts in parts", {CONTENT: [*picture(data_url("png")), {"type": "text", "text": ""}]}, {CONTENT: picture(data_url("png"))}),
    ("images where the model sees", {CONTENT: picture(data_url("png"))}, {CONTENT: [{"type": "text", "text": "Hi."}]}, "glm-5.3"),
    ("results for calls", {MESSAGES: [chat_user(), chat_result()]}, {MESSAGES: [chat_user(), chat_user()]}),
    ("thoughts come back", {"messages.1.reasoning_content": None}, {"messages.1.reasoning_content": None, CALLED: "another"}),
)  # fmt: skip

GROQ = _rows(
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
    ("the word JSON", {"tools": None, "response_format": JSON}, {"tools": None, "response_format": JSON, CONTENT: "JSON!"}),
    ("no JSON mode with tools", {"response_format": JSON, CONTENT: "JSON!"}, {"response_format": form(SCHEMA)}),
    ("images where the model sees", {CONTENT: picture(data_url("png"))}, {CONTENT: [{"type": "text", "text": "Hi."}]}, "openai/gpt-oss-120b"),
    ("content that is given", {CONTENT: []}, {CONTENT: ""}),
    ("something said", {"messages.0": {"role": "assistant", "content": None}}, {"messages.0": {"role": "assistant", "content": ""}}),
    ("results for calls", {RESULT_ID: "call_2"}, {ID: "functions.f:0", RESULT_ID: "functions.f:0"}),
)  # fmt: skip

OLLAMA = _rows(
    "ollama",
    ("images as data", {CONTENT: picture("https://a.test/a.png")}, {CONTENT: picture("data:;base64,iVBORw0KGgo=")}),
    ("images of three kinds", {CONTENT: picture(data_url("gif"))}, {CONTENT: picture(data_url("jpg", "jpeg"))}),
    ("parts that it knows", {"messages.0": {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}},
     {"messages.0": {"role": "assistant", "content": [{"type": "text", "text": "No."}]}}),
    ("content unless there are calls", {"messages.0": {"role": "assistant", "content": None}}, {"messages.1.content": None}),
    ("content that is given", {"messages.0.content": None}, {"messages.0.content": ""}),
    ("arguments that are objects", {"messages.1.tool_calls.0.function.arguments": ""}, {"messages.1.tool_calls.0.function.arguments": "{}"}),
    ("images where the model sees", {CONTENT: picture(data_url("png"))}, {CONTENT: [{"type": "text", "text": "Hi."}]}, "qwen3:8b"),
)  # fmt: skip

TEXT = "messages.0.content.0.text"
OUTPUT = {"format": {"type": "json_schema", "schema": CLOSED}}


def claude_image(said: str, really: str | None = None) -> list[Body]:
    data = data_url(said, really).partition(",")[2]
    return [{"type": "image", "source": {"type": "base64", "media_type": f"image/{said}", "data": data}}]


def claude_address(url: str) -> list[Body]:
    return [{"type": "image", "source": {"type": "url", "url": url}}]


def bounded(**keywords: Any) -> Body:
    return {"format": {"type": "json_schema", "schema": {**CLOSED, "properties": {"a": keywords}}}}


ANTHROPIC = _rows(
    "anthropic",
    ("images of four kinds", {"messages.0.content": claude_image("jpg", "jpeg")}, {"messages.0.content": claude_image("jpeg")}),
    ("fields that it knows", {"messages.0.content.0.txt": "x"}, {"messages.0.content": "Hello."}),
    ("something said", {"messages.0.content": []}, {"messages.0.content": "Hello."}),
    ("users first and last", {MESSAGES: [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hi."}]},
     {MESSAGES: [{"role": "user", "content": "Hi."}, {"role": "user", "content": "Hi."}]}),
    ("parameters of the model", {"temperature": 0.5}, {"stop_sequences": ["END"]}),
    ("temperature or top_p", {"temperature": 0.5, "top_p": 0.5}, {"temperature": 0.5}, "claude-haiku-4-5"),
    ("numbers in range", {"temperature": 1.01}, {"temperature": 1}, "claude-haiku-4-5"),
    ("as many tokens as the model gives", {"max_tokens": 128_001}, {"max_tokens": 128_000}),
    ("stops that are not blank", {"stop_sequences": ["END", "\n"]}, {"stop_sequences": ["\nEND"]}),
    ("instructions that are not blank", {"system": " "}, {"system": [{"type": "text", "text": "Hi."}]}),
    ("texts that are not blank", {TEXT: "\u3000"}, {TEXT: " x"}),
    ("results for calls", {"messages.2.content.0.tool_use_id": "call_2"}, {"messages.2.content.0.content": [{"type": "text", "text": "Done."}]}),
    ("ids of letters and digits", {"messages.1.content.0.id": "functions.f:0", "messages.2.content.0.tool_use_id": "functions.f:0"},
     {"messages.1.content.0.id": "x" * 120, "messages.2.content.0.tool_use_id": "x" * 120}),
    ("ids of their own", {MESSAGES: [*GOOD["anthropic"]["messages"], *GOOD["anthropic"]["messages"][1:]]},
     {MESSAGES: [*GOOD["anthropic"]["messages"], {"role": "user", "content": "And?"}]}),
    ("names of tools", {"tools.0.name": "f.g"}, {"tools.0.name": "a" * 128}),
    ("tools of their own names", {"tools": GOOD["anthropic"]["tools"] * 2}, {"tools": [*GOOD["anthropic"]["tools"], {"name": "g", "input_schema": SCHEMA}]}),
    ("schemas of inputs", {"tools.0.input_schema": {**SCHEMA, "oneOf": [{}]}}, {"tools.0.input_schema": {"type": "object"}}),
    ("no forced tool while it thinks", {"tool_choice": {"type": "any"}}, {"tool_choice": {"type": "auto"}}),
    ("choices only among tools", {"tool_choice": {"type": "tool", "name": "g"}}, {"tool_choice": {"type": "tool", "name": "f"}}, "claude-haiku-4-5"),
    ("images over https", {"messages.0.content": claude_address("http://a.test/a.png")}, {"messages.0.content": claude_address("https://a.test/a.png")}),
    ("schemas that it can keep", {"output_config": bounded(type="integer", minimum=0)}, {"output_config": bounded(type="array", items={}, minItems=1)}),
    ("thoughts where they belong", {"messages.1.content": [{"type": "thinking", "thinking": "Hm.", "signature": "another's"}, *GOOD["anthropic"]["messages"][1]["content"]]},
     {"messages.1.content": [{"type": "text", "text": "Hm."}, *GOOD["anthropic"]["messages"][1]["content"]]}),
)  # fmt: skip

PART, CALL_PART, DECLARED = "contents.0.parts.0", "contents.1.parts.0", "tools.0.functionDeclarations"


def inline(kind: str) -> Body:
    return {"inlineData": {"mimeType": f"image/{kind}", "data": "AAAA"}}


def signed_part(signature: str) -> Body:
    return {"functionCall": {"id": "call_1", "name": "f", "args": {"a": 1}}, "thoughtSignature": signature}


GEMINI = _rows(
    "gemini",
    ("fields that it knows", {"generationConfig.topKay": 5}, {"generationConfig.topK": 5}),
    ("some parts in a content", {"contents.0.parts": []}, {"contents.0.parts": [{"text": " "}]}),
    ("some data of one kind in a part", {f"{PART}.text": ""}, {f"{PART}.text": " "}),
    ("instructions that are not empty", {"systemInstruction.parts.0.text": ""}, {"systemInstruction": None}),
    ("calls behind users, users at the end", {"contents": [{"role": "user", "parts": [{"text": "Hi."}]}, {"role": "model", "parts": [{"text": "Hi."}]}]},
     {"contents": [{"role": "model", "parts": [{"text": "Hi."}]}, {"role": "user", "parts": [{"text": "Hi."}]}]}),
    ("results for calls", {"contents.2.parts.0.functionResponse.name": "g"}, {"contents.2.parts.0.functionResponse.response": {"result": 5}}),
    ("names of functions", {f"{DECLARED}.0.name": "3d_print"}, {f"{DECLARED}.0.name": "_3d.print:x-y"}),
    ("functions of their own names", {DECLARED: GOOD["gemini"]["tools"][0]["functionDeclarations"] * 2}, {DECLARED: [{"name": "f"}, {"name": "g"}]}),
    ("signatures come back", {CALL_PART: signed_part("skip_thought_signature_validator")},
     {CALL_PART: signed_part(base64.b64encode(signature_of("gemini", "f", {"a": 1}).encode()).decode())}),
    ("images of five kinds", {PART: inline("jpg")}, {PART: inline("heic")}),
    ("numbers in range", {"generationConfig.temperature": 2.1}, {"generationConfig.temperature": 2}),
    ("at most 5 stops", {"generationConfig.stopSequences": list("abcdef")}, {"generationConfig.stopSequences": list("abcd\n")}),
    ("as many tokens as the model gives", {"generationConfig.maxOutputTokens": 65_537}, {"generationConfig.maxOutputTokens": 65_536}),
    ("a schema for JSON alone", {"generationConfig.responseJsonSchema": SCHEMA}, {"generationConfig.responseJsonSchema": SCHEMA, "generationConfig.responseMimeType": "application/json"}),
)  # fmt: skip

USE, RESULT, SPEC = "messages.1.content.0.toolUse", "messages.2.content.0.toolResult", "toolConfig.tools.0.toolSpec"
CONVERSE = GOOD["bedrock"]["messages"]
SPEC_OF = GOOD["bedrock"]["toolConfig"]["tools"][0]["toolSpec"]
SONNET, HAIKU = "global.anthropic.claude-sonnet-5-5", "global.anthropic.claude-haiku-4-5-20251001-v1:0"


def converse_image(said: str, really: str | None = None) -> list[Body]:
    return [{"image": {"format": said, "source": {"bytes": data_url(said, really).partition(",")[2]}}}]


def converse_form(schema: str) -> Body:
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": schema}}}}


def thought(words: str) -> list[Body]:
    return [{"reasoningContent": {"reasoningText": {"text": words, "signature": "sig"}}}, *CONVERSE[1]["content"]]


BEDROCK = _rows(
    "bedrock",
    ("the service's own shape", {"inferenceConfig.max_tokens": 5}, {"inferenceConfig.topP": 0.5}),
    ("something said", {"messages.0.content": []}, {"messages.0.content": [{"text": "Hi."}, {"text": "Hi."}]}),
    ("roles in turn, users first and last", {MESSAGES: [CONVERSE[0], *CONVERSE]}, {MESSAGES: [CONVERSE[0]]}),
    ("texts that are not blank", {"messages.0.content.0.text": "\u3000"}, {f"{RESULT}.content": [{"json": {}}]}),
    ("instructions that are not blank", {"system.0.text": "\n"}, {"system": None}),
    ("results for calls", {f"{RESULT}.toolUseId": "call_2"}, {"messages.2.content": [*CONVERSE[2]["content"], {"text": "And?"}]}),
    ("ids of at most 64 letters and digits", {f"{USE}.toolUseId": "call|1", f"{RESULT}.toolUseId": "call|1"},
     {f"{USE}.toolUseId": "x" * 64, f"{RESULT}.toolUseId": "x" * 64}),
    ("ids of their own", {MESSAGES: [*CONVERSE, *CONVERSE[1:]]}, {MESSAGES: CONVERSE}),
    ("names of tools", {f"{SPEC}.name": "f.g", f"{USE}.name": "f.g"}, {f"{SPEC}.name": "3d_print", f"{USE}.name": "3d_print"}),
    ("tools of their own names", {"toolConfig.tools": GOOD["bedrock"]["toolConfig"]["tools"] * 2}, {"toolConfig.tools": [{"toolSpec": SPEC_OF}, {"toolSpec": {**SPEC_OF, "name": "g"}}]}),
    ("called tools are declared", {"toolConfig": None}, {MESSAGES: [CONVERSE[0]], "toolConfig": None}),
    ("schemas of inputs", {f"{SPEC}.inputSchema.json": {"type": "string"}}, {f"{SPEC}.inputSchema.json": {"type": "object"}}),
    ("numbers in range", {"inferenceConfig.temperature": 1.5}, {"inferenceConfig.temperature": 1}),
    ("parameters of the model", {"inferenceConfig.temperature": 1}, {"inferenceConfig.stopSequences": ["END"]}, SONNET),
    ("temperature or topP", {"inferenceConfig": {"temperature": 0.5, "topP": 0.5}}, {"inferenceConfig": {"topP": 0.5}}, HAIKU),
    ("as many tokens as the model gives", {"inferenceConfig.maxTokens": 64_001}, {"inferenceConfig.maxTokens": 64_000}),
    ("stops that are not blank", {"inferenceConfig.stopSequences": [" "]}, {"inferenceConfig.stopSequences": ["\nEND"]}),
    ("no forced tool while it thinks", {"toolConfig.toolChoice": {"any": {}}}, {"toolConfig.toolChoice": {"auto": {}}}, SONNET),
    ("images of the kind that is said", {"messages.0.content": converse_image("png", "jpeg")}, {"messages.0.content": converse_image("webp")}),
    ("schemas that it can keep", {"outputConfig": converse_form('{"type": "object"}')}, {"outputConfig": converse_form('{"type": "object", "additionalProperties": false}')}),
    ("thoughts where they belong", {"messages.1.content": thought("Something else.")}, {"messages.1.content": thought("Hm.")}),
)  # fmt: skip

HOSTS = [
    Row("google", "signatures come back", {"messages.1.tool_calls.0.extra_content": None}, {"messages.1.tool_calls.0.extra_content": None, CALLED: "another"}),
    Row("together", "thoughts come back", {"messages.1.reasoning_content": None}, {"messages.1.reasoning_content": None, CALLED: "another"}),
]  # fmt: skip

ROWS = [*HOSTS, *OPENAI, *DEEPSEEK, *MISTRAL, *OPENROUTER, *GLM, *GROQ, *OLLAMA, *ANTHROPIC, *GEMINI, *BEDROCK]

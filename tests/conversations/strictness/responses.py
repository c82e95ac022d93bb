"""The rules of Responses: what breaks each, and what keeps it closely."""

import json
from typing import Any

from tests.conversations.crossed.strategies import DOCX, PDF, data_url
from tests.conversations.fakes.responses_rules import ENCRYPTED, FOLLOWING
from tests.conversations.strictness.row import CLOSED, SCHEMA, Body, rows_of

THOUGHT: Body = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA"}
CALL: Body = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": '{"a": 1}'}
OUTPUT: Body = {"type": "function_call_output", "call_id": "call_1", "output": "Done."}
USER: Body = {"role": "user", "content": "Hello."}
GOOD: Body = {
    "store": False,
    "input": [USER, THOUGHT, CALL, OUTPUT],
    "tools": [{"type": "function", "name": "f", "parameters": SCHEMA, "strict": False}],
    "include": [ENCRYPTED],
}
SIGNED = {"rs_1": json.dumps({FOLLOWING: "fc_1", ENCRYPTED: "gAAAA"})}
CONTENT, TOOL, INPUT, FORMAT = "input.0.content", "tools.0", "input", "text"


def filed(**fields: str) -> list[Body]:
    """Content with a file."""
    return [{"type": "input_file", **fields}]


def picture(url: str) -> list[Body]:
    return [{"type": "input_text", "text": "What?"}, {"type": "input_image", "image_url": url, "detail": "auto"}]


def form(schema: Body, name: str = "answer", **more: Any) -> Body:
    return {"format": {"type": "json_schema", "name": name, "schema": schema, **more}}


def said(*parts: Body) -> list[Body]:
    message = {"type": "message", "role": "assistant", "content": list(parts)}
    return [USER, message if parts[0]["type"] == "input_text" else {**message, "id": "msg_1", "status": "completed"}]


JSON: Body = {"format": {"type": "json_object"}}
ARRAY: Body = {"type": "object", "properties": {"a": {"type": "array"}}}
TYPED_ARRAY: Body = {"type": "object", "properties": {"a": {"type": "array", "items": {}}}}
ANOTHER: Body = {"type": "function_call", "call_id": "call_2", "name": "f", "arguments": "{}"}
BARE = [USER, {name: value for name, value in CALL.items() if name != "id"}, OUTPUT]
"""The same without thoughts."""

ROWS = rows_of(
    "azure-openai",
    ("fields that it knows", {"seed": 5}, {"metadata": {"a": "b"}}),
    ("parameters of the model", {"temperature": 1}, {"max_output_tokens": 99}, "gpt-6-luna"),
    ("efforts of the model", {"reasoning": {"effort": "minimal"}}, {"reasoning": {"effort": "max"}}, "gpt-6-luna"),
    ("no temperature beside reasoning", {"temperature": 1, "reasoning": {"effort": "low"}},
     {"temperature": 1, "reasoning": {"effort": "none"}}, "gpt-5.4-mini"),
    ("temperature 0..2", {"temperature": 2.1}, {"temperature": 2}),
    ("top_p 0..1", {"top_p": 1.1}, {"top_p": 0}),
    ("at least 16 tokens, and as many as the model gives", {"max_output_tokens": 15}, {"max_output_tokens": 16}),
    ("at least 16 tokens, and as many as the model gives", {"max_output_tokens": 128_001},
     {"max_output_tokens": 128_000}, "gpt-6-luna"),
    ("names of tools", {f"{TOOL}.name": "get weather"}, {f"{TOOL}.name": "3-d_" + "a" * 60}),
    ("names of called tools", {"input.2.name": "a" * 65}, {"input.2.name": "-list"}),
    ("ids of at most 64 characters", {"input.2.call_id": "x" * 65, "input.3.call_id": "x" * 65},
     {"input.2.call_id": "名" * 64, "input.3.call_id": "名" * 64}),
    ("parameters of an object", {f"{TOOL}.parameters": {"type": "string"}}, {f"{TOOL}.parameters": {"type": "object"}}),
    ("arrays that say of what", {f"{TOOL}.parameters": ARRAY}, {f"{TOOL}.parameters": TYPED_ARRAY}),
    ("strict tools unless they say otherwise", {f"{TOOL}.strict": True},
     {f"{TOOL}.strict": True, f"{TOOL}.parameters": CLOSED}),
    ("outputs for calls", {INPUT: [USER, ANOTHER, USER]}, {INPUT: BARE}),
    ("outputs for calls", {INPUT: [USER, OUTPUT]}, {INPUT: [*BARE, USER]}),
    ("parts of each role", {INPUT: said({"type": "input_text", "text": "Hi."})},
     {INPUT: said({"type": "output_text", "text": "Hi.", "annotations": []}, {"type": "refusal", "refusal": "No."})}),
    ("images of four kinds", {CONTENT: picture(data_url("svg+xml"))}, {CONTENT: picture(data_url("jpg", "jpeg"))}),
    ("files that it reads", {CONTENT: filed(file_data=DOCX, filename="a")},
     {CONTENT: filed(file_data=PDF, filename="a")}),
    ("files that it reads", {CONTENT: filed(file_data=PDF)}, {CONTENT: filed(file_data=PDF, filename="a")}),
    ("the word JSON", {FORMAT: JSON, "instructions": "As JSON, please."}, {FORMAT: JSON, CONTENT: "As Json, please."}),
    ("a schema's name", {FORMAT: form(SCHEMA, "my answer")}, {FORMAT: form(SCHEMA, "my-answer_1")}),
    ("strict schemas", {FORMAT: form(SCHEMA, strict=True)}, {FORMAT: form(CLOSED, strict=True)}),
    ("thoughts as they came", {"input.1.encrypted_content": "gAAAB"}, {"input.1.summary": []}),
    ("thoughts as they came", {"input.1.encrypted_content": None}, {INPUT: BARE}),
    ("thoughts before what followed them", {"input.2.id": None}, {INPUT: BARE}),
    ("items behind their thoughts", {INPUT: [USER, CALL, OUTPUT]}, {INPUT: BARE}),
)  # fmt: skip

"""Anthropic's rules: what breaks each, and what keeps it closely."""

from typing import Any

from tests.conversations.crossed.strategies import data_url
from tests.conversations.strictness.row import CLOSED, SCHEMA, Body, rows_of

GOOD: Body = {
    "max_tokens": 9,
    "system": "Be kind.",
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Hello."}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "call_1", "name": "f", "input": {"a": 1}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "Done."}]},
    ],
    "tools": [{"name": "f", "input_schema": SCHEMA}],
}  # fmt: skip

ASKED: Body = {"role": "user", "content": "Hello."}
THINKING: Body = {"messages": [ASKED], "thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000}
CACHED: Body = {"type": "text", "text": "Hi.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
TEXT = "messages.0.content.0.text"


def claude_image(said: str, really: str | None = None) -> list[Body]:
    data = data_url(said, really).partition(",")[2]
    return [{"type": "image", "source": {"type": "base64", "media_type": f"image/{said}", "data": data}}]


def claude_address(url: str) -> list[Body]:
    return [{"type": "image", "source": {"type": "url", "url": url}}]


def claude_document(data: str) -> list[Body]:
    return [{"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": data}}]


def bounded(**keywords: Any) -> Body:
    return {"format": {"type": "json_schema", "schema": {**CLOSED, "properties": {"a": keywords}}}}


ROWS = rows_of(
    "anthropic",
    ("images of four kinds", {"messages.0.content": claude_image("jpg", "jpeg")},
     {"messages.0.content": claude_image("jpeg")}),
    ("documents that are PDF", {"messages.0.content": claude_document("UEsDBA==")},
     {"messages.0.content": claude_document("JVBERi0xLjc=")}),
    ("fields that it knows", {"messages.0.content.0.txt": "x"}, {"messages.0.content": "Hello."}),
    ("something said", {"messages.0.content": []}, {"messages.0.content": "Hello."}),
    ("users first and last",
     {"messages": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hi."}]},
     {"messages": [{"role": "user", "content": "Hi."}, {"role": "user", "content": "Hi."}]}),
    ("parameters of the model", {"temperature": 0.5}, {"stop_sequences": ["END"]}),
    ("temperature or top_p", {"temperature": 0.5, "top_p": 0.5}, {"temperature": 0.5}, "claude-haiku-4-5"),
    ("numbers in range", {"temperature": 1.01}, {"temperature": 1}, "claude-haiku-4-5"),
    ("as many tokens as the model gives", {"max_tokens": 128_001}, {"max_tokens": 128_000}),
    ("stops that are not blank", {"stop_sequences": ["END", "\n"]}, {"stop_sequences": ["\nEND"]}),
    ("instructions that are not blank", {"system": " "}, {"system": [{"type": "text", "text": "Hi."}]}),
    ("texts that are not blank", {TEXT: "\u3000"}, {TEXT: " x"}),
    ("results for calls", {"messages.2.content.0.tool_use_id": "call_2"},
     {"messages.2.content.0.content": [{"type": "text", "text": "Done."}]}),
    ("ids of letters and digits",
     {"messages.1.content.0.id": "functions.f:0", "messages.2.content.0.tool_use_id": "functions.f:0"},
     {"messages.1.content.0.id": "x" * 120, "messages.2.content.0.tool_use_id": "x" * 120}),
    ("ids of their own", {"messages": [*GOOD["messages"], *GOOD["messages"][1:]]},
     {"messages": [*GOOD["messages"], {"role": "user", "content": "And?"}]}),
    ("names of tools", {"tools.0.name": "f.g"}, {"tools.0.name": "a" * 128}),
    ("tools of their own names", {"tools": GOOD["tools"] * 2},
     {"tools": [*GOOD["tools"], {"name": "g", "input_schema": SCHEMA}]}),
    ("schemas of inputs", {"tools.0.input_schema": {**SCHEMA, "oneOf": [{}]}},
     {"tools.0.input_schema": {"type": "object"}}),
    ("no forced tool while it thinks", {"tool_choice": {"type": "any"}}, {"tool_choice": {"type": "auto"}}),
    ("ways to think that the model has", {"thinking": {"type": "disabled"}}, {"thinking": {"type": "between_tools"}},
     "claude-sonnet-5-5"),
    ("ways to think that the model has", {"output_config": {"effort": "xhigh"}},
     {"output_config": {"effort": "max"}, "thinking": {"type": "adaptive", "display": "summarized"}},
     "claude-sonnet-4-6"),
    ("ways to think that the model has",
     {"messages": [ASKED], "thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 2000},
     {"messages": [ASKED], "thinking": {"type": "enabled", "budget_tokens": 1999}, "max_tokens": 2000},
     "claude-haiku-4-5"),
    ("thoughts beside nothing else", {**THINKING, "top_k": 4}, THINKING, "claude-haiku-4-5"),
    ("thoughts beside nothing else", {**THINKING, "tool_choice": {"type": "any"}},
     {**THINKING, "tool_choice": {"type": "auto"}}, "claude-haiku-4-5"),
    ("thoughts before calls", {**THINKING, "messages": GOOD["messages"]},
     {"thinking": {"type": "disabled"}}, "claude-haiku-4-5"),
    ("choices only among tools", {"tool_choice": {"type": "tool", "name": "g"}},
     {"tool_choice": {"type": "tool", "name": "f"}}, "claude-haiku-4-5"),
    ("images over https", {"messages.0.content": claude_address("http://a.test/a.png")},
     {"messages.0.content": claude_address("https://a.test/a.png")}),
    ("schemas that it can keep", {"output_config": bounded(type="integer", minimum=0)},
     {"output_config": bounded(type="array", items={}, minItems=1)}),
    ("at most 4 cache marks", {"messages": [{"role": "user", "content": [CACHED] * 5}]},
     {"messages": [{"role": "user", "content": [CACHED] * 4}]}),
    ("thoughts where they belong",
     {"messages.1.content": [{"type": "thinking", "thinking": "Hm.", "signature": "another's"},
                             *GOOD["messages"][1]["content"]]},
     {"messages.1.content": [{"type": "text", "text": "Hm."}, *GOOD["messages"][1]["content"]]}),
)  # fmt: skip

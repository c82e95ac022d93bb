"""Bedrock's rules: what breaks each, and what keeps it closely."""

from tests.conversations.crossed.strategies import data_url
from tests.conversations.strictness.row import SCHEMA, Body, rows_of

GOOD: Body = {
    "messages": [
        {"role": "user", "content": [{"text": "Hello."}]},
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "call_1", "name": "f", "input": {"a": 1}}}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "call_1", "content": [{"text": "Done."}]}}]},
    ],
    "system": [{"text": "Be kind."}],
    "toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": SCHEMA}}}]},
    "inferenceConfig": {"maxTokens": 9},
}  # fmt: skip

SIGNED = {"sig": "Hm."}

USE, RESULT, SPEC = "messages.1.content.0.toolUse", "messages.2.content.0.toolResult", "toolConfig.tools.0.toolSpec"
CONVERSE = GOOD["messages"]
SPEC_OF = GOOD["toolConfig"]["tools"][0]["toolSpec"]
SONNET, HAIKU = "global.anthropic.claude-sonnet-5-5", "global.anthropic.claude-haiku-4-5-20251001-v1:0"


def converse_image(said: str, really: str | None = None) -> list[Body]:
    return [{"image": {"format": said, "source": {"bytes": data_url(said, really).partition(",")[2]}}}]


def document(name: str) -> Body:
    return {"document": {"format": "pdf", "name": name, "source": {"bytes": "JVBERi0xLjc="}}}


def converse_form(schema: str) -> Body:
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": schema}}}}


def thought(words: str) -> list[Body]:
    return [{"reasoningContent": {"reasoningText": {"text": words, "signature": "sig"}}}, *CONVERSE[1]["content"]]


def own(**fields: Body) -> Body:
    return {"additionalModelRequestFields": fields}


NOVA = "us.amazon.nova-2-lite-v1:0"
BUDGET = own(thinking={"type": "enabled", "budget_tokens": 1024})

POINT: Body = {"cachePoint": {"type": "default", "ttl": "1h"}}
POINTED = [{"role": "user", "content": [{"text": "Hi."}, POINT]}]

ROWS = rows_of(
    "bedrock",
    ("the service's own shape", {"inferenceConfig.max_tokens": 5}, {"inferenceConfig.topP": 0.5}),
    ("something said", {"messages.0.content": []}, {"messages.0.content": [{"text": "Hi."}, {"text": "Hi."}]}),
    ("roles in turn, users first and last", {"messages": [CONVERSE[0], *CONVERSE]}, {"messages": [CONVERSE[0]]}),
    ("texts that are not blank", {"messages.0.content.0.text": "\u3000"}, {f"{RESULT}.content": [{"json": {}}]}),
    ("instructions that are not blank", {"system.0.text": "\n"}, {"system": None}),
    ("results for calls", {f"{RESULT}.toolUseId": "call_2"},
     {"messages.2.content": [*CONVERSE[2]["content"], {"text": "And?"}]}),
    ("ids of at most 64 letters and digits", {f"{USE}.toolUseId": "call|1", f"{RESULT}.toolUseId": "call|1"},
     {f"{USE}.toolUseId": "x" * 64, f"{RESULT}.toolUseId": "x" * 64}),
    ("ids of their own", {"messages": [*CONVERSE, *CONVERSE[1:]]}, {"messages": CONVERSE}),
    ("names of tools", {f"{SPEC}.name": "f.g", f"{USE}.name": "f.g"},
     {f"{SPEC}.name": "3d_print", f"{USE}.name": "3d_print"}),
    ("tools of their own names", {"toolConfig.tools": GOOD["toolConfig"]["tools"] * 2},
     {"toolConfig.tools": [{"toolSpec": SPEC_OF}, {"toolSpec": {**SPEC_OF, "name": "g"}}]}),
    ("called tools are declared", {"toolConfig": None}, {"messages": [CONVERSE[0]], "toolConfig": None}),
    ("schemas of inputs", {f"{SPEC}.inputSchema.json": {"type": "string"}},
     {f"{SPEC}.inputSchema.json": {"type": "object"}}),
    ("numbers in range", {"inferenceConfig.temperature": 1.5}, {"inferenceConfig.temperature": 1}),
    ("parameters of the model", {"inferenceConfig.temperature": 1}, {"inferenceConfig.stopSequences": ["END"]}, SONNET),
    ("temperature or topP", {"inferenceConfig": {"temperature": 0.5, "topP": 0.5}}, {"inferenceConfig": {"topP": 0.5}},
     HAIKU),
    ("as many tokens as the model gives", {"inferenceConfig.maxTokens": 64_001}, {"inferenceConfig.maxTokens": 64_000}),
    ("stops that are not blank", {"inferenceConfig.stopSequences": [" "]},
     {"inferenceConfig.stopSequences": ["\nEND"]}),
    ("no forced tool while it thinks", {"toolConfig.toolChoice": {"any": {}}}, {"toolConfig.toolChoice": {"auto": {}}},
     SONNET),
    ("ways to think that the model has", own(thinking={"type": "disabled"}), own(thinking={"type": "between_tools"}),
     SONNET),
    ("ways to think that the model has", own(reasoningConfig={"type": "enabled", "maxReasoningEffort": "max"}),
     own(reasoningConfig={"type": "enabled", "maxReasoningEffort": "low"}), NOVA),
    ("ways to think that the model has", own(thinking={"type": "adaptive"}), own(reasoningConfig={"type": "disabled"}),
     NOVA),
    ("thoughts beside nothing else", own(reasoningConfig={"type": "enabled", "maxReasoningEffort": "high"}),
     {**own(reasoningConfig={"type": "enabled", "maxReasoningEffort": "high"}), "inferenceConfig": None}, NOVA),
    ("thoughts before calls", {**BUDGET, "inferenceConfig.maxTokens": 2000},
     {**BUDGET, "inferenceConfig.maxTokens": 2000, "messages": [CONVERSE[0]]}, HAIKU),
    ("documents beside a text, by names of their own", {"messages.0.content": [document("a")]},
     {"messages.0.content": [document("a"), {"text": "Read."}]}),
    ("documents beside a text, by names of their own", {"messages.0.content": [document("a.pdf"), {"text": "Read."}]},
     {"messages.0.content": [document("a (1) [x]-y"), {"text": "Read."}]}),
    ("documents beside a text, by names of their own",
     {"messages.0.content": [document("a"), document("a"), {"text": "Read."}]},
     {"messages.0.content": [document("a"), document("b"), {"text": "Read."}]}),
    ("images of the kind that is said", {"messages.0.content": converse_image("png", "jpeg")},
     {"messages.0.content": converse_image("webp")}),
    ("schemas that it can keep", {"outputConfig": converse_form('{"type": "object"}')},
     {"outputConfig": converse_form('{"type": "object", "additionalProperties": false}')}),
    ("cache points of models that have caches", {"messages": POINTED}, {"messages": CONVERSE}, NOVA),
    ("cache points of models that have caches", {"messages": POINTED, "system": [POINT]}, {"messages": POINTED}, HAIKU),
    ("thoughts where they belong", {"messages.1.content": thought("Something else.")},
     {"messages.1.content": thought("Hm.")}),
)  # fmt: skip

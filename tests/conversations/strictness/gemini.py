"""Gemini's rules: what breaks each, and what keeps it closely."""

import base64

from tests.conversations.fakes.rules import call_key, signature_of
from tests.conversations.strictness.row import SCHEMA, Body, rows_of

GOOD: Body = {
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
}  # fmt: skip

SIGNED = {call_key("f", {"a": 1}): signature_of("gemini", "f", {"a": 1})}

PART, CALL_PART, DECLARED = "contents.0.parts.0", "contents.1.parts.0", "tools.0.functionDeclarations"


def inline(kind: str) -> Body:
    return {"inlineData": {"mimeType": f"image/{kind}", "data": "AAAA"}}


def signed_part(signature: str) -> Body:
    return {"functionCall": {"id": "call_1", "name": "f", "args": {"a": 1}}, "thoughtSignature": signature}


ROWS = rows_of(
    "gemini",
    ("fields that it knows", {"generationConfig.topKay": 5}, {"generationConfig.topK": 5}),
    ("levels of the model", {"generationConfig.thinkingConfig": {"thinkingLevel": "minimal"}},
     {"generationConfig.thinkingConfig": {"thinkingLevel": "low", "includeThoughts": True}}, "gemini-3.8-flash"),
    ("some parts in a content", {"contents.0.parts": []}, {"contents.0.parts": [{"text": " "}]}),
    ("some data of one kind in a part", {f"{PART}.text": ""}, {f"{PART}.text": " "}),
    ("instructions that are not empty", {"systemInstruction.parts.0.text": ""}, {"systemInstruction": None}),
    ("calls behind users, users at the end",
     {"contents": [{"role": "user", "parts": [{"text": "Hi."}]}, {"role": "model", "parts": [{"text": "Hi."}]}]},
     {"contents": [{"role": "model", "parts": [{"text": "Hi."}]}, {"role": "user", "parts": [{"text": "Hi."}]}]}),
    ("results for calls", {"contents.2.parts.0.functionResponse.name": "g"},
     {"contents.2.parts.0.functionResponse.response": {"result": 5}}),
    ("names of functions", {f"{DECLARED}.0.name": "3d_print"}, {f"{DECLARED}.0.name": "_3d.print:x-y"}),
    ("functions of their own names", {DECLARED: GOOD["tools"][0]["functionDeclarations"] * 2},
     {DECLARED: [{"name": "f"}, {"name": "g"}]}),
    ("signatures come back", {CALL_PART: signed_part("skip_thought_signature_validator")},
     {CALL_PART: signed_part(base64.b64encode(signature_of("gemini", "f", {"a": 1}).encode()).decode())}),
    ("images of five kinds", {PART: inline("jpg")}, {PART: inline("heic")}),
    ("numbers in range", {"generationConfig.temperature": 2.1}, {"generationConfig.temperature": 2}),
    ("at most 5 stops", {"generationConfig.stopSequences": list("abcdef")},
     {"generationConfig.stopSequences": list("abcd\n")}),
    ("as many tokens as the model gives", {"generationConfig.maxOutputTokens": 65_537},
     {"generationConfig.maxOutputTokens": 65_536}),
    ("a schema for JSON alone", {"generationConfig.responseJsonSchema": SCHEMA},
     {"generationConfig.responseJsonSchema": SCHEMA, "generationConfig.responseMimeType": "application/json"}),
)  # fmt: skip

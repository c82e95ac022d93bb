"""Hypothesis strategies for conversations: what a client may send to an agent, and what a model may answer."""

import base64
from typing import Any

from hypothesis import strategies as st

from tests.conversations.crossed.conversation import MODELS, SIMULATED, Called, Conversation, Round, Says
from tests.conversations.crossed.world import OUTAGES

Body = dict[str, Any]

BYTES = {
    "png": bytes.fromhex("89504e470d0a1a0a0000000d49484452"),
    "jpeg": bytes.fromhex("ffd8ffe000104a464946000101"),
    "gif": b"GIF89a\x01\x00\x01\x00",
    "webp": b"RIFF\x1a\x00\x00\x00WEBPVP8L",
    "svg+xml": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
}


def data_url(said: str, kind: str | None = None) -> str:
    """An image whose declared kind may be wrong."""
    return f"data:image/{said};base64,{base64.b64encode(BYTES[kind or said]).decode()}"


def text(words: str) -> Body:
    return {"type": "text", "text": words}


def image(url: str) -> Body:
    return {"type": "image_url", "image_url": {"url": url}}


IMAGES = [
    *map(data_url, BYTES),
    data_url("jpg", "jpeg"),
    data_url("JPEG", "jpeg"),
    data_url("png", "jpeg"),
    "https://images.example.test/a.png",
    "http://images.example.test/a.png",
]


def _file(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def file(given: str) -> Body:
    """A file by its data or its address, as a session and the chat door take it."""
    name = "file_data" if given.startswith("data:") else "file_url"
    return {"type": "file", "file": {name: given, "filename": "a.b"}}


def audio(form: str) -> Body:
    return {"type": "input_audio", "input_audio": {"data": base64.b64encode(b"RIFF").decode(), "format": form}}


PDF = _file("application/pdf", b"%PDF-1.7 a")
DOCX = _file("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK")
FILES = [
    *map(file, [PDF, _file("application/octet-stream", b"%PDF-1.7 b"), DOCX, _file("text/csv", b"a;b")]),
    *map(file, ["https://files.example.test/a.pdf", "http://files.example.test/a.pdf"]),
    *map(audio, ["wav", "flac"]),
]
WORDS = st.sampled_from(["Hello.", "Give me JSON.", "日本語 😀", " x ", "two\n\nlines", "e\u0301"])
BLANKS = st.sampled_from([" ", "\n", "\u3000", "\u00a0\t"])
TEXTS = st.integers(0, 9).flatmap(lambda dice: BLANKS if dice == 0 else WORDS)
PARTS = st.lists(
    st.one_of(TEXTS.map(text), TEXTS.map(text), st.sampled_from(IMAGES).map(image), st.sampled_from(FILES)),
    min_size=1,
    max_size=3,
)
CONTENTS = st.integers(0, 3).flatmap(lambda dice: PARTS if dice == 0 else TEXTS)

NAMES = ["get_weather", "3d_print", "-list", "_now", "Tool-1", "a" * 64]
SCHEMAS: list[Body | None] = [
    None,
    {},
    {"type": "object"},
    {"type": "object", "properties": {"city": {"type": "string", "minLength": 1}}, "required": ["city"]},
    {"type": "object", "properties": {"days": {"type": "array"}, "$filter": {"type": "string", "default": "x"}}},
    {"type": "object", "properties": {"a": {"type": "number", "minimum": 0}}, "oneOf": [{"required": ["a"]}, {}]},
    {
        "type": "object",
        "properties": {"to": {"$ref": "#/$defs/place"}},
        "$defs": {"place": {"type": "object", "properties": {"x": {"type": ["string", "null"]}}}},
        "additionalProperties": False,
    },
]
DESCRIPTIONS = ["", "What it does.", "Long. " * 400]


@st.composite
def tools(draw: st.DrawFn) -> tuple[Body, ...]:
    """Up to three, each with a name of its own."""
    made = []
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=3, unique=True)):
        function: Body = {"name": name, "description": draw(st.sampled_from(DESCRIPTIONS))}
        if (schema := draw(st.sampled_from(SCHEMAS))) is not None:
            function["parameters"] = schema
        if (strict := draw(st.sampled_from([None, None, True, False]))) is not None:
            function["strict"] = strict
        made.append({"type": "function", "function": function})
    return tuple(made)


ANSWER_SCHEMAS: list[Body] = [
    {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False},
    {"type": "object", "properties": {"a": {"type": "integer", "minimum": 0, "maximum": 9}, "b": {"type": "string"}}},
    {
        "type": "object",
        "properties": {
            "a": {"type": "string", "maxLength": 5, "pattern": "^a"},
            "b": {"type": "array", "items": {"type": "number", "multipleOf": 0.5}, "minItems": 3},
        },
        "required": ["a", "b"],
    },
    {"type": "object", "properties": {"a": {"oneOf": [{"type": "string"}, {"type": "null"}]}}, "required": ["a"]},
    {"type": "object", "properties": {"a": {"allOf": [{"type": "string"}], "default": "x"}}},
]


@st.composite
def forms(draw: st.DrawFn) -> Body:
    """What `responseFormat` may be."""
    kind = draw(st.sampled_from(["text", "json_object", "json_schema"]))
    if kind != "json_schema":
        return {"type": kind}
    named = {"name": draw(st.sampled_from(["answer", "an answer!"])), "schema": draw(st.sampled_from(ANSWER_SCHEMAS))}
    strict = draw(st.sampled_from([None, True, False]))
    return {"type": kind, "json_schema": named if strict is None else {**named, "strict": strict}}


STOPS = ["END", "\n", "", "\n\n", " ", "###", "STOP", "das war’s"]
PARAMETERS: dict[str, st.SearchStrategy[Any]] = {
    "instructions": st.sampled_from(["Be brief.", " ", "", "Sag „ja“.\n"]),
    "temperature": st.sampled_from([0, 0.5, 1, 1.2, 1.7, 2]),
    "topP": st.sampled_from([0.001, 0.5, 1]),
    "maxTokens": st.sampled_from([1, 50, 20_000, 100_000, 1_000_000]),
    "stop": st.one_of(st.sampled_from(STOPS), st.lists(st.sampled_from(STOPS), max_size=6)),
    "responseFormat": forms(),
    # Those of DOORS that an agent may not know yet.
    "topK": st.sampled_from([1, 40]),
    "seed": st.sampled_from([0, 7, 2**40]),
    "presencePenalty": st.sampled_from([-2, 0, 0.5, 2]),
    "frequencyPenalty": st.sampled_from([-2, 0, 0.5, 2]),
    "logitBias": st.sampled_from([{"50256": -100}]),
    "logprobs": st.booleans(),
    "n": st.just(1),
    "toolChoice": st.sampled_from(["auto", "none", "required"]),
    "topLogprobs": st.sampled_from([0, 5, 20]),
    "reasoningEffort": st.sampled_from(["none", "minimal", "low", "medium", "high", "xhigh", "max"]),
    "includeReasoning": st.booleans(),
    "verbosity": st.sampled_from(["low", "medium", "high"]),
    "parallelToolCalls": st.booleans(),
    "promptCache": st.sampled_from(["auto", "off"]),
    "serviceTier": st.sampled_from(["auto", "default", "flex", "priority"]),
    "user": st.sampled_from(["ann", "ünï côde"]),
}
"""What an agent's configuration may say of how to answer."""


@st.composite
def parameters(draw: st.DrawFn, names: tuple[str, ...]) -> Body:
    """Some of these, two as a rule: one alone shows its own faults, two those of a pair."""
    chosen = draw(st.lists(st.sampled_from(names), max_size=4, unique=True))
    return {name: draw(PARAMETERS[name]) for name in chosen}


IDS = ["call_1", "functions.f:0", "call|1", "x" * 120, "", "chatcmpl-tool-7f", "名前"]
ARGUMENTS: list[Body] = [{}, {"city": "東京", "days": [1, 2.5, None]}, {"deep": {"er": [{"a": {}}]}}]


@st.composite
def answers(draw: st.DrawFn) -> Says:
    """What a model may say."""
    kind = draw(st.sampled_from(["text", "text", "calls", "calls", "refused", "starved"]))
    if kind == "text":
        return Says(draw(st.sampled_from(["Well.", "Très bien 😀.", "One two three four."])))
    if kind == "calls":
        calls = draw(st.lists(_called(), min_size=1, max_size=3, unique_by=lambda call: call.id))
        return Says(draw(st.sampled_from(["", "", "Let me see."])), tuple(calls))
    return Says("", refused=kind == "refused", starved=kind == "starved")


@st.composite
def _called(draw: st.DrawFn) -> Called:
    return Called(draw(st.integers(0, 2)), draw(st.sampled_from(IDS)), draw(st.sampled_from(ARGUMENTS)))


RESULTS = st.one_of(
    st.sampled_from(["Done.", "", " ", '{"a": 1}', "[1, 2]", "null"]),
    st.lists(WORDS.map(text), min_size=1, max_size=2),
)


@st.composite
def _round(draw: st.DrawFn) -> Round:
    role = draw(st.sampled_from(["user", "user", "user", "user", "system"]))
    results = tuple(draw(st.lists(RESULTS, min_size=1, max_size=3)))
    content = draw(TEXTS) if role == "system" else draw(CONTENTS)
    return Round(content, draw(answers()), role, results)


@st.composite
def conversations(draw: st.DrawFn, names: tuple[str, ...]) -> Conversation:
    """`names`: of the parameters that an agent knows."""
    offered, config = draw(tools()), draw(parameters(names))
    if not offered:  # there is nothing to choose from
        config.pop("toolChoice", None)
    return Conversation(
        before=tuple(draw(st.lists(_round(), max_size=3))),
        then=draw(_round()),
        back=draw(st.one_of(st.none(), st.none(), st.none(), _round())),
        tools=offered,
        config=config,
        models={provider: draw(st.sampled_from(known)) for provider, known in MODELS.items()},
        streamed=draw(st.booleans()),
        outage=draw(st.sampled_from([SIMULATED, SIMULATED, SIMULATED, *OUTAGES])),
    )

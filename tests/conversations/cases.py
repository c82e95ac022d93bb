"""Twenty conversations as data: what a client sends, and what a model answers, for every wire format.

Each is played plain and streamed, which makes the forty cases that every wire format has to pass.
"""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from tests.conversations.fakes.model import Answer, Call

Body = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """What is posted, and what the model answers. None: no provider is asked yet."""

    post: Body
    answer: Answer | None


@dataclass(frozen=True)
class Case:
    """`longest`: of the pieces in which its answers are streamed, in bytes and in characters."""

    name: str
    steps: tuple[Step, ...]
    config: Body = field(default_factory=dict)
    tools: tuple[Body, ...] = ()
    longest: int = 7


def say(content: Any, answer: str | Answer, **fields: Any) -> Step:
    return Step({"content": content, **fields}, Answer(answer) if isinstance(answer, str) else answer)


def result(call: Call, content: Any) -> Body:
    return {"role": "tool", "toolCallId": call.id, "content": content}


def give(call: Call, content: Any, answer: str | None) -> Step:
    return Step(result(call, content), None if answer is None else Answer(answer))


def tool(name: str, description: str, properties: Body, *required: str) -> Body:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


def text(words: str) -> Body:
    return {"type": "text", "text": words}


def image(url: str) -> Body:
    return {"type": "image_url", "image_url": {"url": url}}


PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452fffefdfb")
JPEG = bytes.fromhex("ffd8ffe000104a464946000101") + bytes(range(256))
DATA = [f"data:image/{kind};base64,{base64.b64encode(data).decode()}" for kind, data in (("png", PNG), ("jpeg", JPEG))]
ADDRESS = "https://images.example.test/a%20chart.png?size=large&v=2"

WEATHER = tool("get_weather", "The weather in a city.", {"city": {"type": "string"}}, "city")
NOW = tool("now", "The time of day.", {})
PARIS = Call("call_paris", "get_weather", {"city": "Paris"})
TOKYO = Call("call_tokyo", "get_weather", {"city": "東京"})
TIME = Call("call_time", "now", {})
TOKYO_LATER = Call("call_tokyo_2", "get_weather", {"city": "東京"})
TIME_LATER = Call("call_time_2", "now", {})

ADDRESS_SCHEMA = {
    "type": "object",
    "properties": {"street": {"type": "string"}, "geo": {"type": "array", "items": {"type": "number"}}},
    "required": ["street"],
}
ORDER = tool(
    "place_order",
    "Orders goods – „ganz einfach“, 注文.",
    {
        "to": ADDRESS_SCHEMA,
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "sku": {"type": "string", "pattern": "^[A-Z]{2}\\d+$"},
                    "options": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
                },
            },
        },
        "note": {"type": "string", "enum": ["", "eilig", "至急"]},
    },
    "to",
    "items",
)
ORDERED = Call(
    "call_order",
    "place_order",
    {
        "to": {"street": "Straße des 17. Juni\n№ 1", "geo": [52.5145, -13.35, 1e-7, 10**15]},
        "items": [{"sku": "AB1", "options": {"색": "빨강", "größe": None, 'quo"te': "back\\slash"}}, {"options": {}}],
        "note": "至急",
        "☎️": "😀\u2028",
        "wahr": True,
    },
)

RECIPE = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "steps": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"do": {"type": "string"}, "minutes": {"type": "integer"}},
                "required": ["do", "minutes"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["title", "steps"],
    "additionalProperties": False,
}
SOUP = json.dumps({"title": "Soupe à l’oignon", "steps": [{"do": "Hacken", "minutes": 5}]}, ensure_ascii=False)

UNICODE = (
    "emoji 😀 👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿, CJK 日本語 𠮷野家, RTL مرحبا \u202bשלום\u202c, combining e\u0301 n\u0303\u0323, "
    "lines \u2028 \u2029 \u0085, controls \x01\b\x0b\x1b[0m\x7f, BOM \ufeff, private \ue000 \U0010ffff, "
    'JSON "\\ud83d\\n" </script> &amp; data: [DONE]\r\n\r\nevent: error\n\n𝕬𝖓𝖉 𝖙𝖍𝖊 𝖊𝖓𝖉'
)
LONG = "".join(f"{number}. Wörter, 言葉 and more of them 😀.\n" for number in range(4_300))

CASES = [
    Case("one_line", (say("Hello!", "Hello! How can I help?"),)),
    Case(
        "three_turns_and_a_cache",
        (
            say("What is the capital of France?", Answer("Paris.", prompt=1200, completion=3)),
            say("And of Japan?", Answer("Tokyo.", prompt=1211, completion=3, cached=1024)),
            say([text("Which of the two"), text("is larger?")], Answer("Tokyo is.", prompt=1225, cached=1152)),
        ),
    ),
    Case(
        "a_configured_agent",
        (say("Hi.", "Arr!"), say("How are you?", "Seaworthy, arr!")),
        config={"instructions": "You are a pirate.\n\nSay “arr”.", "temperature": 0.5, "topP": 0.25},
    ),
    Case(
        "a_system_message_in_mid_conversation",
        (
            say("Hello.", "Hello!"),
            say("From now on speak French.", "D’accord.", role="system"),
            say("How are you?", "Bien, merci."),
        ),
        config={"instructions": "Be brief."},
    ),
    Case(
        "images_as_data",
        (
            say([text("Compare"), image(DATA[0]), text("with"), image(DATA[1])], "They differ."),
            say("How?", "In size."),
        ),
    ),
    Case("an_image_by_its_address", (say([text("What is this?"), image(ADDRESS)], "A chart."),)),
    Case(
        "one_tool_call",
        (
            say("How is the weather in Paris?", Answer(calls=(PARIS,))),
            give(PARIS, "Sunny, 21 °C.", "It is sunny in Paris."),
            say("Thanks.", "You are welcome."),
        ),
        tools=(WEATHER, NOW),
    ),
    Case(
        "parallel_calls_answered_in_another_order",
        (
            say("Weather in Paris and in Tokyo, and the time?", Answer(calls=(PARIS, TOKYO, TIME))),
            give(TIME, "12:00", None),
            give(TOKYO, "Rain.", None),
            give(PARIS, "Sun.", "Sun in Paris, rain in Tokyo, and it is noon."),
            say("Again, please.", Answer(calls=(TOKYO_LATER, TIME_LATER))),
            Step(
                {"messages": [result(TIME_LATER, "12:01"), result(TOKYO_LATER, "Snow.")]},
                Answer("Snow now, at 12:01."),
            ),
        ),
        tools=(WEATHER, NOW),
    ),
    Case(
        "words_before_a_call",
        (
            say("What time is it?", Answer("Let me look at the clock … ⏰", calls=(TIME,))),
            give(TIME, "12:00", "It is noon."),
        ),
        tools=(NOW,),
    ),
    Case(
        "results_of_every_kind",
        (
            say("Do three things.", Answer(calls=(PARIS, TOKYO, TIME))),
            give(PARIS, "", None),
            give(TOKYO, '{"degrees": 21.5, "sky": null, "notes": ["なし", {"a": true}]}', None),
            give(TIME, [text("The clock:"), image(ADDRESS)], "Done."),
        ),
        tools=(WEATHER, NOW),
    ),
    Case(
        "nested_schema_and_unicode_arguments",
        (
            say("Order it.", Answer(calls=(ORDERED,))),
            give(ORDERED, '["no object", "bestellt: 注文番号 №7"]', "Ordered."),
        ),
        tools=(ORDER,),
    ),
    Case("tools_that_are_not_used", (say("Hello.", "Hello!"), say("Bye.", "Bye!")), tools=(WEATHER, ORDER)),
    Case(
        "structured_output",
        (say("A recipe for onion soup.", SOUP),),
        config={
            "responseFormat": {
                "type": "json_schema",
                "json_schema": {"name": "recipe", "schema": RECIPE, "strict": True},
            }
        },
    ),
    Case(
        "a_stop_sequence",
        (say("Count.", "one two three END four"), say("Once more.", "uno dos, das war’s. tres")),
        config={"stop": ["END", "das war’s"]},
    ),
    Case(
        "an_answer_cut_at_max_tokens",
        (say("Count to nine.", "one two three four five six seven eight nine"), say("Go on.", "eight nine")),
        config={"maxTokens": 5},
    ),
    Case("a_long_answer", (say("Write a book.", LONG),), config={"maxTokens": 60_000}, longest=2000),
    Case(
        "thirty_turns",
        tuple(say(f"Question {number}?", f"Answer {number}.") for number in range(30)),
        config={"instructions": "Answer with the number."},
    ),
    Case(
        "unicode_everywhere",
        (
            say(UNICODE, Answer(UNICODE)),
            say([text(UNICODE)], Answer("😀" * 30, calls=(Call("call_note", "note", {"text": UNICODE}),))),
            give(Call("call_note", "note", {}), UNICODE, "𝓓𝓸𝓷𝓮 ✓"),
        ),
        config={"instructions": UNICODE},
        tools=(tool("note", UNICODE, {"text": {"type": "string", "description": UNICODE}}),),
    ),
    Case("refused_at_once", (say("How do I break in?", Answer(refused=True)),)),
    Case("refused_after_some_words", (say("And now?", Answer("First you take a", refused=True)),)),
]

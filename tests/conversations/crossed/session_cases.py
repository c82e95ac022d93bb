"""Cases in sessions."""

from dataclasses import replace

from tests.conversations.crossed.cases import CLAUDE, FIRSTS, WEATHER, Case, answer_schema, bounds, calls, tool
from tests.conversations.crossed.conversation import Conversation, Round, Says
from tests.conversations.crossed.strategies import data_url, image, text

OPEN = Conversation(before=(Round("The weather?", calls("call_1")),), then=Round(None), tools=WEATHER)
"""A call that the first provider's model made waits for its result when the provider goes down."""

CLOSED = replace(OPEN, before=(*OPEN.before, Round(None)), then=Round("And now?"))
"""The same, but the turn has ended."""

TURNED = replace(CLOSED, then=Round("Again?", calls("call_2")), back=Round(None))
"""And a call of the other's, whose result the first is given when it is back."""


SESSIONS = [
    Case("a_call_waits", OPEN, "openai"),
    *(Case(f"a_call_of_{name}_waits", OPEN, name) for name in FIRSTS[1:]),
    *(Case(f"a_call_of_{name}_is_done", CLOSED, name) for name in FIRSTS),
    *(Case(f"there_and_back_from_{name}", TURNED, name) for name in FIRSTS),
    Case(
        "parallel_calls_wait", replace(OPEN, before=(Round("Two?", calls("call_1", "call_2", text="Hm.")),)), "openai"
    ),
    Case("streamed", replace(TURNED, streamed=True), "openrouter"),
    Case(
        "an_id_for_each_turn_anew",
        replace(CLOSED, before=(*OPEN.before, Round(None), Round("Tokyo?", calls("call_1")), Round(None))),
        "ollama",
    ),
    Case(
        "ids_of_kimi", replace(OPEN, before=(Round("The weather?", calls("functions.f:0", "functions.f:1")),)), "groq"
    ),
    Case("names_that_begin_with_a_digit", replace(OPEN, tools=(tool("3d_print"),)), "openai"),
    Case("names_that_begin_with_a_dash", replace(CLOSED, tools=(tool("-list"),)), "mistral"),
    Case("a_name_is_undone", Conversation(then=Round("Print.", calls("call_1")), tools=(tool("3d_print"),)), "openai"),
    Case("a_blank_message", Conversation((Round(" "), Round("\u3000"))), "openai"),
    Case("a_blank_part", Conversation((Round([text(" "), text("Hello.")]),)), "openai"),
    Case("blank_instructions", Conversation(config={"instructions": " \n"}), "openai"),
    Case("empty_instructions", Conversation(config={"instructions": ""}), "openai"),
    Case("a_blank_system_message", Conversation((Round(" ", role="system"),)), "openai"),
    Case("nothing_but_a_system_message", Conversation(then=Round("Speak French.", role="system")), "openai"),
    Case(
        "a_system_message_after_an_answer", Conversation((Round("Hi."),), Round("Be brief.", role="system")), "openai"
    ),
    Case("a_system_message_between", Conversation((Round("Hi."), Round("Be brief.", role="system"))), "openai"),
    Case(
        "an_answer_without_a_word",
        Conversation(
            (Round("Hi.", Says(starved=True)), Round("Again.")),
        ),
        "openai",
    ),
    Case(
        "an_answer_withheld",
        Conversation(
            (Round("Hi.", Says("", refused=True)), Round("Again.")),
        ),
        "openai",
    ),
    Case("parts_of_text", Conversation((Round([text("One."), text("Two.")]),)), "openai"),
    Case("a_result_in_parts", replace(OPEN, then=Round(None, results=([text("Sunny."), text("Warm.")],))), "openai"),
    Case(
        "the_word_json_in_a_result_alone",
        replace(
            OPEN,
            then=Round(None, results=([text("Give me JSON.")],)),
            config={"responseFormat": {"type": "json_object"}},
            models={"openai": "gpt-4o-mini", "azure-openai": "gpt-6-luna"},
        ),
        "openai",
    ),
    Case("a_blank_result", replace(OPEN, then=Round(None, results=(" ",))), "openai"),
    Case("an_empty_result", replace(OPEN, then=Round(None, results=("",))), "openai"),
    Case("a_newline_stops", Conversation(config={"stop": "\n"}), "openai"),
    Case("nothing_stops", Conversation(config={"stop": ""}), "ollama"),
    Case("a_blank_stops_among_others", Conversation(config={"stop": ["\n\n", "END"]}), "openai"),
    Case("two_stops", Conversation(config={"stop": ["END", "STOP"]}), "openai"),
    Case("six_stops", Conversation(config={"stop": ["A1", "A2", "A3", "A4", "A5", "A6"]}), "deepseek"),
    Case("temperature_over_one", Conversation(config={"temperature": 1.5}), "openai"),
    Case("temperature_of_two", Conversation(config={"temperature": 2}), "openai"),
    Case("temperature_and_top_p", Conversation(config={"temperature": 0.5, "topP": 0.5}), "openai"),
    Case(
        "temperature_and_top_p_at_claude_4",
        Conversation(
            config={"temperature": 1.5, "topP": 0.5},
            models={"anthropic": "claude-haiku-4-5", "bedrock": "claude-haiku-4-5"},
        ),
        "openai",
        CLAUDE,
    ),
    Case("top_p_near_zero", Conversation(config={"topP": 0.001}), "openai"),
    Case("more_tokens_than_there_are", Conversation(config={"maxTokens": 1_000_000}), "mistral"),
    Case("one_token", Conversation(config={"maxTokens": 1}), "openai"),
    *(
        Case(f"an_image_of_{kind}", Conversation((Round([text("What?"), image(data_url(kind, really))]),)), "openai")
        for kind, really in (("jpg", "jpeg"), ("JPEG", "jpeg"), ("gif", None), ("webp", None), ("png", "jpeg"))
    ),
    Case("an_image_of_svg", Conversation(then=Round([text("What?"), image(data_url("svg+xml"))])), "openai"),
    Case("an_image_by_its_address", Conversation((Round([image("https://a.test/a.png")]),)), "openai"),
    Case("an_image_by_a_plain_address", Conversation((Round([image("http://a.test/a.png")]),)), "openai"),
    Case("an_image_alone", Conversation((Round([image(data_url("png"))]),)), "openai"),
    *(
        Case(f"a_schema_with_{name}", Conversation(config={"responseFormat": answer_schema(schema)}), "gemini")
        for name, schema in (
            ("minimum", bounds(type="integer", minimum=0, maximum=9)),
            ("maxLength", bounds(type="string", maxLength=5)),
            ("minItems", bounds(type="array", items={"type": "string"}, minItems=3)),
            ("multipleOf", bounds(type="number", multipleOf=0.5)),
            ("oneOf", bounds(oneOf=[{"type": "string"}, {"type": "null"}])),
            ("pattern", bounds(type="string", pattern="^a")),
            ("not", bounds(**{"type": "string", "not": {"const": "x"}})),
        )
    ),
    Case(
        "a_strict_schema_that_is_not_strict",
        Conversation(config={"responseFormat": answer_schema(bounds(type="string"), strict=True)}),
        "gemini",
    ),
    Case(
        "a_schema_with_a_name_of_words",
        Conversation(config={"responseFormat": answer_schema(bounds(type="string"), "my answer!")}),
        "gemini",
    ),
    Case("json_without_the_word", Conversation(config={"responseFormat": {"type": "json_object"}}), "gemini"),
    Case("json_and_tools", Conversation(config={"responseFormat": {"type": "json_object"}}, tools=WEATHER), "gemini"),
    Case("an_array_of_anything", replace(OPEN, tools=(tool(parameters=bounds(type="array")),)), "anthropic"),
    Case("a_tool_without_parameters", replace(OPEN, tools=(tool(parameters={}),)), "openai"),
    Case("a_tool_without_a_description", replace(OPEN, tools=(tool(description=""),)), "openai"),
    Case("a_long_description", replace(OPEN, tools=(tool(description="Long. " * 400),)), "anthropic"),
    Case("a_strict_tool", replace(OPEN, tools=(tool(strict=True),)), "anthropic"),
    Case(
        "keys_with_a_dollar",
        replace(OPEN, tools=(tool(parameters={**bounds(), "properties": {"$top": {}}}),)),
        "openai",
    ),
    Case(
        "one_of_some_inputs",
        replace(OPEN, tools=(tool(parameters={**bounds(type="string"), "oneOf": [{}]}),)),
        "mistral",
    ),
]

"""Conversations that one provider takes and another once refused, as data: what failed in the field, what was found since.

Each is played at the first provider and goes on at every one that it names.
"""

from dataclasses import dataclass, replace
from typing import Any

from tests.conversations.crossed import HOSTED, MODELS, Called, Conversation, Round, Says
from tests.conversations.crossed_door import Request
from tests.conversations.crossed_strategies import data_url, image, text

Body = dict[str, Any]
ALL = tuple(MODELS)
FIRSTS = (*MODELS, *HOSTED)
CLAUDE = ("anthropic", "bedrock")
CHAT = ("openai", "deepseek", "mistral", "openrouter", "glm4", "groq", "ollama")


@dataclass(frozen=True)
class Case:
    """`at`: where it goes on; where it began is left out."""

    name: str
    what: Conversation | Request
    first: str
    at: tuple[str, ...] = ALL

    @property
    def others(self) -> tuple[str, ...]:
        return tuple(name for name in self.at if name != self.first)


def tool(name: str = "get_weather", parameters: Body | None = None, **more: Any) -> Body:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}} if parameters is None else parameters
    return {"type": "function", "function": {"name": name, "description": "The weather.", "parameters": schema, **more}}


def calls(*ids: str, tool: int = 0, text: str = "") -> Says:
    return Says(text, tuple(Called(tool, one, {"city": "Paris"}) for one in ids))


def user(content: Any = "Hello.") -> Body:
    return {"role": "user", "content": content}


def assistant(content: Any = "Hello!", **more: Any) -> Body:
    return {"role": "assistant", "content": content, **more}


def called(*ids: str, name: str = "get_weather", arguments: str = '{"city": "Paris"}', content: Any = None) -> Body:
    made = [{"id": one, "type": "function", "function": {"name": name, "arguments": arguments}} for one in ids]
    return assistant(content, tool_calls=made)


def result(call_id: str, content: Any = "Sunny.") -> Body:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def door(*messages: Body, **fields: Any) -> Request:
    return Request(messages, fields)


def answer_schema(schema: Body, name: str = "answer", **more: Any) -> Body:
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema, **more}}


WEATHER = (tool(),)
OPEN = Conversation(before=(Round("The weather?", calls("call_1")),), then=Round(None), tools=WEATHER)
"""A call that the first provider's model made waits for its result when the provider goes down."""

CLOSED = replace(OPEN, before=(*OPEN.before, Round(None)), then=Round("And now?"))
"""The same, but the turn has ended."""

TURNED = replace(CLOSED, then=Round("Again?", calls("call_2")), back=Round(None))
"""And a call of the other's, whose result the first is given when it is back."""


def bounds(**keywords: Any) -> Body:
    """A schema of an object with one member."""
    return {"type": "object", "properties": {"a": keywords}, "required": ["a"]}


SESSIONS = [
    Case("a_call_waits", OPEN, "openai"),
    *(Case(f"a_call_of_{name}_waits", OPEN, name) for name in FIRSTS[1:]),
    *(Case(f"a_call_of_{name}_is_done", CLOSED, name) for name in FIRSTS),
    *(Case(f"there_and_back_from_{name}", TURNED, name) for name in FIRSTS),
    Case("parallel_calls_wait", replace(OPEN, before=(Round("Two?", calls("call_1", "call_2", text="Hm.")),)), "openai"),
    Case("streamed", replace(TURNED, streamed=True), "openrouter"),
    Case(
        "an_id_for_each_turn_anew",
        replace(CLOSED, before=(*OPEN.before, Round(None), Round("Tokyo?", calls("call_1")), Round(None))),
        "ollama",
    ),
    Case("ids_of_kimi", replace(OPEN, before=(Round("The weather?", calls("functions.f:0", "functions.f:1")),)), "groq"),
    Case("names_that_begin_with_a_digit", replace(OPEN, tools=(tool("3d_print"),)), "openai"),
    Case("names_that_begin_with_a_dash", replace(CLOSED, tools=(tool("-list"),)), "mistral"),
    Case("a_name_is_undone", Conversation(then=Round("Print.", calls("call_1")), tools=(tool("3d_print"),)), "openai"),
    Case("a_blank_message", Conversation((Round(" "), Round("\u3000"))), "openai"),
    Case("a_blank_part", Conversation((Round([text(" "), text("Hello.")]),)), "openai"),
    Case("blank_instructions", Conversation(config={"instructions": " \n"}), "openai"),
    Case("empty_instructions", Conversation(config={"instructions": ""}), "openai"),
    Case("a_blank_system_message", Conversation((Round(" ", role="system"),)), "openai"),
    Case("nothing_but_a_system_message", Conversation(then=Round("Speak French.", role="system")), "openai"),
    Case("a_system_message_after_an_answer", Conversation((Round("Hi."),), Round("Be brief.", role="system")), "openai"),
    Case("a_system_message_between", Conversation((Round("Hi."), Round("Be brief.", role="system"))), "openai"),
    Case("an_answer_without_a_word", Conversation((Round("Hi.", Says(starved=True)), Round("Again.")),), "openai"),
    Case("an_answer_withheld", Conversation((Round("Hi.", Says("", refused=True)), Round("Again.")),), "openai"),
    Case("parts_of_text", Conversation((Round([text("One."), text("Two.")]),)), "openai"),
    Case("a_result_in_parts", replace(OPEN, then=Round(None, results=([text("Sunny."), text("Warm.")],))), "openai"),
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
    Case("an_image_of_svg", Conversation((Round([text("What?"), image(data_url("svg+xml"))]),)), "deepseek"),
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
    Case("keys_with_a_dollar", replace(OPEN, tools=(tool(parameters={**bounds(), "properties": {"$top": {}}}),)), "openai"),
    Case("one_of_some_inputs", replace(OPEN, tools=(tool(parameters={**bounds(type="string"), "oneOf": [{}]}),)), "mistral"),
]  # fmt: skip

DOOR = [
    Case("door_a_blank_message", door(user(" ")), "openai"),
    Case("door_a_blank_message_before", door(user(" "), assistant(), user("And?")), "openai"),
    Case("door_an_empty_message", door(user(""), assistant(), user("And?")), "openai"),
    Case("door_a_blank_part", door(user([text(" "), text("Hello.")])), "openai"),
    Case("door_an_image_beside_nothing", door(user([text(""), image(data_url("png"))])), "openai"),
    Case("door_a_blank_system_message", door({"role": "system", "content": " "}, user()), "openai"),
    *(
        Case(f"door_{name}", door(user(), empty, user("And?")), "openai")
        for name, empty in (
            ("an_answer_without_a_word", assistant("")),
            ("an_answer_of_null", assistant(None)),
            ("a_blank_answer", assistant(" ")),
            ("an_answer_of_no_parts", assistant([])),
            ("a_refusal", assistant(None, refusal="I cannot.")),
            ("a_refusal_part", assistant([{"type": "refusal", "refusal": "I cannot."}])),
            ("an_answer_in_parts", assistant([text("One."), text("Two.")])),
        )
    ),
    *(
        Case(f"door_an_id_{name}", door(user(), called(one), result(one), tools=list(WEATHER)), "openai")
        for name, one in (
            ("of_kimi", "functions.f:0"), ("with_a_bar", "call|1"), ("that_is_empty", ""), ("that_is_long", "x" * 120),
            ("of_other_letters", "名前"), ("that_fits_mistral", "abcDEF123"),
        )
    ),
    Case("door_two_ids_alike", door(user(), called("", ""), result("", "1"), result("", "2"), tools=list(WEATHER)), "openai"),
    Case(
        "door_an_id_for_each_turn_anew",
        door(user(), called("a"), result("a"), assistant(), user("And?"), called("a"), result("a"), tools=list(WEATHER)),
        "openai",
    ),
    Case("door_a_user_after_a_result", door(user(), called("a"), result("a"), user("And?"), tools=list(WEATHER)), "openai"),
    Case("door_a_system_message_after_a_result",
         door(user(), called("a"), result("a"), {"role": "system", "content": "Be brief."}, tools=list(WEATHER)), "openai"),
    Case("door_results_in_another_order",
         door(user(), called("a", "b"), result("b"), result("a"), tools=list(WEATHER)), "openai"),
    Case("door_calls_and_no_tools", door(user(), called("a"), result("a")), "openai"),
    Case("door_calls_of_other_tools", door(user(), called("a", name="gone"), result("a"), tools=list(WEATHER)), "openai"),
    Case("door_a_call_of_3d_print", door(user(), called("a", name="3d_print"), result("a"), tools=[tool("3d_print")]), "openai"),
    *(
        Case(f"door_arguments_{name}", door(user(), called("a", arguments=given), result("a"), tools=list(WEATHER)), "openai")
        for name, given in (("none", ""), ("broken", "{broken"), ("of_a_list", "[1]"), ("null", "null"))
    ),
    *(
        Case(f"door_a_name_{name}", replace(door(user(), tools=[tool(one)]), answer=calls("a")), "openai")
        for name, one in (("with_a_dot", "weather.get"), ("of_words", "get weather"), ("of_other_letters", "名前"),
                          ("that_is_long", "a" * 100), ("that_begins_with_a_digit", "3d_print"))
    ),
    Case("door_names_that_become_alike", replace(door(user(), tools=[tool("a.b"), tool("a_b")]), answer=calls("a", "b")), "openai"),
    Case("door_a_tool_with_more_fields", door(user(), tools=[{**tool(), "cache_control": {"type": "ephemeral"}}]), "openai"),
    Case("door_a_very_long_description", door(user(), tools=[tool(description="Long. " * 1500)]), "openai"),
    Case("door_an_assistant_first", door(assistant(), user()), "openai"),
    Case("door_a_call_first", door(called("a"), result("a"), user(), tools=list(WEATHER)), "openai"),
    Case("door_an_assistant_last", door(user(), assistant("Once upon a time ")), "openai"),
    Case("door_nothing_but_an_assistant", door(assistant()), "openai"),
    Case("door_nothing_but_a_system_message", door({"role": "system", "content": "Be brief."}), "openai"),
    Case("door_a_developer", door({"role": "developer", "content": "Be brief."}, user()), "openai"),
    Case("door_two_users_and_two_assistants", door(user(), user("Hm?"), assistant(), assistant("Yes."), user("And?")), "openai"),
    Case("door_a_named_speaker", door({**user(), "name": "Ann Smith"}), "openai"),
    Case("door_a_forced_tool", door(user(), tools=list(WEATHER), tool_choice="required"), "openai"),
    Case("door_a_tool_that_is_named", door(user(), tools=[tool(), tool("3d_print")],
         tool_choice={"type": "function", "function": {"name": "3d_print"}}), "openai"),
    Case("door_one_call_at_a_time", door(user(), tools=list(WEATHER), parallel_tool_calls=False), "openai"),
    Case("door_parallel_calls_without_tools", door(user(), parallel_tool_calls=True), "ollama"),
    *(
        Case(f"door_{name}", door(user(), **{name: value}), "openai")
        for name, value in (
            ("seed", 7), ("presence_penalty", 1.5), ("frequency_penalty", -1), ("logit_bias", {"50256": -100}), ("logprobs", True),
            ("reasoning_effort", "minimal"), ("verbosity", "low"), ("user", "ann"), ("store", True), ("service_tier", "flex"),
            ("metadata", {"a": "b"}), ("prompt_cache_key", "key"),
        )
    ),
    Case("door_json_without_the_word", door(user(), response_format={"type": "json_object"}), "gemini"),
    Case("door_a_schema_with_bounds", door(user(), response_format=answer_schema(bounds(type="integer", minimum=0))), "gemini"),
]  # fmt: skip

CASES = [*SESSIONS, *DOOR]

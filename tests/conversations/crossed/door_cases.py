"""Cases at the OpenAI door: a client's own history."""

from dataclasses import replace
from typing import Any

from tests.conversations.crossed.cases import WEATHER, Body, Case, answer_schema, bounds, calls, tool
from tests.conversations.crossed.conversation import Says
from tests.conversations.crossed.door import Request
from tests.conversations.crossed.strategies import data_url, image, text


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


DOOR = [
    Case("nothing_but_a_blank_message", door(user(" ")), "openai"),
    Case("a_blank_message_before", door(user(" "), assistant(), user("And?")), "openai"),
    Case("an_empty_message", door(user(""), assistant(), user("And?")), "openai"),
    Case("a_blank_part", door(user([text(" "), text("Hello.")])), "openai"),
    Case("an_image_beside_nothing", door(user([text(""), image(data_url("png"))])), "openai"),
    Case("a_blank_system_message", door({"role": "system", "content": " "}, user()), "openai"),
    *(
        Case(f"{name}", door(user(), empty, user("And?")), "openai")
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
        Case(f"an_id_{name}", door(user(), called(one), result(one), tools=list(WEATHER)), "openai")
        for name, one in (
            ("of_kimi", "functions.f:0"),
            ("with_a_bar", "call|1"),
            ("that_is_empty", ""),
            ("that_is_long", "x" * 120),
            ("of_other_letters", "名前"),
            ("that_fits_mistral", "abcDEF123"),
        )
    ),
    Case(
        "two_ids_alike", door(user(), called("", ""), result("", "1"), result("", "2"), tools=list(WEATHER)), "openai"
    ),
    Case(
        "an_id_for_each_turn_anew",
        door(
            user(), called("a"), result("a"), assistant(), user("And?"), called("a"), result("a"), tools=list(WEATHER)
        ),
        "openai",
    ),
    Case("a_user_after_a_result", door(user(), called("a"), result("a"), user("And?"), tools=list(WEATHER)), "openai"),
    Case(
        "a_system_message_after_a_result",
        door(user(), called("a"), result("a"), {"role": "system", "content": "Be brief."}, tools=list(WEATHER)),
        "openai",
    ),
    Case(
        "results_in_another_order",
        door(user(), called("a", "b"), result("b"), result("a"), tools=list(WEATHER)),
        "openai",
    ),
    Case("calls_and_no_tools", door(user(), called("a"), result("a")), "openai"),
    Case("calls_of_other_tools", door(user(), called("a", name="gone"), result("a"), tools=list(WEATHER)), "openai"),
    Case(
        "a_call_of_3d_print",
        door(user(), called("a", name="3d_print"), result("a"), tools=[tool("3d_print")]),
        "openai",
    ),
    *(
        Case(
            f"arguments_{name}", door(user(), called("a", arguments=given), result("a"), tools=list(WEATHER)), "openai"
        )
        for name, given in (("none", ""), ("broken", "{broken"), ("of_a_list", "[1]"), ("null", "null"))
    ),
    *(
        Case(f"a_name_{name}", replace(door(user(), tools=[tool(one)]), answer=calls("a")), "openai")
        for name, one in (
            ("with_a_dot", "weather.get"),
            ("of_words", "get weather"),
            ("of_other_letters", "名前"),
            ("that_is_long", "a" * 100),
            ("that_begins_with_a_digit", "3d_print"),
        )
    ),
    Case(
        "names_that_become_alike",
        replace(door(user(), tools=[tool("a.b"), tool("a_b")]), answer=calls("a", "b")),
        "openai",
    ),
    Case("a_tool_with_more_fields", door(user(), tools=[{**tool(), "cache_control": {"type": "ephemeral"}}]), "openai"),
    Case("a_very_long_description", door(user(), tools=[tool(description="Long. " * 1500)]), "openai"),
    Case("an_assistant_first", door(assistant(), user()), "openai"),
    Case("a_call_first", door(called("a"), result("a"), user(), tools=list(WEATHER)), "openai"),
    Case("an_assistant_last", door(user(), assistant("Once upon a time ")), "openai"),
    Case("nothing_but_an_assistant", door(assistant()), "openai"),
    Case("nothing_but_a_system_message", door({"role": "system", "content": "Be brief."}), "openai"),
    Case("a_developer", door({"role": "developer", "content": "Be brief."}, user()), "openai"),
    Case(
        "two_users_and_two_assistants",
        door(user(), user("Hm?"), assistant(), assistant("Yes."), user("And?")),
        "openai",
    ),
    Case("a_named_speaker", door({**user(), "name": "Ann Smith"}), "openai"),
    Case("a_forced_tool", door(user(), tools=list(WEATHER), tool_choice="required"), "openai"),
    Case(
        "a_tool_that_is_named",
        door(
            user(), tools=[tool(), tool("3d_print")], tool_choice={"type": "function", "function": {"name": "3d_print"}}
        ),
        "openai",
    ),
    Case("one_call_at_a_time", door(user(), tools=list(WEATHER), parallel_tool_calls=False), "openai"),
    Case("parallel_calls_without_tools", door(user(), parallel_tool_calls=True), "ollama"),
    *(
        Case(f"{name}", door(user(), **{name: value}), "openai")
        for name, value in (
            ("seed", 7),
            ("presence_penalty", 1.5),
            ("frequency_penalty", -1),
            ("logit_bias", {"50256": -100}),
            ("logprobs", True),
            ("reasoning_effort", "minimal"),
            ("verbosity", "low"),
            ("user", "ann"),
            ("store", True),
            ("service_tier", "flex"),
            ("metadata", {"a": "b"}),
            ("prompt_cache_key", "key"),
        )
    ),
    Case(
        "more_tokens_than_nova_gives",
        replace(door(user(), max_tokens=100_000), models={"bedrock": "nova-2-lite"}),
        "openai",
        ("bedrock",),
    ),
    Case("a_filter_behind_thoughts", replace(door(user(), stream=True), answer=Says("", refused=True)), "openai"),
    Case("json_without_the_word", door(user(), response_format={"type": "json_object"}), "gemini"),
    Case(
        "a_schema_with_bounds", door(user(), response_format=answer_schema(bounds(type="integer", minimum=0))), "gemini"
    ),
]

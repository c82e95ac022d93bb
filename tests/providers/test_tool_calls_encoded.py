"""What is sent where tools are used: their definitions, earlier calls, and the results of these calls."""

import hashlib
import json
from typing import Any

import pytest

from agentos.domain import Message, Prompt, Tool
from tests.providers.conversations import (
    ASKED,
    BROKEN,
    CALLS,
    GEMINI,
    HISTORY,
    OPENAI,
    PARAMETERS,
    PARIS,
    PARTS,
    TIME,
    TOKYO,
    TOOLS,
    answered,
    asking,
    encoded,
    result,
    with_tools,
)
from tests.providers.recordings import MODELS, Wire, recording
from tests.providers.vendor_types import google_sdk_sends, validate_for_openai
from tests.support.sdks import genai_types as types

EMPTY = {"type": "object", "properties": {}}
SIGNED = recording("gemini/tool_calls_parallel").content


# --- OpenAI's wire format ---------------------------------------------------------------------


def test_openai_receives_tools_unchanged_and_a_schema_where_there_was_none(wire: Wire) -> None:
    assert encoded(wire, OPENAI, with_tools())["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "get_weather",
                "description": "The weather in a city.",
                "parameters": PARAMETERS,
                "strict": False,  # not every field is required, which strict mode refuses
            },
        },
        {"type": "function", "function": {"name": "now", "parameters": EMPTY}},
    ]


@pytest.mark.parametrize(("given", "sent"), [
    ({}, EMPTY), ({"type": "object"}, EMPTY), ({"type": "object", "title": "T"}, {**EMPTY, "title": "T"}),
    (PARAMETERS, PARAMETERS),
])  # fmt: skip
def test_every_provider_receives_an_object_with_properties(
    given: dict[str, Any], sent: dict[str, Any], wire: Wire
) -> None:
    tool = Tool.model_validate({"type": "function", "function": {"name": "f", "parameters": given}})
    asked = Prompt(messages=(ASKED,), tools=(tool,))
    assert encoded(wire, OPENAI, asked)["tools"][0]["function"]["parameters"] == sent
    declared = encoded(wire, GEMINI, asked)["tools"][0]["functionDeclarations"]
    assert declared == [{"name": "f", "parametersJsonSchema": sent}]


def test_openai_receives_calls_as_text_and_results_by_their_id(wire: Wire) -> None:
    assert encoded(wire, OPENAI, with_tools())["messages"][1:] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "get_weather", "arguments": '{"city":"Paris","days":3}'},
                },
                {
                    "id": "call_2",
                    "type": "function",
                    "function": {"name": "get_weather", "arguments": '{"city":"東京"}'},
                },
                {"id": "call_3", "type": "function", "function": {"name": "now", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "call_3", "content": "12:00"},
        {"role": "tool", "tool_call_id": "call_1", "content": '{"degrees": 21.5, "sky": null}'},
        {"role": "tool", "tool_call_id": "call_2", "content": "Rain."},
    ]


def test_text_beside_calls_is_sent(wire: Wire) -> None:
    asked = with_tools(ASKED, asking(TIME, content="I look."), result(TIME))
    assert encoded(wire, OPENAI, asked)["messages"][1]["content"] == "I look."
    assert encoded(wire, GEMINI, asked)["contents"][1]["parts"][0] == {"text": "I look."}


def test_arguments_that_were_no_object_are_sent_back_in_one(wire: Wire) -> None:
    asked = with_tools(ASKED, asking(BROKEN), result(BROKEN, "No JSON."))
    wrapped = {"invalidArguments": '{"zone": "UT'}
    (call,) = encoded(wire, OPENAI, asked)["messages"][1]["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == wrapped
    (part,) = encoded(wire, GEMINI, asked)["contents"][1]["parts"]
    assert part["functionCall"]["args"] == wrapped


def test_a_result_of_parts_is_sent_as_text(wire: Wire) -> None:
    asked = with_tools(ASKED, asking(TIME), result(TIME, PARTS))
    text = "Here:\nhttps://example.test/a.png\n(an image)\nDone."
    assert encoded(wire, OPENAI, asked)["messages"][2]["content"] == text
    (part,) = encoded(wire, GEMINI, asked)["contents"][2]["parts"]
    assert part["functionResponse"]["response"] == {"result": text}


@pytest.mark.parametrize("messages", [
    HISTORY, (ASKED,), (*HISTORY, Message(role="assistant", content="Fine."), ASKED, asking(BROKEN), result(BROKEN)),
    (ASKED, asking(TIME, content="I look."), result(TIME, PARTS)),
])  # fmt: skip
def test_requests_to_openai_have_the_types_of_its_sdk(messages: tuple[Message, ...], wire: Wire) -> None:
    validate_for_openai(encoded(wire, OPENAI, with_tools(*messages)))


def test_without_tools_no_field_for_them_is_sent(wire: Wire) -> None:
    asked = Prompt(messages=(ASKED, Message(role="assistant", content="Fine."), ASKED))
    for model in MODELS.values():
        body = encoded(wire, model, asked)
        assert not {"tools", "toolConfig"} & set(body)
        assert not {"tool_calls", "reasoning_content"} & set(body.get("messages", body.get("contents"))[1])


def test_the_tools_of_the_prompt_are_sent(wire: Wire) -> None:
    assert [tool["function"]["name"] for tool in encoded(wire, OPENAI, with_tools())["tools"]] == [
        tool.function.name for tool in TOOLS
    ]
    unequipped = Prompt(messages=HISTORY)
    assert "tools" not in encoded(wire, OPENAI, unequipped)
    assert "tools" not in encoded(wire, GEMINI, unequipped)


# --- Gemini's wire format ---------------------------------------------------------------------


def test_requests_to_gemini_equal_those_of_googles_sdk(wire: Wire) -> None:
    called = [
        types.Part(function_call=types.FunctionCall(id=call.id, name=call.name, args=call.arguments)) for call in CALLS
    ]
    called[0].thought_signature = hashlib.sha256(b"a thought").digest()
    signed = PARIS.model_copy(update={"signature": "thought:" + _wire_form(called[0])})
    responses = {"call_1": {"degrees": 21.5, "sky": None}, "call_2": {"result": "Rain."}, "call_3": {"result": "12:00"}}
    theirs = google_sdk_sends(
        [
            types.Content(role="user", parts=[types.Part(text=str(ASKED.content))]),
            types.Content(role="model", parts=called),
            types.Content(
                role="user",
                parts=[
                    types.Part(
                        function_response=types.FunctionResponse(
                            id=call.id, name=call.name, response=responses[call.id]
                        )
                    )
                    for call in CALLS
                ],
            ),
        ],
        types.GenerateContentConfig(
            tools=[
                types.Tool(
                    function_declarations=[
                        types.FunctionDeclaration(
                            name="get_weather", description="The weather in a city.", parameters_json_schema=PARAMETERS
                        ),
                        types.FunctionDeclaration(name="now", parameters_json_schema=EMPTY),
                    ]
                )
            ],
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        ),
    )
    ours = encoded(wire, GEMINI, with_tools(ASKED, asking(signed, TOKYO, TIME), *HISTORY[2:]))
    assert ours["contents"] == theirs["contents"]
    read = types.Tool.model_validate  # the API reads the SDK's `parameters_json_schema` as the same field
    assert list(map(read, ours["tools"])) == list(map(read, theirs["tools"]))
    assert set(ours) == set(theirs)


def _wire_form(part: Any) -> str:
    signature: str = json.loads(part.model_dump_json(exclude_none=True))["thought_signature"]
    return signature


def test_gemini_receives_all_results_of_one_answer_in_one_content_in_the_order_of_the_calls(wire: Wire) -> None:
    asked = with_tools(
        *HISTORY, Message(role="system", content="Be brief."), asking(TIME), result(TIME, "13:00"), ASKED
    )
    contents = encoded(wire, GEMINI, asked)["contents"]
    assert [content["role"] for content in contents] == ["user", "model", "user", "model", "user", "user"]
    answers = [[part["functionResponse"] for part in contents[place]["parts"]] for place in (2, 4)]
    assert [[(answer["id"], answer["name"]) for answer in run] for run in answers] == [
        [("call_1", "get_weather"), ("call_2", "get_weather"), ("call_3", "now")],
        [("call_3", "now")],
    ]
    assert answers[1][0]["response"] == {"result": "13:00"}


@pytest.mark.parametrize(("text", "response"), [
    ('{"a": [1, 2.5, null], "": {}}', {"a": [1, 2.5, None], "": {}}), ("{}", {}),
    ("Rain.", {"result": "Rain."}), ("", {"result": ""}), ("[1]", {"result": "[1]"}), ("5", {"result": "5"}),
    ('{"a": NaN}', {"result": '{"a": NaN}'}), ('{"a": ', {"result": '{"a": '}), ("null", {"result": "null"}),
])  # fmt: skip
def test_a_result_is_an_object_for_gemini(text: str, response: dict[str, Any], wire: Wire) -> None:
    contents = encoded(wire, GEMINI, with_tools(ASKED, asking(TIME), result(TIME, text)))["contents"]
    assert contents[2]["parts"] == [{"functionResponse": {"id": "call_3", "name": "now", "response": response}}]


def test_gemini_receives_its_signature_in_the_same_place(wire: Wire) -> None:
    calls = answered(wire, GEMINI, SIGNED).tool_calls
    sent = encoded(wire, GEMINI, with_tools(ASKED, asking(*calls), *map(result, calls)))["contents"][1]["parts"]
    assert sent == recording("gemini/tool_calls_parallel").body["candidates"][0]["content"]["parts"]


def test_the_first_call_of_another_provider_has_googles_stand_in_signature(wire: Wire) -> None:
    contents = encoded(wire, GEMINI, with_tools(*HISTORY, asking(TIME), result(TIME)))["contents"]
    signatures = [[part.get("thoughtSignature") for part in contents[place]["parts"]] for place in (1, 3)]
    stand_in = "skip_thought_signature_validator"
    assert signatures == [[stand_in, None, None], [stand_in]]
    types.Content.model_validate(contents[1])  # the SDK decodes it as base64

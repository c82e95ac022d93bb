"""Requests that one provider accepts and another has refused: what is sent to each provider, and which notes follow.

Every row runs through the real fitting, encoder and HTTP client.
"""

import json
import re
from typing import Any

import pytest

from agentos.domain import Completion, Message, Parameters, Prompt, Tool, ToolCall, ToolChoice
from tests.providers.conversations import ANTHROPIC, ASKED, BEDROCK, GEMINI, OPENAI, asking, result
from tests.providers.recordings import MODELS, OTHER_FORMATS, RESPONSES, Wire, an_answer
from tests.providers.streamed import SPLIT, on_the_wire

CHAT = sorted(set(MODELS) - OTHER_FORMATS)
CLAUDE = (ANTHROPIC, BEDROCK)
SOME = Message(role="user", content="Hello.")
HELLO = Message(role="assistant", content="Hello!")
GO_ON = "Continue."


def ask(wire: Wire, model: str, *messages: Message, **fields: Any) -> tuple[Any, Completion]:
    """The JSON that is sent, and the answer with its notes."""
    wire.reply(an_answer(model))
    completion = wire.ask(model, Prompt(messages=messages or (SOME,), **fields))
    return wire.sent_json, completion


def said(body: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The roles and texts in a request of any wire format."""
    turns = body.get("contents", body.get("messages"))
    assert turns is not None
    received: list[tuple[str, list[str]]] = []
    for turn in turns:
        content = turn.get("parts", turn.get("content"))
        blocks = [{"text": content}] if isinstance(content, str) else content or []
        received.append((turn["role"].replace("model", "assistant"), [one["text"] for one in blocks if "text" in one]))
    return received


def user(content: Any) -> Message:
    return Message.model_validate({"role": "user", "content": content})


def image(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


# --- blank texts ------------------------------------------------------------------------------


@pytest.mark.parametrize("blank", [" ", "\u3000", "\n\t", [{"type": "text", "text": " "}]])
@pytest.mark.parametrize("model", [*CLAUDE, GEMINI, MODELS["glm4"], MODELS["mistral"], MODELS["xai"]])
def test_a_blank_question_in_a_history_is_not_sent(model: str, blank: Any, wire: Wire) -> None:
    body, completion = ask(wire, model, user(blank), HELLO, SOME)
    assert said(body) == [("user", [GO_ON]), ("assistant", ["Hello!"]), ("user", ["Hello."])]
    assert "blank texts left out" in completion.notes


@pytest.mark.parametrize("model", sorted(MODELS.values()))
def test_blank_instructions_parts_and_answers_are_left_out_everywhere(model: str, wire: Wire) -> None:
    parts = user([{"type": "text", "text": "\n"}, {"type": "text", "text": "See:"}])
    silent = Message(role="assistant", content="")
    body, completion = ask(
        wire, model, Message(role="system", content=" "), SOME, silent, parts, HELLO, SOME, instructions=" \n"
    )
    assert not {"system", "systemInstruction"} & set(body)
    texts = [text for _, texts in said(body) for text in texts]
    assert texts == ["Hello.", "See:", "Hello!", "Hello."]
    assert "blank instructions left out" in completion.notes
    assert "blank texts left out" in completion.notes


def test_openai_receives_the_white_space_that_it_takes(wire: Wire) -> None:
    body, completion = ask(wire, OPENAI, user(" "))
    assert said(body) == [("user", [" "])]
    assert completion.notes == ()


@pytest.mark.parametrize("model", [ANTHROPIC, BEDROCK, GEMINI])
def test_an_empty_answer_is_left_out_and_roles_still_alternate(model: str, wire: Wire) -> None:
    body, _ = ask(wire, model, SOME, Message(role="assistant", content=""), SOME)
    assert {role for role, _ in said(body)} == {"user"}
    assert all(texts for _, texts in said(body))


@pytest.mark.parametrize("model", CLAUDE)
def test_a_blank_result_is_sent_without_blank_text(model: str, wire: Wire) -> None:
    call = ToolCall(id="call_1", name="now", arguments={})
    body, _ = ask(wire, model, SOME, asking(call), result(call, " "))
    assert " " not in [text for _, texts in said(body) for text in texts]
    (block,) = body["messages"][2]["content"]
    assert block.get("content") is None or block["toolResult"]["content"] == [{"json": {}}]


# --- parameters -------------------------------------------------------------------------------

OUT_OF_RANGE = [
    # model, given, the parameters that are sent
    ("anthropic:claude-haiku-4-5", {"temperature": 1.5}, {"temperature": 1}),
    (BEDROCK, {"temperature": 1.5}, {"temperature": 1}),
    (MODELS["glm4"], {"temperature": 1.5}, {"temperature": 1}),
    (MODELS["glm4"], {"top_p": 0.001}, {"top_p": 0.01}),
    (MODELS["mistral"], {"temperature": 2}, {"temperature": 1.5}),
    (MODELS["cerebras"], {"temperature": 2}, {"temperature": 1.5}),
    (OPENAI, {"temperature": 2}, {"temperature": 2}),
    ("anthropic:claude-haiku-4-5", {"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5}),
    (BEDROCK, {"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5}),
    ("bedrock:nova-2-lite", {"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5, "topP": 0.9}),
    ("bedrock:anthropic.claude-opus-4-1-20250805-v1:0", {"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5}),
    ("bedrock:us.anthropic.claude-sonnet-4-6", {"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5}),
    ("bedrock:eu.anthropic.claude-opus-4-7", {"temperature": 0.5, "top_p": 0.9}, {}),
    (
        "bedrock:anthropic.claude-sonnet-4-20250514-v1:0",
        {"temperature": 0.5, "top_p": 0.9},
        {"temperature": 0.5, "topP": 0.9},
    ),
    ("anthropic:claude-fable-5", {"temperature": 0.5}, {}),
    ("anthropic:claude-sonnet-4-5-20250929", {"temperature": 0.5}, {"temperature": 0.5}),
    (ANTHROPIC, {"temperature": 0.5, "top_p": 0.9}, {}),
    (ANTHROPIC, {"stop": ("\n", "", "END")}, {"stop_sequences": ["END"]}),
    (ANTHROPIC, {"stop": ("\n",)}, {}),
    (BEDROCK, {"stop": ("\n\n", "END")}, {"stopSequences": ["END"]}),
    (OPENAI, {"stop": ("\n", "END", "")}, {"stop": ["\n", "END"]}),
    (OPENAI, {"stop": ("",)}, {}),
    (OPENAI, {"stop": tuple("abcdef")}, {"stop": ["a", "b", "c", "d"]}),
    (MODELS["groq"], {"stop": tuple("abcdef")}, {"stop": ["a", "b", "c", "d"]}),
    (MODELS["glm4"], {"stop": ("a", "b")}, {"stop": ["a"]}),
    (MODELS["deepseek"], {"stop": tuple("abcdef")}, {"stop": list("abcdef")}),
    (GEMINI, {"stop": tuple("abcdef")}, {"stopSequences": list("abcde")}),
]


@pytest.mark.parametrize(("model", "given", "sent"), OUT_OF_RANGE)
def test_parameters_are_sent_as_the_model_takes_them(
    model: str, given: dict[str, Any], sent: dict[str, Any], wire: Wire
) -> None:
    body, completion = ask(wire, model, parameters=Parameters(**given))
    parameters = {**body, **body.get("generationConfig", {}), **body.get("inferenceConfig", {})}
    names = {"temperature", "top_p", "topP", "stop", "stop_sequences", "stopSequences"}
    assert {name: value for name, value in parameters.items() if name in names} == sent
    unchanged = list(given.values()) == [tuple(one) if isinstance(one, list) else one for one in sent.values()]
    assert bool(completion.notes) is not unchanged


# --- images -----------------------------------------------------------------------------------

JPEG, PNG = "/9j/4AAQSkZJRgABAQ==", "iVBORw0KGgoAAAANSUhEUg=="


def sent_images(body: dict[str, Any]) -> list[str]:
    """The media type of each image that is sent."""
    blocks = [
        block for turn in body.get("contents", body.get("messages")) for block in turn.get("parts", turn.get("content"))
    ]
    kinds: list[str] = []
    for block in blocks:
        if "inlineData" in block:
            kinds.append(block["inlineData"]["mimeType"])
        elif "source" in block:
            kinds.append(block["source"]["media_type"])
        elif "image" in block:
            kinds.append(f"image/{block['image']['format']}")
        elif "image_url" in block:
            kinds.append(block["image_url"]["url"].removeprefix("data:").partition(";")[0])
    return kinds


@pytest.mark.parametrize(("declared", "data", "sent"), [
    ("image/jpg", JPEG, "image/jpeg"), ("image/JPEG", JPEG, "image/jpeg"), ("image/PNG", PNG, "image/png"),
    ("image/jpg", "AAAA", "image/jpeg"), ("image/png", JPEG, "image/jpeg"), ("image/webp", "AAAA", "image/webp"),
])  # fmt: skip
@pytest.mark.parametrize("model", sorted(MODELS.values()))
def test_an_image_is_sent_with_its_media_type(model: str, declared: str, data: str, sent: str, wire: Wire) -> None:
    body, completion = ask(wire, model, user([image(f"data:{declared};base64,{data}")]))
    assert sent_images(body) == [sent]
    assert completion.notes == (() if declared == sent else (f"{declared} sent as {sent}",))


# --- parts of text ----------------------------------------------------------------------------

PARTS = [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]
LISTS = {"openai", "azure-openai", "openrouter"}
"""Providers that take a list of parts where every part is text."""


@pytest.mark.parametrize("provider", CHAT)
@pytest.mark.parametrize("role", ["system", "user", "assistant"])
def test_text_parts_become_one_string_except_where_lists_are_taken(provider: str, role: str, wire: Wire) -> None:
    message = Message.model_validate({"role": role, "content": PARTS})
    body, completion = ask(wire, MODELS[provider], message, SOME)
    assert body["messages"][0]["content"] == (PARTS if provider in LISTS else "One.\nTwo.")
    assert ("parts of text joined to one string" in completion.notes) is (provider not in LISTS)


@pytest.mark.parametrize("provider", CHAT)
def test_an_image_among_parts_keeps_the_list(provider: str, wire: Wire) -> None:
    body, _ = ask(wire, MODELS[provider], user([*PARTS, image(f"data:image/png;base64,{PNG}")]))
    assert [part["type"] for part in body["messages"][0]["content"]] == ["text", "text", "image_url"]


# --- names and ids of tools -------------------------------------------------------------------

ODD_NAMES = ("3d_print", "-list", "functions.get weather", "a" * 70, "名前", "名字")
SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}}
PATTERNS = {"gemini": r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}", "openrouter": r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}"}


def tool(name: str, **function: Any) -> Tool:
    """A tool with any name. Other tests say which names a client may use."""
    checked = Tool.model_validate({"type": "function", "function": {"name": "x", "parameters": SCHEMA, **function}})
    return checked.model_copy(update={"function": checked.function.model_copy(update={"name": name})})


def sent_names(body: dict[str, Any]) -> list[str]:
    """The names of the tools that are offered."""
    if "toolConfig" in body and "tools" in body["toolConfig"]:
        return [one["toolSpec"]["name"] for one in body["toolConfig"]["tools"]]
    tools = body["tools"]
    functions = tools[0].get("functionDeclarations", tools)
    return [one.get("function", one)["name"] for one in functions]


@pytest.mark.parametrize("provider", sorted(MODELS))
def test_names_of_tools_are_fitted_in_the_same_way_everywhere(provider: str, wire: Wire) -> None:
    calls = [ToolCall(id=f"c{place}", name=name, arguments={}) for place, name in enumerate(ODD_NAMES)]
    body, completion = ask(
        wire, MODELS[provider], ASKED, asking(*calls), *map(result, calls), tools=tuple(map(tool, ODD_NAMES)),
    )  # fmt: skip
    names = sent_names(body)
    pattern = PATTERNS.get(provider, r"[a-zA-Z0-9_-]{1,64}")
    assert all(re.fullmatch(pattern, name) for name in names)
    assert len(set(names)) == len(ODD_NAMES)
    history = json.dumps(body.get("contents", body.get("messages")))
    assert all(json.dumps(name) in history for name in names)
    assert [name for name in ODD_NAMES if json.dumps(name) in history] == [
        name for name in ODD_NAMES if re.fullmatch(pattern, name)
    ]
    assert any(note.startswith("names of tools replaced: ") for note in completion.notes)


def answer_that_calls(wire_format: str, name: str) -> dict[str, Any]:
    """A whole answer that calls the tool of this name."""
    match wire_format:
        case "gemini":
            content = {"role": "model", "parts": [{"functionCall": {"name": name, "args": {"x": 1}}}]}
            return {"candidates": [{"content": content, "finishReason": "STOP"}]}
        case "anthropic":
            block = {"type": "tool_use", "id": "toolu_1", "name": name, "input": {"x": 1}}
            return {"type": "message", "content": [block], "stop_reason": "tool_use", "usage": {}}
        case "bedrock":
            block = {"toolUse": {"toolUseId": "t1", "name": name, "input": {"x": 1}}}
            return {"output": {"message": {"role": "assistant", "content": [block]}}, "stopReason": "tool_use"}
        case _:
            call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": '{"x": 1}'}}
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
            return {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("model", [GEMINI, ANTHROPIC, BEDROCK, OPENAI, MODELS["openrouter"]])
@pytest.mark.parametrize("name", ODD_NAMES)
def test_calls_are_returned_with_the_names_that_the_client_gave(
    model: str, name: str, streamed: bool, wire: Wire
) -> None:
    asked = Prompt(
        messages=(SOME,),
        tools=(tool("plain"), tool(name)),
        parameters=Parameters(tool_choice=ToolChoice(name=name) if model in (OPENAI, GEMINI, BEDROCK) else None),
    )
    ask(wire, model, tools=asked.tools, parameters=asked.parameters)
    (sent,) = [one for one in sent_names(wire.sent_json) if one != "plain"]
    choice = json.dumps([wire.sent_json.get("tool_choice"), wire.sent_json.get("toolConfig")])
    assert asked.parameters.tool_choice is None or json.dumps(sent) in choice
    provider = model.partition(":")[0]
    wire_format = provider if provider in OTHER_FORMATS else "openai"
    whole = answer_that_calls(wire_format, sent)
    received: list[str] = []
    wire.reply(on_the_wire(wire_format, SPLIT[wire_format](whole)) if streamed else json.dumps(whole).encode())
    completion = wire.ask(model, asked, listen=received.append if streamed else None)
    assert [(call.name, call.arguments) for call in completion.tool_calls] == [(name, {"x": 1})]
    assert received == []


ODD_IDS = ("functions.f:0", "call|1", "", "x" * 120, "名前", "call_1")


@pytest.mark.parametrize(("model", "pattern"), [
    (ANTHROPIC, "[a-zA-Z0-9_-]{1,64}"), (BEDROCK, "[a-zA-Z0-9_-]{1,64}"), (OPENAI, "(?s).{1,40}"),
    (MODELS["mistral"], "[a-zA-Z0-9]{9}"), (GEMINI, "(?s).+"), (MODELS["groq"], "(?s).{1,40}"),
    (RESPONSES, "(?s).{1,64}"),
])  # fmt: skip
def test_ids_of_calls_and_results_are_fitted_in_the_same_way(model: str, pattern: str, wire: Wire) -> None:
    calls = [ToolCall(id=call_id, name="now", arguments={"place": place}) for place, call_id in enumerate(ODD_IDS)]
    twice = [ToolCall(id="", name="now", arguments={"again": place}) for place in range(2)]
    history = (ASKED, asking(*calls), *map(result, calls), asking(*twice), result(twice[0], "A"), result(twice[1], "B"))
    body, completion = ask(wire, model, *history, tools=(tool("now"),))
    called, answered = ids(body)
    assert called == answered
    assert all(re.fullmatch(pattern, call_id) for call_id in called)
    assert all(len(set(turn)) == len(turn) for turn in (called[:6], called[6:]))
    assert model not in (*CLAUDE, RESPONSES) or len(set(called)) == len(called)
    assert any("ids of tool calls replaced" in note for note in completion.notes)
    again, _ = ask(wire, model, *history, tools=(tool("now"),))
    assert ids(again) == (called, answered)


def ids(body: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The ids of all calls and of all results, in their order."""
    called: list[str] = []
    answered: list[str] = []
    for item in body.get("input", ()):
        into = {"function_call": called, "function_call_output": answered}.get(item.get("type"))
        if into is not None:
            into.append(item["call_id"])
    for turn in body.get("contents", body.get("messages", ())):
        called += [call["id"] for call in turn.get("tool_calls", ())]
        answered += [turn["tool_call_id"]] if "tool_call_id" in turn else []
        blocks = turn.get("parts", turn.get("content"))
        for block in blocks if isinstance(blocks, list) else ():
            for kind, name, into in (
                ("functionCall", "id", called), ("functionResponse", "id", answered),
                ("toolUse", "toolUseId", called), ("toolResult", "toolUseId", answered),
            ):  # fmt: skip
                into += [block[kind][name]] if kind in block else []
            called += [block["id"]] if block.get("type") == "tool_use" else []
            answered += [block["tool_use_id"]] if block.get("type") == "tool_result" else []
    return called, answered


# --- order of roles ---------------------------------------------------------------------------

CALL = ToolCall(id="D681PevKs", name="now", arguments={})
CALLED = (SOME, asking(CALL), result(CALL), SOME)

ORDERS = [
    # model, messages, the roles that are sent
    (MODELS["mistral"], CALLED, ["user", "assistant", "tool", "assistant", "user"]),
    (OPENAI, CALLED, ["user", "assistant", "tool", "user"]),
    (MODELS["mistral"], (SOME, Message(role="system", content="Be brief."), SOME), ["system", "user", "user"]),
    (MODELS["mistral"], (SOME, HELLO), ["user", "assistant", "user"]),
    (MODELS["mistral"], (Message(role="system", content="Greet me."),), ["system", "user"]),
    (MODELS["glm4"], (Message(role="system", content="Greet me."), HELLO), ["system", "assistant", "user"]),
    (MODELS["glm4"], (SOME, HELLO), ["user", "assistant"]),
    (OPENAI, (HELLO,), ["assistant"]),
    (ANTHROPIC, (HELLO,), ["user", "assistant", "user"]),
    (BEDROCK, (HELLO, SOME), ["user", "assistant", "user"]),
    (GEMINI, (asking(CALL), result(CALL)), ["user", "model", "user"]),
    (GEMINI, (SOME, HELLO, asking(CALL), result(CALL)), ["user", "model", "user"]),
    (GEMINI, (SOME, HELLO), ["user", "model", "user"]),
    (ANTHROPIC, (SOME, HELLO, Message(role="system", content="Go on."), HELLO, SOME),
     ["user", "assistant", "user", "assistant", "user"]),
]  # fmt: skip


@pytest.mark.parametrize(("model", "messages", "roles"), ORDERS)
def test_roles_are_sent_in_an_accepted_order(
    model: str, messages: tuple[Message, ...], roles: list[str], wire: Wire
) -> None:
    body, completion = ask(wire, model, *messages, tools=(tool("now"),))
    assert [turn["role"] for turn in body.get("contents", body.get("messages"))] == roles
    added = [text for _, texts in said(body) for text in texts if text in (GO_ON, "I see.")]
    moved = "system" in roles and messages[0].role != "system"
    assert len(completion.notes) == (1 if added or moved else 0)


# --- JSON -------------------------------------------------------------------------------------

JSON = Parameters(response_format={"type": "json_object"})
WORDED = {"openai", "deepseek", "groq", "azure-openai", "openrouter", "xai", "together", "cerebras"}
SENTENCE = "Answer with one JSON object and nothing else."


@pytest.mark.parametrize("provider", sorted(WORDED))
def test_json_is_requested_in_words_where_no_message_does(provider: str, wire: Wire) -> None:
    body, completion = ask(wire, MODELS[provider], parameters=JSON, instructions="Be kind.")
    assert body["messages"][0] == {"role": "system", "content": f"Be kind.\n\n{SENTENCE}"}
    assert body["response_format"] == {"type": "json_object"}
    assert any("JSON" in note for note in completion.notes)
    body, completion = ask(wire, MODELS[provider], user("As Json, please."), parameters=JSON)
    assert [message["role"] for message in body["messages"]] == ["user"]
    assert completion.notes == ()


def test_json_beside_tools_is_requested_in_words_at_groq(wire: Wire) -> None:
    body, _ = ask(wire, MODELS["groq"], parameters=JSON, tools=(tool("now"),))
    assert "response_format" not in body
    assert body["messages"][0] == {"role": "system", "content": SENTENCE}


@pytest.mark.parametrize("model", CLAUDE)
def test_json_is_requested_in_words_alone_where_only_schemas_are_taken(model: str, wire: Wire) -> None:
    body, completion = ask(wire, model, parameters=JSON)
    assert body["system"] in (SENTENCE, [{"text": SENTENCE}])
    assert any("json_object" in note for note in completion.notes)


# --- schemas ----------------------------------------------------------------------------------

BOUNDED: dict[str, Any] = {
    "type": "object",
    "description": "A reading.",
    "properties": {
        "degrees": {"type": "number", "minimum": -90, "maximum": 60, "multipleOf": 0.5},
        "place": {"type": "string", "maxLength": 80, "description": "Where."},
        "hours": {"type": "array", "items": {"type": "integer"}, "minItems": 3},
        "first": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        "sky": {"oneOf": [{"type": "string", "format": "color"}, {"type": "null"}]},
        "when": {"type": "string", "format": "date-time"},
        "minimum": {"type": "string", "enum": ["maximum", "oneOf"]},
    },
    "required": ["degrees"],
}


def answers_schema(body: dict[str, Any]) -> Any:
    if "output_config" in body:
        return body["output_config"]["format"]["schema"]
    return json.loads(body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"])


@pytest.mark.parametrize("model", CLAUDE)
def test_keywords_that_claude_refuses_are_moved_into_descriptions(model: str, wire: Wire) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "reading", "schema": BOUNDED}}
    body, completion = ask(wire, model, parameters=Parameters(response_format=wanted))
    assert answers_schema(body) == {
        "type": "object",
        "description": "A reading.",
        "additionalProperties": False,
        "properties": {
            "degrees": {"type": "number", "description": '{"minimum":-90,"maximum":60,"multipleOf":0.5}'},
            "place": {"type": "string", "description": 'Where.\n\n{"maxLength":80}'},
            "hours": {"type": "array", "items": {"type": "integer"}, "description": '{"minItems":3}'},
            "first": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
            "sky": {"anyOf": [{"type": "string", "description": '{"format":"color"}'}, {"type": "null"}]},
            "when": {"type": "string", "format": "date-time"},
            "minimum": {"type": "string", "enum": ["maximum", "oneOf"]},
        },
        "required": ["degrees"],
    }
    (note,) = completion.notes
    assert note.startswith("moved into descriptions of responseFormat's schema: format, maxLength, maximum, minItems")


@pytest.mark.parametrize("model", [OPENAI, GEMINI, MODELS["mistral"]])
def test_other_providers_get_the_schema_unchanged(model: str, wire: Wire) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "reading", "schema": BOUNDED}}
    body, completion = ask(wire, model, parameters=Parameters(response_format=wanted))
    given = (
        body.get("generationConfig", {}).get("responseJsonSchema") or body["response_format"]["json_schema"]["schema"]
    )
    assert given == BOUNDED
    assert completion.notes == ()


CLOSED = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"], "additionalProperties": False}


@pytest.mark.parametrize(("schema", "strict"), [
    (CLOSED, True), ({**CLOSED, "required": []}, False), (SCHEMA, False),
    ({**CLOSED, "properties": {"x": {"oneOf": []}}}, False),
    ({**CLOSED, "properties": {"x": {"type": "array", "items": CLOSED}}}, True),
    ({**CLOSED, "properties": {"x": {"type": "array", "items": SCHEMA}}}, False),
])  # fmt: skip
def test_strict_mode_is_requested_where_the_schema_allows_it(schema: dict[str, Any], strict: bool, wire: Wire) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}
    parameters = Parameters(response_format=wanted)
    body, completion = ask(wire, OPENAI, parameters=parameters, tools=(tool("f", parameters=schema, strict=True),))
    assert body["response_format"]["json_schema"]["strict"] is strict
    assert body["tools"][0]["function"]["strict"] is strict
    assert len(completion.notes) == (0 if strict else 2)


def test_schemas_and_descriptions_of_tools_are_fitted(wire: Wire) -> None:
    parameters = {**SCHEMA, "properties": {"x": {"type": "array"}}, "anyOf": [{"required": ["x"]}, {}]}
    long = tool("f", parameters=parameters, description="Long. " * 200)
    function = ask(wire, OPENAI, tools=(long,))[0]["tools"][0]["function"]
    assert function["parameters"] == {**parameters, "properties": {"x": {"type": "array", "items": {}}}}
    assert len(function["description"]) == 1024
    (declared,) = ask(wire, ANTHROPIC, tools=(long,))[0]["tools"]
    moved = {**SCHEMA, "properties": {"x": {"type": "array"}}, "description": '{"anyOf":[{"required":["x"]},{}]}'}
    assert declared["input_schema"] == moved
    assert len(declared["description"]) == 1200


@pytest.mark.parametrize("model", [ANTHROPIC, BEDROCK, OPENAI])
def test_names_of_arguments_are_fitted_and_restored(model: str, wire: Wire) -> None:
    properties = {"$filter": {"type": "string"}, "_filter": {"type": "string"}, "$top": {"type": "object"}}
    offered = tool("f", parameters={"type": "object", "properties": properties, "required": ["$filter", "_filter"]})
    given = {"$filter": "a", "_filter": "b", "$top": {"$deep": 1}}
    call = ToolCall(id="call_1", name="f", arguments=given)
    body, completion = ask(wire, model, SOME, asking(call), result(call), tools=(offered,))
    if model == OPENAI:
        assert json.loads(body["messages"][1]["tool_calls"][0]["function"]["arguments"]) == given
        assert completion.notes == ()
        return
    config = body.get("toolConfig", {}).get("tools", [{}])[0].get("toolSpec", {})
    schema = config["inputSchema"]["json"] if config else body["tools"][0]["input_schema"]
    replaced, kept, top = schema["properties"]
    assert (kept, top, schema["required"]) == ("_filter", "_top", [replaced, "_filter"])
    assert re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", replaced)
    (block,) = body["messages"][1]["content"]
    sent = block["toolUse"]["input"] if "toolUse" in block else block["input"]
    assert sent == {replaced: "a", "_filter": "b", "_top": {"$deep": 1}}
    whole = answer_that_calls(model.partition(":")[0], "f")
    called = whole["output"]["message"]["content"][0]["toolUse"] if "output" in whole else whole["content"][0]
    called["input"] = sent
    wire.reply(json.dumps(whole).encode())
    answered = wire.ask(model, Prompt(messages=(SOME,), tools=(offered,)))
    assert [one.arguments for one in answered.tool_calls] == [given]
    assert answered.notes == ("names of arguments replaced for f",)

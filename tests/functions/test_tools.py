"""An agent's tools over HTTP: checked when they are saved, and returned unchanged."""

import json
from typing import Any

import pytest

WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city now. Über alles: 你好, 🙂.",
        "parameters": {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {
                "city": {"type": "string", "pattern": r"^\p{Lu}"},
                "days": {"type": "integer", "maximum": 10**30, "default": 1},
                "share": {"type": ["number", "null"], "minimum": 0.1},
                "": {"const": None, "title": ""},
            },
            "required": ["city"],
            "additionalProperties": False,
            "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}},
        },
        "strict": True,
    },
}


def tool(name: str = "f", **function: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **function}}


def nested(levels: int) -> dict[str, Any]:
    """A schema of exactly so many levels of JSON, scalars included."""
    schema: dict[str, Any] = {"type": "object", "required": ["a"]} if levels % 2 else {"type": "object"}
    for _ in range(levels // 2 - 1):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def saved(api: Any, *tools: Any) -> Any:
    return api("create_agent", {"name": "n", "model": "local:any", "tools": list(tools)})


TOOLS = [
    tool(),
    tool(description="", parameters={}),
    tool(parameters={"type": "object"}, strict=None),
    tool(parameters={"type": "object", "properties": {}}, strict=False),
    tool("a" * 64, description="d" * 4096),
    tool("A-b_9", parameters=nested(32)),
    WEATHER,
]


@pytest.mark.parametrize("given", TOOLS)
def test_a_tool_is_returned_unchanged(api: Any, given: Any) -> None:
    made = saved(api, given)
    assert made.status == 201, made.text
    assert made.json["tools"] == [given]
    assert api("get_agent", agentId=made.json["agentId"]).json["tools"] == [given]


def test_a_patch_of_other_fields_keeps_tools_and_tools_are_replaced_as_a_whole(api: Any) -> None:
    agent_id = saved(api, *TOOLS[-2:]).json["agentId"]
    assert api("update_agent", {"name": "new"}, agentId=agent_id).json["tools"] == TOOLS[-2:]
    assert api("update_agent", {"tools": [tool()]}, agentId=agent_id).json["tools"] == [tool()]
    refused = api("update_agent", {"tools": [tool(), tool()]}, agentId=agent_id)
    assert refused.status == 400
    assert api("get_agent", agentId=agent_id).json["tools"] == [tool()]


FUNCTION = "tools[0].function"
PARAMETERS = "tools[0].function.parameters"
MISTAKES = [
    ([{"type": "web_search"}], "tools[0].type"),
    ([{"type": "function"}], "tools[0].function"),
    ([{"type": "function", "function": {}}], f"{FUNCTION}.name"),
    ([tool("")], f"{FUNCTION}.name"),
    ([tool("a" * 65)], f"{FUNCTION}.name"),
    ([tool("with space")], f"{FUNCTION}.name"),
    ([tool("dotted.name")], f"{FUNCTION}.name"),
    ([tool("newline\n")], f"{FUNCTION}.name"),
    ([tool("ünicode")], f"{FUNCTION}.name"),
    ([tool(params={})], f"{FUNCTION}.params"),
    ([tool(description=None)], f"{FUNCTION}.description"),
    ([tool(strict="yes")], f"{FUNCTION}.strict"),
    ([tool(parameters=None)], PARAMETERS),
    ([tool(parameters=[])], PARAMETERS),
    ([tool(parameters=True)], PARAMETERS),
    ([tool(parameters={"properties": {}})], f"{PARAMETERS}.type"),
    ([tool(parameters={"type": "array"})], f"{PARAMETERS}.type"),
    ([tool(parameters={"type": ["object", "null"]})], f"{PARAMETERS}.type"),
    ([tool(parameters={"type": "object", "properties": []})], f"{PARAMETERS}.properties"),
    ([tool(parameters={"type": "object", "required": "city"})], f"{PARAMETERS}.required"),
    ([tool(parameters={"type": "object", "required": ["a", "a"]})], f"{PARAMETERS}.required"),
    ([tool(parameters={"type": "object", "properties": {"a": {"type": "text"}}})], f"{PARAMETERS}.properties.a.type"),
    ([tool(parameters={"type": "object", "allOf": [{"minimum": "1"}]})], f"{PARAMETERS}.allOf[0].minimum"),
    ([tool(parameters=nested(33))], PARAMETERS),
    ([tool(parameters={"type": "object", "title": "é" * 16_384})], PARAMETERS),
    ([tool("a"), tool("b"), tool("a")], "tools[2].function.name"),
    ([tool(f"f{number}") for number in range(129)], "tools"),
]


@pytest.mark.parametrize(("tools", "field"), MISTAKES)
def test_a_mistake_in_a_tool_is_named_by_its_field(api: Any, tools: Any, field: str) -> None:
    answer = saved(api, *tools)
    assert (answer.status, answer.json["code"]) == (400, "invalid_request")
    assert answer.json["details"]["errors"][0]["field"] == field
    assert answer.json["message"].startswith(f"{field}: ")
    assert api("list_agents").json["data"] == []


def test_an_answer_about_a_long_schema_is_short(api: Any) -> None:
    answer = saved(api, tool(parameters={"type": "object", "properties": {"x" * 9000: {"type": "text" * 3000}}}))
    assert answer.status == 400
    assert len(json.dumps(answer.json)) < 2000

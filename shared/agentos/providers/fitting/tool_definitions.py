"""Schemas and descriptions of tools, and the schema of the answer: changed to what a target takes."""

import re
from typing import Any

from agentos.domain import Prompt, RequestLimits, Tool, ToolFunction
from agentos.domain.request_limits import WORD
from agentos.providers.schemas import CHOICES, Schema, described, is_of, is_strict, rebuilt, without_keywords

ANSWER = "answer"
"""The name of the answer's schema where the client's is none that providers take."""

DEFAULTS = frozenset({"default"})
"""The keyword that strict mode rejects and that says nothing of what is valid, so that it can move."""


def fit_tools(prompt: Prompt, limits: RequestLimits) -> tuple[Prompt, tuple[str, ...]]:
    """The prompt with tools whose schemas and descriptions are taken."""
    notes: dict[str, None] = {}
    tools = tuple(_fit_tool(tool, limits, notes) for tool in prompt.tools)
    return (prompt.model_copy(update={"tools": tools}) if notes else prompt), tuple(notes)


def _fit_tool(tool: Tool, limits: RequestLimits, notes: dict[str, None]) -> Tool:
    changes = _changes(tool.function, limits, notes)
    return tool.model_copy(update={"function": tool.function.model_copy(update=changes)}) if changes else tool


def _changes(function: ToolFunction, limits: RequestLimits, notes: dict[str, None]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    schema = function.parameters
    if not limits.untyped_arrays:
        schema = rebuilt(schema, _with_items)
        if schema != function.parameters:
            notes["arrays without items in tools' schemas given empty ones"] = None
    if not limits.schema_choices and CHOICES & set(schema):
        schema = _without_choices(schema)
        notes["oneOf, anyOf or allOf at the top of tools' schemas moved into their descriptions"] = None
    if function.strict and limits.strict_subset:
        schema, moved = without_keywords(schema, DEFAULTS)
        if moved:
            notes["defaults in strict tools' schemas moved into their descriptions"] = None
    if schema != function.parameters:
        changes["parameters"] = schema
    longest = limits.tool_description
    if longest is not None and len(function.description) > longest:
        changes["description"] = function.description[:longest]
        notes[f"descriptions of tools cut to {longest} characters"] = None
    if function.strict and limits.strict_subset and not is_strict({"type": "object", **schema}):
        changes["strict"] = False
        notes["strict of tools turned off: their schemas leave something open"] = None
    return changes


def _with_items(schema: Schema) -> Schema:
    if is_of(schema, "array") and not {"items", "prefixItems"} & set(schema):
        return {**schema, "items": {}}
    return schema


def _without_choices(schema: Schema) -> Schema:
    kept = {keyword: value for keyword, value in schema.items() if keyword not in CHOICES}
    return described(kept, {keyword: value for keyword, value in schema.items() if keyword in CHOICES})


def fit_answer_schema(prompt: Prompt, limits: RequestLimits) -> tuple[Prompt, tuple[str, ...]]:
    """The prompt with an answer's schema that is taken."""
    wanted = prompt.parameters.response_format or {}
    given = wanted.get("json_schema")
    if wanted.get("type") != "json_schema" or not isinstance(given, dict):
        return prompt, ()
    notes: list[str] = []
    fitted = dict(given)
    if not re.fullmatch(WORD, str(given.get("name") or "")):
        fitted["name"] = ANSWER
        notes.append(f"the name of responseFormat's schema replaced by {ANSWER}")
    schema = given.get("schema")
    if isinstance(schema, dict) and limits.refused_keywords:
        fitted["schema"], moved = without_keywords(schema, limits.refused_keywords)
        if moved:
            notes.append(f"moved into descriptions of responseFormat's schema: {', '.join(sorted(moved))}")
    if isinstance(schema, dict) and given.get("strict") and limits.strict_subset:
        fitted["schema"], moved = without_keywords(fitted["schema"], DEFAULTS)
        if moved:
            notes.append("defaults in responseFormat's strict schema moved into their descriptions")
    if given.get("strict") and limits.strict_subset and not (isinstance(schema, dict) and is_strict(fitted["schema"])):
        fitted["strict"] = False
        notes.append("strict of responseFormat turned off: its schema leaves something open")
    if fitted == given:
        return prompt, ()
    changed = prompt.parameters.model_copy(update={"response_format": {**wanted, "json_schema": fitted}})
    return prompt.model_copy(update={"parameters": changed}), tuple(notes)

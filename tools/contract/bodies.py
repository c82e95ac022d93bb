"""The schemas of the document: of request bodies, answers, events and errors."""

from typing import Any

from agentos.api.anthropic_request import SIMPLE
from agentos.api.openai_chat_request import SYNONYMS
from agentos.api.openai_errors import PARAMETERS
from agentos.api.openai_responses_parameters import PLAIN, SUMMARIES
from tools.contract import page
from tools.contract.anthropic_door import AnthropicError
from tools.contract.door import DoorError
from tools.contract.fields import FIELDS
from tools.contract.operations import OPERATIONS
from tools.contract.routes import declared
from tools.contract.schemas import component, parameter_schemas, references, schemas_of

Json = dict[str, Any]

DECLARED = {"tool_choice"}
"""OpenAI's parameters that are fields of `ChatRequest` by themselves."""


def components() -> dict[str, Json]:
    """Every schema by name."""
    sent = [body for one in OPERATIONS if (body := declared(one.folder).body)]
    answered = [DoorError, AnthropicError, *(kind for one in OPERATIONS for kind in one.answers)]
    answered += [one.accepted for one in OPERATIONS if one.accepted]
    answered += [kind for one in OPERATIONS for kinds in one.streams.values() for kind in kinds]
    found = schemas_of(list(dict.fromkeys(sent)), list(dict.fromkeys(answered)))
    found["ChatRequest"]["properties"] |= _door_parameters()
    text = found["TextRequest"]
    text["properties"] = _door_parameters() | text["properties"]
    found["MessagesRequest"]["properties"] |= _anthropic_parameters()
    found["ResponsesRequest"]["properties"] |= _response_parameters()
    found["AgentPatch"] = _patch(found["AgentPatch"], found["NewAgent"])
    for name in ("RouteQuery", "WhatIfRequest"):
        found[name]["properties"]["agent"] = _draft()
    found["Error"] = _error()
    found["OpenApiDocument"] = _document()
    used = _reachable(found, {*(kind.__name__ for kind in sent), *map(_name, answered), "Error", "OpenApiDocument"})
    return {name: schema for name, schema in sorted(found.items()) if name in used}


def _name(kind: Any) -> str:
    from tools.contract.schemas import schema_name

    return schema_name(kind)


def _reachable(found: dict[str, Json], roots: set[str]) -> set[str]:
    """The schemas that are used, straight or through others."""
    used, left = set[str](), roots
    while left:
        used |= left
        left = {name for one in left for name in references(found[one])} - used
    return used


def _door_parameters() -> Json:
    """The parameters of answering under OpenAI's names, old and new."""
    schemas = parameter_schemas()
    names = [(ours, theirs) for ours, theirs in (*PARAMETERS.items(), *SYNONYMS.items()) if theirs not in DECLARED]
    return {theirs: {**schemas[ours], "description": FIELDS[ours]} for ours, theirs in names}


def _anthropic_parameters() -> Json:
    """The parameters of answering that Anthropic's door has under names of its own."""
    schemas = parameter_schemas()
    return {theirs: {**schemas[ours], "description": FIELDS[ours]} for theirs, ours in SIMPLE.items()}


def _response_parameters() -> Json:
    """The parameters of answering under their names at `/v1/responses`."""
    schemas = parameter_schemas()
    plain = {theirs: {**schemas[ours], "description": FIELDS[ours]} for ours, theirs in PLAIN.items()}
    users = {name: {**schemas["user"], "description": FIELDS["user"]} for name in ("safety_identifier", "user")}
    effort = {**schemas["reasoningEffort"], "description": FIELDS["reasoningEffort"]}
    summary = {"enum": [*SUMMARIES, None], "description": "Asks for what the model thought, as text."}
    verbosity = {**schemas["verbosity"], "description": FIELDS["verbosity"]}
    form = {"type": "object", "description": "`text`, `json_object`, or `json_schema` with a name and a schema."}
    return {
        **plain,
        **users,
        "reasoning": {
            "type": "object",
            "properties": {"effort": effort, "summary": summary},
            "description": "How much the model reasons, and whether it shows that.",
        },
        "text": {
            "type": "object",
            "properties": {"format": form, "verbosity": verbosity},
            "description": "The form of the answer, and how long it is.",
        },
    }


def _patch(patch: Json, whole: Json) -> Json:
    """`name` and `model` cannot be removed. Within `config`, null removes a field of any depth."""
    fields = {name: {**schema} for name, schema in whole["properties"].items()}
    for name in ("description", "tools"):
        sentence = fields[name].pop("description")
        fields[name].pop("default", None)
        fields[name] = {"anyOf": [fields[name], {"type": "null"}], "description": sentence}
    fields["config"] = {"type": ["object", "null"], "description": "A merge patch of the agent's `config`."}
    described = {"description": patch["description"]}
    return {"type": "object", "additionalProperties": False, "properties": fields, **described}


def _draft() -> Json:
    return {"anyOf": [component("AgentPatch"), {"type": "null"}], "description": FIELDS["RouteQuery.agent"]}


def _error() -> Json:
    """The envelope of every error but those of the doors."""
    finding = {
        "type": "object",
        "required": ["field", "message"],
        "properties": {
            "field": {"type": "string", "description": "The path of the field in the request."},
            "message": {"type": "string", "description": "What is wrong with it."},
        },
    }
    details = {
        "errors": {"type": "array", "items": finding, "description": "The fields that are wrong."},
        "attempts": {"type": "array", "items": component("Attempt"), "description": "What each target did."},
        "skipped": {"type": "array", "items": component("Skipped"), "description": "Targets that were not asked."},
        "toolCallIds": {"type": "array", "items": {"type": "string"}, "description": "The tool calls that are open."},
    }
    return {
        "type": "object",
        "description": "An error.",
        "required": ["code", "message", "details", "requestId"],
        "properties": {
            "code": {"type": "string", "enum": sorted(page.codes()), "description": FIELDS["code"]},
            "message": {"type": "string", "description": FIELDS["message"]},
            "details": {"type": "object", "properties": details, "description": FIELDS["details"]},
            "requestId": {"type": "string", "description": "The request's id, which the log has as well."},
        },
    }


def _document() -> Json:
    return {
        "type": "object",
        "description": "An OpenAPI 3.1 document.",
        "required": ["openapi", "info", "servers", "tags", "paths", "components"],
        "properties": {"openapi": {"type": "string", "description": "The version of OpenAPI."}},
    }

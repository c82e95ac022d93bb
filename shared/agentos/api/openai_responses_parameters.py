"""The parameters of a Responses request in our terms, and how the answer shows them.

https://platform.openai.com/docs/api-reference/responses/create
"""

from typing import Any

from agentos.api.door_notes import DoorNotes
from agentos.api.openai_errors import PARAMETERS, error_envelope
from agentos.api.parameter_names import ParameterNames
from agentos.domain import GivenParameters
from agentos.kernel.errors import ApiError, InvalidRequest
from agentos.kernel.validation import validated

Json = dict[str, Any]

THEIRS = {
    **PARAMETERS,
    "maxTokens": "max_output_tokens",
    "reasoningEffort": "reasoning.effort",
    "includeReasoning": "reasoning.summary",
    "responseFormat": "text.format",
}
"""The names of our parameters at this door."""

NAMES = ParameterNames(THEIRS)

_ELSEWHERE = {"toolChoice", "verbosity", "user"}
PLAIN = {ours: theirs for ours, theirs in THEIRS.items() if "." not in theirs and ours not in _ELSEWHERE}
"""Those that are fields of the request by themselves."""

SUMMARIES = ("auto", "concise", "detailed")


def responses_error_envelope(error: ApiError, request_id: str) -> Json:
    """OpenAI's error envelope with the names of this door."""
    return error_envelope(error, request_id, NAMES)


def read_parameters(body: Json, choice: Any, notes: DoorNotes) -> GivenParameters:
    """The parameters among the request's fields. `choice`: as agents know it. Raises InvalidRequest."""
    given: Json = {} if choice is None else {"toolChoice": choice}
    given |= {ours: body[theirs] for ours, theirs in PLAIN.items() if body.get(theirs) is not None}
    given |= _of_text(_section(body, "text"), notes) | _of_reasoning(_section(body, "reasoning"), notes)
    if given.get("serviceTier") == "auto":
        del given["serviceTier"]
    used = {"verbosity": "text.verbosity"}
    if body.get("safety_identifier") is not None:  # the newer name of two
        used["user"], given["user"] = "safety_identifier", body["safety_identifier"]
    elif body.get("user") is not None:
        given["user"] = body["user"]
    try:
        return validated(GivenParameters, given)
    except InvalidRequest as error:
        raise NAMES.in_error(error, used) from error


def shown_text(body: Json) -> Json:
    """`text` as the answer shows it."""
    text = _section(body, "text")
    shown = {"format": text.get("format") or {"type": "text"}}
    return shown | ({"verbosity": text["verbosity"]} if text.get("verbosity") else {})


def shown_reasoning(body: Json) -> Json:
    """`reasoning` as the answer shows it."""
    reasoning = _section(body, "reasoning")
    return {"effort": reasoning.get("effort"), "summary": _summary(reasoning)}


def _section(body: Json, name: str) -> Json:
    section = body.get(name) or {}
    if not isinstance(section, dict):
        raise InvalidRequest.of(name, "must be a JSON object")
    return section


def _of_text(text: Json, notes: DoorNotes) -> Json:
    notes.unknown({name: text[name] for name in text if name not in ("format", "verbosity")}, "text.")
    verbosity = {} if text.get("verbosity") is None else {"verbosity": text["verbosity"]}
    match text.get("format"):
        case None | {"type": "text"}:
            return verbosity
        case {"type": "json_object"}:
            return verbosity | {"responseFormat": {"type": "json_object"}}
        case {"type": "json_schema", "name": str(name), "schema": dict(schema), **others} if name:
            known = {key: others[key] for key in ("description", "strict") if others.get(key) is not None}
            form = {"type": "json_schema", "json_schema": {"name": name, "schema": schema, **known}}
            return verbosity | {"responseFormat": form}
        case {"type": "json_schema"}:
            raise InvalidRequest.of("text.format", "must have a name and a schema")
        case _:
            raise InvalidRequest.of("text.format", "must be text, json_object or json_schema")


def _of_reasoning(reasoning: Json, notes: DoorNotes) -> Json:
    known = ("effort", "summary", "generate_summary")
    notes.unknown({name: reasoning[name] for name in reasoning if name not in known}, "reasoning.")
    effort = {} if reasoning.get("effort") is None else {"reasoningEffort": reasoning["effort"]}
    return effort | ({"includeReasoning": True} if _summary(reasoning) else {})


def _summary(reasoning: Json) -> str | None:
    """`generate_summary` is the older name."""
    summary = reasoning.get("summary") or reasoning.get("generate_summary")
    if summary is None:
        return None
    if not isinstance(summary, str) or summary not in SUMMARIES:
        raise InvalidRequest.of("reasoning.summary", f"must be one of {', '.join(SUMMARIES)}")
    return summary

"""JSON Schemas for providers that take only a part of JSON Schema: keywords that they refuse move into descriptions."""

import re
from collections.abc import Callable, Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from agentos.kernel import json_text

Schema = dict[str, Any]

NAMED = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
"""Keywords whose value has a schema under each name."""
LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
NESTED = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")

CHOICES = frozenset({"oneOf", "anyOf", "allOf"})

CLAUDE_REFUSES = frozenset(
    {
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "minItems>1",
        "maxItems",
        "uniqueItems",
        "contains",
        "minContains",
        "maxContains",
        "prefixItems",
        "minProperties",
        "maxProperties",
        "propertyNames",
        "patternProperties",
        "additionalProperties",
        "unevaluatedProperties",
        "dependentRequired",
        "dependentSchemas",
        "oneOf",
        "not",
        "if",
        "then",
        "else",
        "format",
        "pattern",
    }
)
"""Keywords that Claude's structured outputs answer 400 to.

`minItems` may be 0 or 1, `additionalProperties` false; `format` and `pattern` are taken where `FORMATS` and
`UNUSUAL_PATTERN` say so. https://platform.claude.com/docs/en/build-with-claude/structured-outputs
"""

FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
)  # fmt: skip
"""Values of `format` that Claude takes (the same page)."""

UNUSUAL_PATTERN = re.compile(r"\(\?[=!<]|\\[1-9bB]")
"""Lookaround, backreferences and word boundaries, which Claude does not take (the same page)."""

NOT_STRICT = frozenset(
    {
        "allOf",
        "oneOf",
        "not",
        "dependentRequired",
        "dependentSchemas",
        "if",
        "then",
        "else",
        "patternProperties",
        "prefixItems",
        "default",
    }
)
"""Keywords outside OpenAI's strict mode: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas"""


def subschemas(schema: Any) -> Iterator[Schema]:
    """The schema and every schema inside, the outer first."""
    if not isinstance(schema, dict):
        return
    yield schema
    for keyword, value in schema.items():
        if keyword in NAMED and isinstance(value, dict):
            for one in value.values():
                yield from subschemas(one)
        elif keyword in LISTED and isinstance(value, list):
            for one in value:
                yield from subschemas(one)
        elif keyword in NESTED:
            yield from subschemas(value)


def rebuilt(schema: Any, change: Callable[[Schema], Schema]) -> Any:
    """The schema with `change` applied to every schema inside, the inner first, and then to itself."""
    if not isinstance(schema, dict):
        return schema
    inner: Schema = {}
    for keyword, value in schema.items():
        if keyword in NAMED and isinstance(value, dict):
            inner[keyword] = {name: rebuilt(one, change) for name, one in value.items()}
        elif keyword in LISTED and isinstance(value, list):
            inner[keyword] = [rebuilt(one, change) for one in value]
        elif keyword in NESTED:
            inner[keyword] = rebuilt(value, change)
        else:
            inner[keyword] = value
    return change(inner)


def without_keywords(schema: Schema, refused: frozenset[str]) -> tuple[Schema, frozenset[str]]:
    """The schema with refused keywords moved into the descriptions of their places; which ones were moved."""
    moved: set[str] = set()

    def change(one: Schema) -> Schema:
        kept, taken_out = _parted(one, refused)
        moved.update(taken_out)
        return described(kept, taken_out) if taken_out else kept

    return rebuilt(schema, change), frozenset(moved)


def _parted(schema: Schema, refused: frozenset[str]) -> tuple[Schema, Schema]:
    """What is taken of a schema, and what is not."""
    kept, taken_out = dict(schema), {}
    if "oneOf" in refused and isinstance(schema.get("oneOf"), list) and "anyOf" not in schema:
        kept["anyOf"] = kept.pop("oneOf")  # as Anthropic's own SDK does
    for keyword, value in schema.items():
        if keyword in kept and _is_refused(keyword, value, refused):
            taken_out[keyword] = kept.pop(keyword)
    if "additionalProperties" in refused and is_of(schema, "object"):
        kept["additionalProperties"] = False
    return kept, taken_out


def _is_refused(keyword: str, value: Any, refused: frozenset[str]) -> bool:
    match keyword:
        case "minItems" if "minItems>1" in refused:
            return value not in (0, 1)
        case "additionalProperties" if keyword in refused:
            return isinstance(value, dict) and bool(value)
        case "format" if keyword in refused:
            return value not in FORMATS
        case "pattern" if keyword in refused:
            return UNUSUAL_PATTERN.search(str(value)) is not None
        case _:
            return keyword in refused


def described(schema: Schema, taken_out: Schema) -> Schema:
    """The schema with the keywords that were taken out of it added to its description, as JSON."""
    given = schema.get("description")
    words = json_text.dump(taken_out)
    return {**schema, "description": f"{given}\n\n{words}" if isinstance(given, str) and given else words}


def is_of(schema: Schema, kind: str) -> bool:
    """Whether a value of this type may stand there."""
    kinds = schema.get("type")
    return kind == kinds or (isinstance(kinds, list) and kind in kinds)


def refers_to_itself(schema: Schema) -> bool:
    """Whether a schema is recursive, or refers to one outside of itself."""
    references: dict[str, set[str]] = {}
    pending = _references(schema)
    while pending:
        reference = pending.pop()
        if not reference.startswith("#/"):
            return True
        if reference not in references:
            references[reference] = _references(_target(schema, reference))
            pending |= references[reference]
    try:
        TopologicalSorter(references).prepare()
    except CycleError:
        return True
    return False


def _references(schema: Any) -> set[str]:
    return {one["$ref"] for one in subschemas(schema) if isinstance(one.get("$ref"), str)}


def _target(root: Schema, reference: str) -> Any:
    """What a reference within the document names; None for nothing."""
    place: Any = root
    for name in reference.removeprefix("#/").split("/"):
        place = place.get(name.replace("~1", "/").replace("~0", "~")) if isinstance(place, dict) else None
    return place


def is_strict(schema: Schema) -> bool:
    """Whether OpenAI's strict mode takes a schema: every object names, requires and closes all that it may have."""
    if not is_of(schema, "object") or "anyOf" in schema:
        return False
    return all(_is_strict_itself(one) for one in subschemas(schema))


def _is_strict_itself(schema: Schema) -> bool:
    if NOT_STRICT & set(schema) or ("$ref" in schema and len(schema) > 1):
        return False
    if not is_of(schema, "object"):
        return True
    closed = schema.get("additionalProperties") is False
    return closed and set(schema.get("required") or ()) == set(schema.get("properties") or {})

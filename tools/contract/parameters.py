"""The parameters of paths and queries, and the headers of requests and responses."""

from typing import Any

from agentos.domain.requests import MAX_NAME
from agentos.domain.usage_sums import GROUPS
from tools.contract import page
from tools.contract.routes import Route, declared, recorded

Json = dict[str, Any]

QUERY: dict[str, Json] = {
    "limit": {
        "description": "The most entries of a page.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
    },
    "after": {"description": "The `nextCursor` of the page before.", "schema": {"type": "string"}},
    "order": {"description": "By time, oldest or newest first.", "schema": {"type": "string", "enum": ["asc", "desc"]}},
    "userId": {
        "description": "Lists the sessions of one user.",
        "schema": {"type": "string", "maxLength": MAX_NAME},
    },
    "sessionId": {
        "description": "Lists the sessions whose ids begin with this text.",
        "schema": {"type": "string", "minLength": 1, "maxLength": MAX_NAME},
    },
    "metadata.*": {
        "description": "Lists the sessions whose metadata has this text under the key that stands for `*`.",
        "schema": {"type": "string"},
    },
    "version": {
        "description": "Reads an earlier version.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 999_999_999_999},
    },
    "from": {
        "description": "The first day or moment: a date of UTC, or a time with its offset.",
        "schema": {"type": "string"},
        "example": "2026-11-01",
    },
    "to": {
        "description": "The day or moment after the last.",
        "schema": {"type": "string"},
        "example": "2026-12-01",
    },
    "groupBy": {
        "description": "What the rows are of, separated by commas.",
        "explode": False,
        "schema": {
            "type": "array",
            "items": {"type": "string", "enum": list(GROUPS)},
            "minItems": 1,
            "uniqueItems": True,
            "default": ["day"],
        },
    },
    "tenant": {
        "description": "Another tenant than the caller's own; it needs the scope `admin`.",
        "schema": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"},
    },
    "format": {
        "description": "The form of the answer. Without it, `Accept` decides.",
        "schema": {"type": "string", "enum": ["json", "csv"]},
    },
    "limit of models": {
        "name": "limit",
        "description": "In Anthropic's form: the most entries of a page.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 20},
    },
    "before_id": {
        "description": "In Anthropic's form: the id before which the page ends.",
        "schema": {"type": "string"},
    },
    "after_id": {
        "description": "In Anthropic's form: the id after which the page begins.",
        "schema": {"type": "string"},
    },
    "starting_after": {
        "description": "With `stream`: the `sequence_number` of the last event that the client has.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,9}$"},
    },
    "stream": {"description": "Whether the answer is a stream of events.", "schema": {"type": "boolean"}},
}

PATH = {
    "agentId": "The agent's id.",
    "sessionId": "The session's id.",
    "turnId": "The turn's id.",
    "responseId": "The response's id.",
    "conversationId": "The conversation's id, or that of a session of the tenant's own agent for responses.",
    "itemId": "The item's id.",
    "keyId": "The key's id: its part between the two underscores.",
    "tenant": "The tenant's name.",
    "provider": "The provider's name in the configuration.",
    "model": "`provider:model`. It may have slashes, percent-encoded or not.",
}

REQUEST_HEADERS: dict[str, Json] = {
    "idempotency-key": {"type": "string", "pattern": "^[ -~]{1,255}$"},
    "prefer": {"type": "string", "examples": ["respond-async"]},
    "last-event-id": {"type": "string", "pattern": "^[0-9]{1,9}$"},
    "if-match": {"type": "string", "examples": ['"1"']},
    "if-none-match": {"type": "string", "examples": ['"1"']},
    "x-request-id": {"type": "string", "pattern": "^[!-~]{1,128}$"},
    "traceparent": {"type": "string", "examples": ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]},
    "x-agentos-simulate": {"type": "string", "examples": ["openai=server"]},
    "anthropic-beta": {"type": "string", "examples": ["context-management-2025-06-27"]},
    "anthropic-version": {"type": "string", "examples": ["2023-06-01"]},
}
"""`accept` is no parameter in OpenAPI: the media types of the responses say it."""

RESPONSE_HEADERS: dict[str, Json] = {
    "cache-control": {"type": "string"},
    "x-request-id": {"type": "string"},
    "request-id": {"type": "string"},
    "x-agentos-model": {"type": "string"},
    "x-agentos-attempts": {"type": "integer", "minimum": 0},
    "etag": {"type": "string"},
    "location": {"type": "string", "format": "uri-reference"},
    "preference-applied": {"type": "string", "const": "respond-async"},
    "www-authenticate": {"type": "string"},
    "retry-after": {"type": "integer", "minimum": 0},
}
"""`content-type` is no header in OpenAPI: the media types of the responses say it."""


def parameters_of(route: Route, headers: tuple[str, ...], query: tuple[str, ...]) -> list[Json]:
    """Every parameter of a route. What lists take is declared in their functions."""
    examples = next(iter(recorded(route.folder).values()))["pathParameters"] or {}
    found = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PATH[name],
            "schema": {"type": "string", "minLength": 1},
            "example": examples[name],
        }
        for name in route.parameters
    ]
    named = (*query, *(declared(route.folder).query or ()))
    found += [{"name": name, "in": "query", **QUERY[name]} for name in named]
    return found + [{"$ref": f"#/components/parameters/{name}"} for name in (*headers, "x-request-id", "traceparent")]


def header_parameters() -> dict[str, Json]:
    """The headers of requests as components."""
    sentences = page.headers("request")
    return {
        name: {"name": name, "in": "header", "description": sentences[name], "schema": schema}
        for name, schema in REQUEST_HEADERS.items()
    }


def response_headers() -> dict[str, Json]:
    """The headers of responses as components."""
    sentences = page.headers("response")
    return {name: {"description": sentences[name], "schema": schema} for name, schema in RESPONSE_HEADERS.items()}

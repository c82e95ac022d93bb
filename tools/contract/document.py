"""The whole OpenAPI document: https://spec.openapis.org/oas/v3.1.1.html"""

from typing import Any

from agentos import __version__
from tools.contract import errors, page, parameters
from tools.contract.bodies import components
from tools.contract.operations import (
    AGENTS,
    ANTHROPIC,
    BUDGETS,
    DOOR,
    KEYS,
    MESSAGES,
    OPERATIONS,
    SERVICE,
    SESSIONS,
    USAGE,
    Operation,
)
from tools.contract.routes import Route, bodies, declared, routes
from tools.contract.schemas import component, schema_name

Json = dict[str, Any]

TAGS = {
    AGENTS: "Agents say how messages are answered.",
    SESSIONS: "Sessions are conversations with an agent.",
    MESSAGES: "Messages and their answers.",
    DOOR: page.chapter("OpenAI's clients"),
    ANTHROPIC: page.chapter("Anthropic's clients"),
    USAGE: "What was used, and what it cost.",
    KEYS: "Keys of callers. They need the scope `admin`.",
    BUDGETS: "What a tenant or a key may spend in a period.",
    SERVICE: "The service itself.",
}


SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key: `Authorization: Bearer agos_...`."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "The same key."},
}
ANY_SCHEME: list[Json] = [{name: []} for name in SECURITY_SCHEMES]
"""Any of them will do. `x-scope` is the scope that an operation asks for; `any` is any key."""


def document() -> Json:
    """Every route of the template, with all that it takes and answers. Raises ValueError where one is not described."""
    if missing := set(routes()) ^ {operation.folder for operation in OPERATIONS}:
        raise ValueError(f"tools/contract/operations.py and template.yaml differ in {sorted(missing)}")
    paths: dict[str, Json] = {}
    for operation in OPERATIONS:
        route = routes()[operation.folder]
        paths.setdefault(route.templated, {})[route.method.lower()] = _operation(operation, route)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "AgentOS Serverless",
            "version": __version__,
            "summary": "Agents, sessions and messages, answered by the first model provider that can.",
            "description": page.introduction(),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [
            {"url": "./", "description": "Where this document is served."},
            {"url": "http://localhost:8080", "description": "`make run`"},
        ],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "security": ANY_SCHEME,
        "paths": paths,
        "components": {
            "schemas": components(),
            "responses": _used(errors.shared(), paths, "responses"),
            "parameters": parameters.header_parameters(),
            "headers": parameters.response_headers(),
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _operation(operation: Operation, route: Route) -> Json:
    own: Json = {
        "operationId": operation.name,
        "summary": route.summary,
        "description": page.sections()[route.method, route.path].prose + _about_streams(operation),
        "tags": [operation.tag],
        "parameters": parameters.parameters_of(route, operation.headers, operation.query),
    }
    if (body := declared(operation.folder).body) is not None:
        examples = bodies(operation.folder)
        own["requestBody"] = {
            "required": operation.folder != "create_session",
            "content": {
                "application/json": {
                    "schema": component(body.__name__),
                    "examples": {name: {"value": value} for name, value in examples.items()},
                }
            },
        }
    access = declared(operation.folder).access
    if access in ("open", "optional"):
        own["security"] = [{}] if access == "open" else [{}, *ANY_SCHEME]
    else:
        own["x-scope"] = access
    own["responses"] = {str(status): answer for status, answer in _answers(operation, route).items()}
    return own


def _about_streams(operation: Operation) -> str:
    if operation.tag != MESSAGES or not operation.streams:
        return ""
    return "\n\n**As a stream.** " + page.chapter("A message's answer as a stream")


def _answers(operation: Operation, route: Route) -> dict[int, Json]:
    status = declared(operation.folder).status
    headers = _headers("x-request-id", *operation.answer_headers)
    good: Json = {"description": route.summary + ".", "headers": headers}
    if status != 204:
        example = page.sections()[route.method, route.path].answer
        good["content"] = {"application/json": {"schema": _answer_schema(operation), "example": example}}
    if operation.csv:
        good["content"]["text/csv"] = {"schema": {"type": "string"}}
    if operation.streams:
        good["headers"] |= _headers("cache-control")
        good["content"]["text/event-stream"] = _stream(operation)
    answers = {status: good}
    if operation.accepted:
        answers[202] = {
            "description": "The turn runs later.",
            "headers": _headers("x-request-id", "location", "preference-applied"),
            "content": {"application/json": {"schema": component(operation.accepted.__name__)}},
        }
    if operation.links:
        answers[max(answers)]["links"] = _links(operation)
    if operation.fresh:
        answers[304] = {"description": "The client has the document.", "headers": headers}
    return answers | errors.answers(operation)


def _answer_schema(operation: Operation) -> Json:
    return _one_of(operation.answers) if operation.answers else component("OpenApiDocument")


def _stream(operation: Operation) -> Json:
    """OpenAPI 3.1 has no schema for the events of a stream, so `x-events` has those of their data, by name."""
    events = {name: _one_of(kinds) for name, kinds in operation.streams.items()}
    media: Json = {
        "schema": {"description": "Server-sent events. `x-events` has the schema of each event's data, by its name."},
        "x-events": events,
    }
    if operation.tag == MESSAGES:
        media["example"] = page.stream_example()
    return media


def _one_of(kinds: tuple[Any, ...]) -> Json:
    schemas = [component(schema_name(kind)) for kind in kinds]
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _links(operation: Operation) -> Json:
    """The operations that go on with what the answer names."""
    return {
        other.name: {
            "operationId": other.name,
            "parameters": {name: f"$response.body#/{name}" for name in routes()[other.folder].parameters},
        }
        for other in OPERATIONS
        if (names := routes()[other.folder].parameters) and names[-1] == operation.links[-1]
    }


def _headers(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _used(components: dict[str, Json], paths: Json, kind: str) -> dict[str, Json]:
    """Those components that the paths refer to."""
    text = str(paths)
    return {name: one for name, one in components.items() if f"'#/components/{kind}/{name}'" in text}

"""Reads template.yaml, so that routes, limits, table and gateway responses are defined in one place."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from local.cloudformation import read_template
from local.queue_settings import Queue, QueueEventSource, parse_queue, parse_queue_event_source, resource_of

CREATE_TABLE_FIELDS = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
)
"""Properties of CloudFormation's table that are arguments of DynamoDB's CreateTable as they are."""

CORS_HEADERS = {
    "AllowOrigin": "access-control-allow-origin",
    "AllowMethods": "access-control-allow-methods",
    "AllowHeaders": "access-control-allow-headers",
    "AllowCredentials": "access-control-allow-credentials",
    "MaxAge": "access-control-max-age",
}


@dataclass(frozen=True)
class Function:
    """One Lambda function."""

    name: str
    folder: Path
    handler: str
    timeout: float  # seconds
    memory: int  # MB
    environment: dict[str, str]


@dataclass(frozen=True)
class Authorizer:
    """A Lambda authorizer, and what a request must have before the authorizer is invoked."""

    function: Function
    kind: str  # TOKEN or REQUEST
    headers: tuple[str, ...]
    query: tuple[str, ...]
    pattern: str  # that a token must match; empty matches all


@dataclass(frozen=True)
class Route:
    """One method of one resource, such as `GET /agents/{agentId}`."""

    method: str
    path: str
    function: Function
    authorizer: Authorizer | None
    streams: bool
    """Whether the function may stream its response."""
    signed: bool
    """Whether API Gateway checks the request's signature (IAM)."""


@dataclass(frozen=True)
class Preflight:
    """A path whose OPTIONS API Gateway answers itself, with these CORS headers."""

    path: str
    headers: dict[str, str]
    authorizer: Authorizer | None
    method: str = "OPTIONS"


@dataclass(frozen=True)
class StreamEventSource:
    """A function that is fed from the table's stream."""

    function: Function
    batch_size: int
    retries: int
    """How often a batch that failed is tried again before its first record is given up. Negative: without limit."""
    filters: tuple[dict[str, Any], ...]
    """Patterns of which a record must match one. Without any, all records match."""


@dataclass(frozen=True)
class GatewayResponse:
    """A response of API Gateway itself. `status` is None where the template sets none."""

    status: int | None
    body: str


@dataclass(frozen=True)
class Template:
    """What the local host needs to know of the stack."""

    stage: str
    functions: tuple[Function, ...]
    routes: tuple[Route, ...]
    stream_sources: tuple[StreamEventSource, ...]
    queues: tuple[Queue, ...]
    queue_sources: tuple[QueueEventSource, ...]
    preflights: tuple[Preflight, ...]
    responses: dict[str, GatewayResponse]
    table: dict[str, Any]
    """Arguments of CreateTable."""
    ttl_attribute: str | None

    @property
    def environment(self) -> dict[str, str]:
        """The variables that any function declares. A variable that is not declared reaches no deployed function."""
        return {name: value for function in self.functions for name, value in function.environment.items()}


def load_template(path: Path, table_name: str, parameters: Mapping[str, str] = MappingProxyType({})) -> Template:
    """The stack that `path` describes, with these parameters. Its one table gets the name `table_name`."""
    document = read_template(path)
    resources: dict[str, Any] = document["Resources"]
    references = {name: str(parameter.get("Default", "")) for name, parameter in document.get("Parameters", {}).items()}
    references |= parameters
    table_id, table = _only(resources, "AWS::DynamoDB::Table")
    references[table_id] = table_name
    _, api = _only(resources, "AWS::Serverless::Api")
    globals_ = document.get("Globals", {}).get("Function", {})
    declared = {
        name: globals_ | resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    functions = {name: _function(name, given, globals_, references, path.parent) for name, given in declared.items()}
    auth = api.get("Auth", {})
    authorizers = _authorizers(auth, functions)
    default = _resolve(auth.get("DefaultAuthorizer", "NONE"), references)
    routes = [route for name in declared for route in _routes(functions[name], declared[name], authorizers, default)]
    return Template(
        stage=_resolve(api["StageName"], references),
        functions=tuple(functions.values()),
        routes=tuple(routes),
        stream_sources=tuple(
            _stream_source(event, functions[name]) for name in declared for event in _events(declared[name], "DynamoDB")
        ),
        queues=tuple(
            parse_queue(name, resource.get("Properties", {}))
            for name, resource in resources.items()
            if resource["Type"] == "AWS::SQS::Queue"
        ),
        queue_sources=tuple(
            parse_queue_event_source(event, functions[name], references)
            for name in declared
            for event in _events(declared[name], "SQS")
        ),
        preflights=tuple(_preflights(api.get("Cors"), routes, auth, authorizers.get(default))),
        responses={kind: _gateway_response(given) for kind, given in api.get("GatewayResponses", {}).items()},
        table=_create_table(table_name, table),
        ttl_attribute=table.get("TimeToLiveSpecification", {}).get("AttributeName"),
    )


def _only(resources: dict[str, Any], kind: str) -> tuple[str, dict[str, Any]]:
    (found,) = [(name, resource["Properties"]) for name, resource in resources.items() if resource["Type"] == kind]
    return found


def _create_table(name: str, table: dict[str, Any]) -> dict[str, Any]:
    arguments = {"TableName": name} | {field: table[field] for field in CREATE_TABLE_FIELDS if field in table}
    if "StreamSpecification" in table:  # in CloudFormation its presence enables the stream
        arguments["StreamSpecification"] = {"StreamEnabled": True} | table["StreamSpecification"]
    return arguments


def _function(
    name: str, properties: dict[str, Any], globals_: dict[str, Any], references: dict[str, str], root: Path
) -> Function:
    environment = _variables(globals_) | _variables(properties)
    return Function(
        name=name,
        folder=root / properties["CodeUri"],
        handler=properties["Handler"],
        timeout=float(properties["Timeout"]),
        memory=int(properties["MemorySize"]),
        environment={variable: _resolve(value, references) for variable, value in environment.items()},
    )


def _events(properties: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [event["Properties"] for event in properties.get("Events", {}).values() if event["Type"] == kind]


def _stream_source(event: dict[str, Any], function: Function) -> StreamEventSource:
    filters = event.get("FilterCriteria", {}).get("Filters", [])
    return StreamEventSource(
        function=function,
        batch_size=int(event.get("BatchSize", 100)),  # Lambda's default
        retries=int(event.get("MaximumRetryAttempts", -1)),
        filters=tuple(json.loads(entry["Pattern"]) for entry in filters),
    )


def _routes(
    function: Function, properties: dict[str, Any], authorizers: dict[str, Authorizer], default: str
) -> list[Route]:
    return [
        Route(
            method=given["Method"].upper(),
            path=given["Path"],
            function=function,
            authorizer=authorizers.get(_authorizer_of(given, default)),
            streams=given.get("ResponseTransferMode") == "RESPONSE_STREAM",
            signed=_authorizer_of(given, default) == "AWS_IAM",
        )
        for given in _events(properties, "Api")
    ]


def _authorizer_of(event: dict[str, Any], default: str) -> str:
    return str(event.get("Auth", {}).get("Authorizer", default))


def _authorizers(auth: dict[str, Any], functions: dict[str, Function]) -> dict[str, Authorizer]:
    """By name. Those that are not Lambda functions leave their routes open, as under `sam local`."""
    found = {}
    for name, given in auth.get("Authorizers", {}).items():
        if "FunctionArn" not in given:
            continue
        identity = given.get("Identity", {})
        kind = given.get("FunctionPayloadType", "TOKEN")
        headers = [identity.get("Header", "Authorization")] if kind == "TOKEN" else identity.get("Headers", [])
        found[name] = Authorizer(
            function=functions[resource_of(given["FunctionArn"])],
            kind=kind,
            headers=tuple(headers),
            query=tuple(identity.get("QueryStrings", [])),
            pattern=identity.get("ValidationExpression", ""),
        )
    return found


def _preflights(
    cors: Any, routes: list[Route], auth: dict[str, Any], default: Authorizer | None
) -> Iterator[Preflight]:
    """One for each path if the API has Cors, except where a function answers OPTIONS."""
    if not cors:
        return
    given = {"AllowOrigin": "'*'"} | ({"AllowOrigin": cors} if isinstance(cors, str) else cors)
    headers = {header: _cors_value(given[name]) for name, header in CORS_HEADERS.items() if given.get(name)}
    authorizer = default if auth.get("AddDefaultAuthorizerToCorsPreflight", True) else None
    for path in {route.path: None for route in routes}:
        methods = sorted({"OPTIONS", *(route.method for route in routes if route.path == path)})
        if not any(route.method == "OPTIONS" and route.path == path for route in routes):
            yield Preflight(path, {"access-control-allow-methods": ",".join(methods)} | headers, authorizer)


def _cors_value(value: Any) -> str:
    """The template has quotes inside the value, as in `"'*'"`, by which API Gateway knows a literal."""
    return "true" if value is True else str(value).strip("'")


def _variables(properties: dict[str, Any]) -> dict[str, Any]:
    variables: dict[str, Any] = properties.get("Environment", {}).get("Variables", {})
    return variables


def _resolve(value: Any, references: dict[str, str]) -> str:
    """A literal, or the value of a `!Ref`. Any other CloudFormation function is empty, as under `sam local`."""
    if isinstance(value, dict):
        return references.get(value.get("Ref", ""), "")
    return str(value)


def _gateway_response(given: dict[str, Any]) -> GatewayResponse:
    status = given.get("StatusCode")
    return GatewayResponse(int(status) if status else None, given["ResponseTemplates"]["application/json"])

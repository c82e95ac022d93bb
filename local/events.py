"""API Gateway's REST proxy integration: the Lambda event of an HTTP request, and the HTTP response of a function's.

The event has payload format 1.0: the path stays percent-encoded while path parameters and the query are decoded, what
is absent is null, and headers and query parameters are there twice, as single values and as lists.
"""

import base64
import binascii
import re
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

ACCOUNT_ID = "123456789012"
API_ID = "local"
HEAD_FIELDS = {"statusCode", "headers", "multiValueHeaders"}
RESPONSE_FIELDS = HEAD_FIELDS | {"body", "isBase64Encoded"}
HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
"""A token of RFC 9110, in lower case."""

Event = dict[str, Any]
Pairs = list[tuple[str, str]]


class MalformedResponse(Exception):
    """The function returned what API Gateway does not accept. The text says what is wrong."""


@dataclass(frozen=True)
class HttpRequest:
    """A request as it was received. `path` is percent-encoded, header names are as sent."""

    method: str
    path: str
    query: str
    headers: Pairs
    body: bytes
    source_ip: str = "127.0.0.1"
    port: int = 8080
    protocol: str = "HTTP/1.1"


@dataclass(frozen=True)
class HttpResponse:
    """A response as it is sent."""

    status: int
    headers: Pairs
    body: bytes


def match_path(pattern: str, path: str) -> dict[str, str] | None:
    """The decoded path parameters, or None if `path` does not match. A trailing slash makes no difference.

    Segments are split before they are decoded, so that an encoded slash stays inside its parameter. A last `{name+}`
    matches all segments that are left, with their slashes.
    """
    wanted, given = pattern.removesuffix("/").split("/"), path.removesuffix("/").split("/")
    if wanted[-1].endswith("+}") and len(given) > len(wanted):
        given = [*given[: len(wanted) - 1], "/".join(given[len(wanted) - 1 :])]
    if len(wanted) != len(given):
        return None
    parameters = {}
    for name, segment in zip(wanted, given, strict=True):
        if name.startswith("{"):
            if not segment:
                return None
            parameters[name.strip("{+}")] = unquote(segment)
        elif name != segment:
            return None
    return parameters


def to_event(request: HttpRequest, resource: str, parameters: Mapping[str, str], stage: str) -> Event:
    """The event for the function behind `resource`."""
    headers = _headers(request)
    query = parse_qsl(request.query, keep_blank_values=True)
    body, is_base64 = _body(request.body)
    return {
        "resource": resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": dict(headers),
        "multiValueHeaders": _grouped(headers),
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _grouped(query) or None,
        "pathParameters": dict(parameters) or None,
        "stageVariables": None,
        "requestContext": _context(request, resource, stage, dict(headers).get("User-Agent")),
        "body": body,
        "isBase64Encoded": is_base64,
    }


def _headers(request: HttpRequest) -> Pairs:
    """The headers with API Gateway's additions. ASGI servers lower their names; API Gateway has `Content-Type`."""
    headers = [(name.title(), value) for name, value in request.headers]
    forwarded = [value for name, value in headers if name == "X-Forwarded-For"]
    kept = [(name, value) for name, value in headers if not name.startswith("X-Forwarded-")]
    return [
        *kept,
        ("X-Amzn-Trace-Id", f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"),
        ("X-Forwarded-For", ", ".join([*forwarded, request.source_ip])),
        ("X-Forwarded-Port", str(request.port)),
        ("X-Forwarded-Proto", "http"),
    ]


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups


def _body(body: bytes) -> tuple[str | None, bool]:
    if not body:
        return None, False
    try:
        return body.decode("utf-8"), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), True


def _context(request: HttpRequest, resource: str, stage: str, user_agent: str | None) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "accountId": ACCOUNT_ID,
        "apiId": API_ID,
        "domainName": dict(request.headers).get("host", "localhost"),
        "extendedRequestId": base64.b64encode(uuid.uuid4().bytes[:11]).decode("ascii"),
        "httpMethod": request.method,
        "identity": _identity(request.source_ip, user_agent),
        "path": request.path,
        "protocol": request.protocol,
        "requestId": str(uuid.uuid4()),
        "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": int(now.timestamp() * 1000),
        "resourceId": "local",
        "resourcePath": resource,
        "stage": stage,
    }


def _identity(source_ip: str, user_agent: str | None) -> dict[str, Any]:
    unknown = (
        "accessKey",
        "accountId",
        "apiKey",
        "caller",
        "cognitoAuthenticationProvider",
        "cognitoAuthenticationType",
        "cognitoIdentityId",
        "cognitoIdentityPoolId",
        "principalOrgId",
        "user",
        "userArn",
    )
    return dict.fromkeys(unknown) | {"sourceIp": source_ip, "userAgent": user_agent}


def to_response(returned: Any) -> HttpResponse:
    """What API Gateway makes of a function's return value. Raises MalformedResponse, which becomes a 502."""
    return _to_response(returned, RESPONSE_FIELDS)


def to_response_head(prelude: Any) -> HttpResponse:
    """The same for the JSON before a streamed body, without a body. Raises MalformedResponse."""
    return _to_response(prelude, HEAD_FIELDS)


def _to_response(returned: Any, fields: set[str]) -> HttpResponse:
    if not isinstance(returned, dict) or not returned.keys() <= fields:
        raise MalformedResponse(f"an object with no other fields than {', '.join(sorted(fields))} is expected")
    return HttpResponse(_status(returned.get("statusCode")), _response_headers(returned), _response_body(returned))


def _status(code: Any) -> int:
    text = str(code)
    if isinstance(code, bool) or not (text.isascii() and text.isdigit() and 100 <= int(text) <= 599):
        raise MalformedResponse("statusCode is missing or is not an HTTP status")
    return int(text)


def _response_headers(returned: dict[str, Any]) -> Pairs:
    """Both kinds merged. A list overrides a single value of the same name. The default content type is JSON."""
    single, multiple = returned.get("headers") or {}, returned.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(multiple, dict):
        raise MalformedResponse("headers and multiValueHeaders must be objects")
    if not all(isinstance(values, list) for values in multiple.values()):
        raise MalformedResponse("multiValueHeaders must hold lists")
    lists = {name.lower(): values for name, values in multiple.items()}
    merged = {"content-type": ["application/json"]} | {name.lower(): [value] for name, value in single.items()} | lists
    return [(name, _header_value(name, value)) for name, values in merged.items() for value in values]


def _header_value(name: str, value: Any) -> str:
    if not HEADER_NAME.fullmatch(name):
        raise MalformedResponse(f"{name!r} is not a header name")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if not isinstance(value, str | int | float) or not text.isprintable() or not text.isascii():
        raise MalformedResponse(f"the header {name} has a value that HTTP does not allow")
    return text


def _response_body(returned: dict[str, Any]) -> bytes:
    body = returned.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedResponse("body must be a string")
    if not returned.get("isBase64Encoded"):
        return body.encode("utf-8", "replace")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise MalformedResponse("body is not base64") from error

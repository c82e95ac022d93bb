"""Lambda authorizers as API Gateway invokes them: the event that they get, and what their response means.

API Gateway's cache of responses is not imitated: the authorizer is invoked for every request.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from local.context import REGION
from local.events import ACCOUNT_ID, API_ID, Event
from local.template import Authorizer, Function

ACTION = "execute-api:Invoke"

Invoke = Callable[[Function, Event], Any]
"""Invokes the function with the event. Returns its response, or raises what it raised."""


class Unauthorized(Exception):
    """The request has no identity, or the authorizer raised "Unauthorized"."""


class AccessDenied(Exception):
    """The authorizer's policy does not allow the request."""


class InvalidPolicy(Exception):
    """The authorizer's response is not what API Gateway expects. The text says what is wrong."""


def authorize(authorizer: Authorizer, event: Event, invoke: Invoke) -> dict[str, str]:
    """The `requestContext.authorizer` of the function's event: the principal and the context, all as text.

    Raises Unauthorized, AccessDenied, InvalidPolicy, and whatever else the authorizer raises.
    """
    arn = _method_arn(event)
    make_event = _token_event if authorizer.kind == "TOKEN" else _request_event
    authorizer_event = make_event(authorizer, event, arn)
    try:
        response = invoke(authorizer.function, authorizer_event)
    except Exception as error:
        if str(error) == "Unauthorized":  # the word by which an authorizer asks for a 401
            raise Unauthorized from error
        raise
    principal, statements, context = _parse_response(response)
    if not _allows(statements, arn):
        raise AccessDenied
    return context | {"principalId": principal}


def _method_arn(event: Event) -> str:
    stage, method = event["requestContext"]["stage"], event["httpMethod"]
    return f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{API_ID}/{stage}/{method}{event['path']}"


def _token_event(authorizer: Authorizer, event: Event, arn: str) -> Event:
    token = _header(event, authorizer.headers[0])
    if not token or not re.match(authorizer.pattern, token):
        raise Unauthorized
    return {"type": "TOKEN", "authorizationToken": token, "methodArn": arn}


def _request_event(authorizer: Authorizer, event: Event, arn: str) -> Event:
    """The whole event without its body."""
    query: Mapping[str, str] = event["queryStringParameters"] or {}
    identity = [*(_header(event, name) for name in authorizer.headers), *(query.get(name) for name in authorizer.query)]
    if not all(identity):
        raise Unauthorized
    without_body = {name: value for name, value in event.items() if name not in ("body", "isBase64Encoded")}
    return {"type": "REQUEST", "methodArn": arn} | without_body


def _header(event: Event, name: str) -> str | None:
    headers: dict[str, str] = event["headers"]
    return headers.get(name.title())  # as `to_event` writes them


def _parse_response(response: Any) -> tuple[str, list[dict[str, Any]], dict[str, str]]:
    """Principal, policy statements and context. Raises InvalidPolicy."""
    if not isinstance(response, dict) or not isinstance(response.get("principalId"), str):
        raise InvalidPolicy("an object with a principalId is expected")
    document = response.get("policyDocument")
    statements = document.get("Statement") if isinstance(document, dict) else None
    if not isinstance(statements, list) or not all(isinstance(statement, dict) for statement in statements):
        raise InvalidPolicy("policyDocument must have a list of statements")
    context = response.get("context") or {}
    if not isinstance(context, dict) or not all(isinstance(value, str | int | float) for value in context.values()):
        raise InvalidPolicy("context may hold texts, numbers and booleans only")
    return response["principalId"], statements, {name: _text(value) for name, value in context.items()}


def _text(value: str | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _allows(statements: list[dict[str, Any]], arn: str) -> bool:
    """A statement that denies overrides any that allows."""
    effects = {statement.get("Effect") for statement in statements if _applies(statement, arn)}
    return effects == {"Allow"}


def _applies(statement: dict[str, Any], arn: str) -> bool:
    return _any_matches(statement.get("Action"), ACTION) and _any_matches(statement.get("Resource"), arn)


def _any_matches(patterns: Any, text: str) -> bool:
    """`*` matches any text, `?` any one character."""
    for pattern in patterns if isinstance(patterns, list) else [patterns]:
        expression = re.escape(str(pattern)).replace(r"\*", ".*").replace(r"\?", ".")
        if re.fullmatch(expression, text, re.DOTALL):
            return True
    return False

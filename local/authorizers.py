"""Lambda authorizers as API Gateway asks them: what they are told, and what follows from their answer.

Its cache of answers is not imitated: every request is asked about.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from local.context import REGION
from local.events import ACCOUNT_ID, API_ID, Event
from local.template import Authorizer, Function

ACTION = "execute-api:Invoke"

Invoke = Callable[[Function, Event], Any]
"""Runs the function with the event and returns its answer, or raises what it raised."""


class Unauthorized(Exception):
    """The request does not say who sends it, or the authorizer raised "Unauthorized"."""


class AccessDenied(Exception):
    """The authorizer's policy does not allow the request."""


class InvalidPolicy(Exception):
    """The authorizer's answer is not what API Gateway expects; the text says what is wrong."""


def authorize(authorizer: Authorizer, event: Event, invoke: Invoke) -> dict[str, str]:
    """What the function will find in `requestContext.authorizer`: the principal, and the context, all as text.

    Raises Unauthorized, AccessDenied, InvalidPolicy, and whatever else the authorizer raises.
    """
    arn = _method_arn(event)
    ask = _token_question if authorizer.kind == "TOKEN" else _request_question
    question = ask(authorizer, event, arn)
    try:
        answer = invoke(authorizer.function, question)
    except Exception as error:
        if str(error) == "Unauthorized":  # the word by which an authorizer asks for a 401
            raise Unauthorized from error
        raise
    principal, statements, context = _checked(answer)
    if not _allows(statements, arn):
        raise AccessDenied
    return context | {"principalId": principal}


def _method_arn(event: Event) -> str:
    stage, method = event["requestContext"]["stage"], event["httpMethod"]
    return f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{API_ID}/{stage}/{method}{event['path']}"


def _token_question(authorizer: Authorizer, event: Event, arn: str) -> Event:
    token = _header(event, authorizer.headers[0])
    if not token or not re.match(authorizer.pattern, token):
        raise Unauthorized
    return {"type": "TOKEN", "authorizationToken": token, "methodArn": arn}


def _request_question(authorizer: Authorizer, event: Event, arn: str) -> Event:
    """The whole event but its body."""
    query: Mapping[str, str] = event["queryStringParameters"] or {}
    given = [*(_header(event, name) for name in authorizer.headers), *(query.get(name) for name in authorizer.query)]
    if not all(given):
        raise Unauthorized
    told = {name: value for name, value in event.items() if name not in ("body", "isBase64Encoded")}
    return {"type": "REQUEST", "methodArn": arn} | told


def _header(event: Event, name: str) -> str | None:
    headers: dict[str, str] = event["headers"]
    return headers.get(name.title())  # as `to_event` writes them


def _checked(answer: Any) -> tuple[str, list[dict[str, Any]], dict[str, str]]:
    """Principal, statements and context."""
    if not isinstance(answer, dict) or not isinstance(answer.get("principalId"), str):
        raise InvalidPolicy("an object with a principalId is expected")
    document = answer.get("policyDocument")
    statements = document.get("Statement") if isinstance(document, dict) else None
    if not isinstance(statements, list) or not all(isinstance(statement, dict) for statement in statements):
        raise InvalidPolicy("policyDocument must have a list of statements")
    context = answer.get("context") or {}
    if not isinstance(context, dict) or not all(isinstance(value, str | int | float) for value in context.values()):
        raise InvalidPolicy("context may hold texts, numbers and booleans only")
    return answer["principalId"], statements, {name: _text(value) for name, value in context.items()}


def _text(value: str | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _allows(statements: list[dict[str, Any]], arn: str) -> bool:
    """One that denies wins over any that allows."""
    effects = {statement.get("Effect") for statement in statements if _speaks_of(statement, arn)}
    return effects == {"Allow"}


def _speaks_of(statement: dict[str, Any], arn: str) -> bool:
    return _any_matches(statement.get("Action"), ACTION) and _any_matches(statement.get("Resource"), arn)


def _any_matches(patterns: Any, text: str) -> bool:
    """`*` stands for any text, `?` for any one character."""
    for pattern in patterns if isinstance(patterns, list) else [patterns]:
        expression = re.escape(str(pattern)).replace(r"\*", ".*").replace(r"\?", ".")
        if re.fullmatch(expression, text, re.DOTALL):
            return True
    return False

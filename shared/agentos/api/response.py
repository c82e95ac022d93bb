"""Results and errors as the responses that API Gateway takes from a Lambda function.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from agentos.api.request import RESPOND_ASYNC, Request
from agentos.domain import TurnState
from agentos.kernel import json_text
from agentos.kernel.errors import ApiError
from agentos.kernel.values import Value

ProxyResponse = dict[str, Any]

Envelope = Callable[[ApiError, str], dict[str, Any]]
"""Makes an error's JSON from the error and the request's id."""


class Convention(NamedTuple):
    """What the responses of a vendor's door have in common: the JSON of an error, and headers by the request's id."""

    envelope: Envelope
    headers: Callable[[str], Mapping[str, str]] = lambda _: {}


class Response(NamedTuple):
    """A result with headers of its own; `value` None has no body. `status` None leaves the endpoint's."""

    value: Value | None
    headers: Mapping[str, str]
    status: int | None = None


class TextResponse(NamedTuple):
    """A result that is a text of its own, not JSON."""

    text: str
    content_type: str
    headers: Mapping[str, str] = {}


def accepted_turn(turn: TurnState, request: Request) -> Response:
    """A 202 for a background turn, with the path where its state can be read."""
    location = request.base_path + turn.location
    return Response(turn, {"location": location, "preference-applied": RESPOND_ASYNC}, 202)


def error_json(error: ApiError, request_id: str) -> dict[str, Any]:
    """The error envelope of every endpoint but the doors of other vendors' APIs."""
    return {"code": error.code, "message": error.message, "details": error.details, "requestId": request_id}


def rendered(status: int, result: Value | Response | TextResponse | None, headers: Mapping[str, str]) -> ProxyResponse:
    """The response for a result; None has no body. `headers`: those of every response."""
    if isinstance(result, TextResponse):
        own = {"content-type": result.content_type, **headers, **result.headers}
        return {"statusCode": status, "headers": own, "body": result.text, "isBase64Encoded": False}
    response = result if isinstance(result, Response) else Response(result, {})
    body = None if response.value is None else response.value.to_json()
    return _json(response.status or status, body, {**headers, **response.headers})


def rendered_error(error: ApiError, body: dict[str, Any], headers: Mapping[str, str]) -> ProxyResponse:
    """The response for an error, with the error's status and headers, and those of every response."""
    return _json(error.status, body, {**headers, **error.headers})


def _json(status: int, body: dict[str, Any] | None, headers: Mapping[str, str]) -> ProxyResponse:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", **headers},
        "body": "" if body is None else json_text.dump(body),
        "isBase64Encoded": False,
    }

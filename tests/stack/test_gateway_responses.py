"""What API Gateway answers by itself has our envelope, whatever the reason."""

import json
from typing import Any

import pytest

from tests.support.template import template

STATUSES = {
    "ACCESS_DENIED": 403,
    "API_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_FAILURE": 500,
    "BAD_REQUEST_BODY": 400,
    "BAD_REQUEST_PARAMETERS": 400,
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "EXPIRED_TOKEN": 403,
    "INTEGRATION_FAILURE": 504,
    "INTEGRATION_TIMEOUT": 504,
    "INVALID_API_KEY": 403,
    "INVALID_SIGNATURE": 403,
    "MISSING_AUTHENTICATION_TOKEN": 404,  # API Gateway's own is 403, and it has this type for unknown routes
    "QUOTA_EXCEEDED": 429,
    "REQUEST_TOO_LARGE": 413,
    "RESOURCE_NOT_FOUND": 404,
    "THROTTLED": 429,
    "UNAUTHORIZED": 401,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "WAF_FILTERED": 403,
}
"""All types that there are.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

CODES = {
    400: "invalid_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    413: "payload_too_large",
    415: "unsupported_media_type",
    429: "throttled",
    500: "internal",
    504: "deadline_exceeded",
}

RESPONSES: dict[str, dict[str, Any]] = template()["Resources"]["Api"]["Properties"]["GatewayResponses"]


def test_there_is_one_of_every_type() -> None:
    assert {name: given.get("StatusCode") for name, given in RESPONSES.items()} == STATUSES


@pytest.mark.parametrize("name", STATUSES)
def test_it_has_the_envelope_with_the_code_of_its_status(name: str) -> None:
    body = json.loads(RESPONSES[name]["ResponseTemplates"]["application/json"])
    assert body.keys() == {"code", "message", "details", "requestId"}
    assert body["requestId"] == "$context.requestId"
    assert body["details"] == {}
    default = {"DEFAULT_4XX": "invalid_request", "DEFAULT_5XX": "internal"}
    assert body["code"] == (CODES[status] if (status := STATUSES[name]) else default[name])
    assert body["message"].endswith(".")


def test_a_throttled_client_is_told_when_to_come_back() -> None:
    assert RESPONSES["THROTTLED"]["ResponseParameters"]["Headers"]["Retry-After"] == "'1'"

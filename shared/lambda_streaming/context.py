"""The context object of a handler: that of AWS's client, with `open_stream`."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from lambda_streaming.failures import InvocationError
from lambda_streaming.runtime_api import Invocation

OpenStream = Callable[[dict[str, Any]], Callable[[bytes], None]]

_CLIENT = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")
_TRACE = ("traceparent", "tracestate", "baggage")


class LambdaContext:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html, and `open_stream`.

    Raises InvocationError if a header that should hold JSON does not.
    """

    def __init__(self, invocation: Invocation, open_stream: OpenStream) -> None:
        headers = invocation.headers
        self.aws_request_id = invocation.request_id
        self.invoked_function_arn = str(headers["Lambda-Runtime-Invoked-Function-Arn"])
        self.tenant_id = invocation.tenant_id
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        caller = _parsed(headers["Lambda-Runtime-Client-Context"], "Client Context")
        self._trace = caller.pop("w3c", None) if caller else None
        self.client_context = _client_context(caller)
        self.identity = _identity(_parsed(headers["Lambda-Runtime-Cognito-Identity"], "Cognito Identity") or {})
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])
        self.open_stream = open_stream
        """Starts the response with API Gateway's `{"statusCode", "headers"}`. Returns a function that sends a piece.

        Sending never raises, even if the client is gone, so that the handler can finish its work. A second call raises
        RuntimeError. A head that is not JSON raises TypeError.
        """

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the function; never negative."""
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def w3c(self) -> dict[str, str]:
        """The caller's trace context, without values that are not text."""
        given = self._trace if isinstance(self._trace, dict) else {}
        return {name: given[name] for name in _TRACE if isinstance(given.get(name), str)}

    def log(self, text: object) -> None:
        """Write to the log as it is, without a line end."""
        sys.stdout.write(str(text))


def _parsed(header: str | None, name: str) -> dict[str, Any] | None:
    try:
        return json.loads(header) if header else None
    except ValueError as error:
        kind = "Runtime.LambdaContextUnmarshalError"
        raise InvocationError(kind, f"Unable to parse {name} JSON: {error}") from error


def _client_context(given: Mapping[str, Any] | None) -> SimpleNamespace | None:
    if given is None:
        return None
    client = given.get("client")
    return SimpleNamespace(
        custom=given.get("custom"),
        env=given.get("env"),
        client=None if client is None else SimpleNamespace(**{name: client.get(name) for name in _CLIENT}),
    )


def _identity(given: Mapping[str, Any]) -> SimpleNamespace:
    return SimpleNamespace(
        cognito_identity_id=given.get("cognitoIdentityId"),
        cognito_identity_pool_id=given.get("cognitoIdentityPoolId"),
    )

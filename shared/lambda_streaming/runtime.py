"""The loop that serves invocations. `python -m lambda_streaming.runtime` runs it in place of AWS's runtime client.

The handler gets the same context as from AWS's client, with one addition: `context.open_stream(head)`. A handler that
does not use it returns an API Gateway proxy result, `{"statusCode", "headers", "body", "isBase64Encoded"}`. That result
is sent in the streamed form, too, because a streaming integration accepts no other. README.md lists the differences.
"""

import base64
import importlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from lambda_streaming.context import LambdaContext
from lambda_streaming.failures import Failure, InvocationError
from lambda_streaming.logs import Logs
from lambda_streaming.response import STALL_SECONDS, InvocationResponse
from lambda_streaming.runtime_api import Invocation, RuntimeApi
from lambda_streaming.snapshots import restored

Handler = Callable[[Any, LambdaContext], Any]


def main() -> None:
    """Serve invocations until the process ends. Exits with 1 if the handler or a setting cannot be used."""
    address = os.environ["AWS_LAMBDA_RUNTIME_API"]
    api = RuntimeApi(address)
    logs = Logs()
    try:
        api = RuntimeApi(address, _stall_seconds(os.environ))
        handler = _handler(os.environ["_HANDLER"])
    except Exception as error:
        failure = Failure.of(error)
        logs.failure(failure.document())
        api.fail_init(failure)
        sys.exit(1)
    restored(os.environ, api, logs)
    while True:
        _serve(api, logs, handler, api.next())


def _stall_seconds(environment: Mapping[str, str]) -> float:
    """STREAMING_STALL_SECONDS, or its default where it is unset or empty. Raises InvocationError."""
    text = environment.get("STREAMING_STALL_SECONDS") or str(STALL_SECONDS)
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < 900:  # 900 s are the longest that a function may run
        raise InvocationError("Runtime.InvalidSetting", f"STREAMING_STALL_SECONDS must be seconds, not '{text}'")
    return seconds


def _handler(name: str) -> Handler:
    """The function that `module.name` names. Raises InvocationError, and whatever the import of the module raises."""
    module, dot, function = name.rpartition(".")
    if not dot:
        raise InvocationError(
            "Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)"
        )
    if module.partition(".")[0] in sys.builtin_module_names:
        raise InvocationError(
            "Runtime.BuiltInModuleConflict", f"Cannot use built-in module {module} as a handler module"
        )
    try:
        found = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        raise InvocationError("Runtime.ImportModuleError", f"Unable to import module '{module}': {error}") from error
    except SyntaxError as error:
        place = f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'
        raise InvocationError(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {error}", [place]
        ) from error
    if not hasattr(found, function):
        raise InvocationError("Runtime.HandlerNotFound", f"Handler '{function}' missing on module '{module}'")
    handler: Handler = getattr(found, function)
    return handler


def _serve(api: RuntimeApi, logs: Logs, handler: Handler, invocation: Invocation) -> None:
    """Run one invocation. A BaseException such as SystemExit ends the process, and the response is cut off."""
    logs.begin(invocation)
    _trace(invocation.headers["Lambda-Runtime-Trace-Id"])
    response = InvocationResponse(partial(api.respond, invocation), partial(api.fail, invocation))
    try:
        result = handler(_event(invocation.event), LambdaContext(invocation, response.open))
        if not response.started:
            head, body = _proxy_result(result)
            response.open(head)(body)
    except Exception as error:
        failure = Failure.of(error)
        logs.failure(failure.document(invocation.request_id))
        response.fail(failure, invocation.request_id)
    else:
        response.end()


def _trace(trace_id: str | None) -> None:
    """Set the trace id of this invocation where X-Ray's SDK reads it, and remove that of the previous one."""
    os.environ.pop("_X_AMZN_TRACE_ID", None)
    if trace_id is not None:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id


def _event(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvocationError("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from error


def _proxy_result(result: Any) -> tuple[dict[str, Any], bytes]:
    """A proxy result's head and body. Raises InvocationError."""
    try:
        head = {name: value for name, value in result.items() if name not in ("body", "isBase64Encoded")}
        body = (result.get("body") or "").encode()
        json.dumps(head)
        return head, base64.b64decode(body, validate=True) if result.get("isBase64Encoded") else body
    except (AttributeError, TypeError, ValueError) as error:
        raise InvocationError("Runtime.MarshalError", f"Unable to marshal response: {error}") from error


if __name__ == "__main__":
    main()

"""Runs a Python function on Lambda so that it can answer piece by piece, which AWS's own client for Python cannot.

`shared/streaming-runtime` starts it in place of that client. A handler sees what it would see there, and finds one
thing more: `context.open_stream(head)`. One that does not use it returns an API Gateway proxy result, `{"statusCode",
"headers", "body", "isBase64Encoded"}`, which goes out in the same form, because an integration that streams takes no
other.

What AWS's client does besides, and this does not:

- framed log records through a file descriptor of Lambda's: undocumented. To stdout a line is an event, so a text log's
  record of several lines becomes several; ours are JSON, a line each;
- SnapStart's hooks and concurrent invocations: neither is switched on for these functions;
- `.pth` files in the task and the layer: there are none;
- the text that advises to roll the runtime back after an error at start: it is about AWS's updates, not about ours.
"""

import base64
import importlib
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from lambda_streaming.context import LambdaContext
from lambda_streaming.failures import Failure, InvocationError
from lambda_streaming.logs import Logs
from lambda_streaming.response import InvocationResponse
from lambda_streaming.runtime_api import Invocation, RuntimeApi

Handler = Callable[[Any, LambdaContext], Any]


def main() -> None:
    """Serve invocations for as long as the process lives. Exits with 1 where the handler cannot be had."""
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    logs = Logs()
    try:
        handler = _handler(os.environ["_HANDLER"])
    except Exception as error:
        failure = Failure.of(error)
        logs.failure(failure.document())
        api.fail_init(failure)
        sys.exit(1)
    while True:
        _serve(api, logs, handler, api.next())


def _handler(name: str) -> Handler:
    """The function that `module.name` means. Raises Fault, and whatever the module raises when it is imported."""
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
    """One invocation. What is no Exception, such as SystemExit, ends the process with the response cut off."""
    logs.begin(invocation)
    _trace(invocation.headers["Lambda-Runtime-Trace-Id"])
    answer = InvocationResponse(partial(api.respond, invocation), partial(api.fail, invocation))
    try:
        result = handler(_event(invocation.event), LambdaContext(invocation, answer.open))
        if not answer.begun:
            head, body = _proxy_result(result)
            answer.open(head)(body)
    except Exception as error:
        failure = Failure.of(error)
        logs.failure(failure.document(invocation.request_id))
        answer.fail(failure, invocation.request_id)
    else:
        answer.end()


def _trace(trace_id: str | None) -> None:
    """Tell X-Ray's SDK, which looks there, of this invocation's trace and not of the last one's."""
    os.environ.pop("_X_AMZN_TRACE_ID", None)
    if trace_id is not None:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id


def _event(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvocationError("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from error


def _proxy_result(result: Any) -> tuple[dict[str, Any], bytes]:
    """An answer's head and body. Raises Fault."""
    try:
        head = {name: value for name, value in result.items() if name not in ("body", "isBase64Encoded")}
        body = (result.get("body") or "").encode()
        json.dumps(head)
        return head, base64.b64decode(body, validate=True) if result.get("isBase64Encoded") else body
    except (AttributeError, TypeError, ValueError) as error:
        raise InvocationError("Runtime.MarshalError", f"Unable to marshal response: {error}") from error


if __name__ == "__main__":
    main()

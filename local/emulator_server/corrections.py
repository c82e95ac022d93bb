"""What this stack needs of ministack and ministack 1.5 does not do.

- An integration that streams. Its URI ends in `/response-streaming-invocations`, and its response has its own form:
  status and headers as JSON, eight NULs, then the body. The client gets all of it at once, when the function has ended.
  https://docs.aws.amazon.com/apigateway/latest/developerguide/response-streaming-lambda-configure.html
- A queue's MaximumConcurrency that is a template's parameter. It stays text, and cannot be compared with a number.
- `Fn::Join` in a condition of a template.
- The resource of ssm:GetParametersByPath, which is the path.
  https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions
from ministack.services import apigateway_v1, lambda_svc
from ministack.services.cloudformation import changesets, engine, handlers, stacks

URI_END = "/response-streaming-invocations"
DELIMITER = "\0" * 8
BY_PATH = "AmazonSSM.GetParametersByPath"


def install() -> None:
    """Replace ministack's functions by those that do."""
    _replace("_extract_lambda_ref_from_integration_uri", _function_of, apigateway_v1)
    _replace("_lambda_proxy_response", _response_of, apigateway_v1)
    _replace("_sqs_esm_concurrency", _concurrency_of, lambda_svc)
    _replace("_evaluate_conditions", _conditions_of, engine, changesets, handlers, stacks)
    _replace("extract_resource_arn", _resource_of, iam_actions)


def _replace(name: str, better: Callable[..., Any], *modules: Any) -> None:
    """In all modules that know it under that name. `better` gets the original as its first argument."""
    original = getattr(modules[0], name)
    for module in modules:
        if hasattr(module, name):
            setattr(module, name, lambda *arguments, **named: better(original, *arguments, **named))


def _function_of(original: Callable[..., str], uri: str) -> str:
    return original(uri).removesuffix(URI_END)


def _response_of(original: Callable[..., Any], result: dict[str, Any]) -> Any:
    return original(result | {"body": assembled(result.get("body"))})


def assembled(body: Any) -> Any:
    """A streamed response in the form of a buffered one. Any other body is returned as it is."""
    if not isinstance(body, str) or DELIMITER not in body:
        return body
    prelude, _, content = body.partition(DELIMITER)
    return json.loads(prelude) | {"body": content}


def _concurrency_of(original: Callable[..., int], mapping: dict[str, Any], *rest: Any) -> int:
    scaling = {name: int(value) for name, value in (mapping.get("ScalingConfig") or {}).items()}
    return original(mapping | {"ScalingConfig": scaling}, *rest)


def _conditions_of(original: Callable[..., Any], template: dict[str, Any], params: dict[str, Any]) -> Any:
    return original({**template, "Conditions": joined(template.get("Conditions", {}), params)}, params)


def joined(value: Any, params: dict[str, Any]) -> Any:
    """Conditions in which the text stands for every `Fn::Join` of a parameter that is a list."""
    if isinstance(value, list):
        return [joined(one, params) for one in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"Fn::Join": [str(delimiter), {"Ref": str(name)}]} if name in params:
            return delimiter.join(str(params[name]["Value"]).split(","))
    return {name: joined(one, params) for name, one in value.items()}


def _resource_of(
    original: Callable[..., str], service: str, method: str, path: str, headers: dict[str, str], body: bytes, *rest: Any
) -> str:
    found = original(service, method, path, headers, body, *rest)
    if service != "ssm" or headers.get("x-amz-target") != BY_PATH:
        return found
    _, region, account = rest[:3]
    return f"arn:aws:ssm:{region}:{account}:parameter{json.loads(body).get('Path', '')}"

"""Two settings that make a streamed answer. With only one of them, every answer is broken."""

from typing import Any

import pytest

from tests.stack.translated import transformed
from tests.support.template import template as read_template

MESSAGES = "/agents/{agentId}/sessions/{sessionId}/messages"
STREAMED = {
    "SendMessageFunction": ("POST", MESSAGES),
    "ChatCompletionsFunction": ("POST", "/v1/chat/completions"),
    "CreateResponseFunction": ("POST", "/v1/responses"),
    "AnthropicMessagesFunction": ("POST", "/v1/messages"),
    "TextCompletionsFunction": ("POST", "/v1/completions"),
    "GetResponseFunction": ("GET", "/v1/responses/{responseId}"),
    "EmbeddingsFunction": ("POST", "/v1/embeddings"),
    "ListMessagesFunction": ("GET", MESSAGES),
    "GetTurnFunction": ("GET", "/agents/{agentId}/sessions/{sessionId}/turns/{turnId}"),
}
"""Method and path of the functions whose answer is streamed, or may be larger than a buffered one."""


@pytest.fixture
def template() -> dict[str, Any]:
    return read_template()


def test_the_same_functions_have_the_runtime_and_the_mode(template: dict[str, Any]) -> None:
    functions = {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    wrapped = {
        name: given["Environment"]["Variables"]["AWS_LAMBDA_EXEC_WRAPPER"]
        for name, given in functions.items()
        if "AWS_LAMBDA_EXEC_WRAPPER" in given.get("Environment", {}).get("Variables", {})
    }
    modes = {
        name: (event["Properties"]["Method"], event["Properties"]["Path"], event["Properties"]["ResponseTransferMode"])
        for name, given in functions.items()
        for event in given.get("Events", {}).values()
        if "ResponseTransferMode" in event["Properties"]
    }
    assert wrapped == dict.fromkeys(STREAMED, "/opt/streaming-runtime")
    assert modes == {name: (*route, "RESPONSE_STREAM") for name, route in STREAMED.items()}
    assert "AWS_LAMBDA_EXEC_WRAPPER" not in template["Globals"]["Function"]["Environment"]["Variables"]


def test_the_api_streams_for_as_long_as_the_functions_run(
    template: dict[str, Any], environment: pytest.MonkeyPatch
) -> None:
    """The template that CloudFormation receives."""
    environment.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    for resource in template["Resources"].values():  # where `sam package` would have put them
        properties = resource["Properties"]
        properties.update({name: "s3://bucket/key" for name in ("CodeUri", "ContentUri") if name in properties})
    made = transformed(template, {})["Resources"]
    paths = made["Api"]["Properties"]["Body"]["paths"]
    streams = {
        (method.upper(), path)
        for path, methods in paths.items()
        for method, given in methods.items()
        if "STREAM" in str(given)
    }
    assert streams == set(STREAMED.values())
    for name, (method, path) in STREAMED.items():
        integration = paths[path][method.lower()]["x-amazon-apigateway-integration"]
        assert integration["responseTransferMode"] == "STREAM"
        target = (
            f"{name}Aliaslive" if "AutoPublishAlias" in template["Resources"][name]["Properties"] else f"{name}.Arn"
        )
        assert integration["uri"]["Fn::Sub"].endswith(f"${{{target}}}/response-streaming-invocations")
        assert integration["timeoutInMillis"] == made[name]["Properties"]["Timeout"] * 1000

"""The template with each parameter at both of its ends, as CloudFormation gets it."""

import json
import re
from typing import Any

import pytest

from tests.stack.translated import Resources, of_type, transformed, translate
from tests.support.template import template

EXAMPLES = {
    "StageName": ["v1", "prod_2"],
    "BedrockModels": [
        "",
        "arn:aws:bedrock:eu-west-1::foundation-model/a,arn:aws:bedrock:eu-west-1::foundation-model/b",
    ],
    "IamTenant": ["a", "a" * 24],
    "CorsOrigins": ["", "https://app.example.com,https://admin.example.com"],
    "ConfigFile": ["", "production.yaml"],
    "AlarmTopicArn": ["", "arn:aws:sns:eu-west-1:123456789012:alarms"],
    "TraceEndpoint": ["", "xray", "https://collector.example.com:4318"],
    "TraceLayer": ["", "arn:aws:lambda:eu-west-1:123456789012:layer:opentelemetry:1"],
}
"""Values of the parameters whose ends the template does not say."""

LARGE = "100000"
"""In place of the maximum of a number that has none."""

STREAMED = {
    ("post", "/agents/{agentId}/sessions/{sessionId}/messages"),
    ("get", "/agents/{agentId}/sessions/{sessionId}/messages"),
    ("get", "/agents/{agentId}/sessions/{sessionId}/turns/{turnId}"),
    ("post", "/v1/chat/completions"),
    ("post", "/v1/messages"),
    ("post", "/v1/completions"),
    ("post", "/v1/embeddings"),
    ("post", "/v1/responses"),
    ("get", "/v1/responses/{responseId}"),
}


def ends(name: str, given: dict[str, Any]) -> list[str]:
    if "AllowedValues" in given:
        return [str(value) for value in (given["AllowedValues"][0], given["AllowedValues"][-1])]
    if given["Type"] == "Number":
        return [str(given["MinValue"]), str(given.get("MaxValue", LARGE))]
    return EXAMPLES[name]


ENDS = [(name, value) for name, given in template()["Parameters"].items() for value in ends(name, given)]


@pytest.fixture(autouse=True)
def region(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_DEFAULT_REGION", "eu-west-1")


def test_a_translation_without_copies_is_the_same() -> None:
    def resources(*, copies: bool) -> Any:
        """Without the hash of the API's text, which names the deployment."""
        source = template()
        for resource in source["Resources"].values():
            code = {"CodeUri", "ContentUri"} & resource["Properties"].keys()
            resource["Properties"].update(dict.fromkeys(code, "s3://bucket/key"))
        made = transformed(source, {}, copies=copies)["Resources"]
        return json.loads(re.sub(r"(?<=ApiDeployment)[0-9a-f]{10}|\b[0-9a-f]{40}\b", "", json.dumps(made)))

    assert resources(copies=False) == resources(copies=True)


def stage(resources: Resources) -> dict[str, Any]:
    (found,) = of_type(resources, "AWS::ApiGateway::Stage").values()
    properties: dict[str, Any] = found["Properties"]
    return properties


@pytest.mark.parametrize(("name", "value"), ENDS)
def test_one_stage_and_its_streams_at_every_end(name: str, value: str) -> None:
    resources = translate(**{name: value})
    assert stage(resources)["StageName"] == (value if name == "StageName" else "v1")
    (api,) = of_type(resources, "AWS::ApiGateway::RestApi").values()
    assert api["Properties"]["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    integrations = {
        (method, path): given["x-amazon-apigateway-integration"]
        for path, methods in api["Properties"]["Body"]["paths"].items()
        for method, given in methods.items()
    }
    streamed = {route for route, given in integrations.items() if given.get("responseTransferMode") == "STREAM"}
    assert streamed == STREAMED
    for route, given in integrations.items():
        assert given["uri"]["Fn::Sub"].endswith("/response-streaming-invocations") == (route in STREAMED)
    assert "Fn::If" not in json.dumps(resources)
    assert "AWS::NoValue" not in json.dumps(resources)


def test_by_default_nothing_is_on_that_needs_more_than_a_new_account_has() -> None:
    resources = translate()
    assert "AccessLogSetting" not in stage(resources)
    assert stage(resources)["MethodSettings"] == []
    assert stage(resources)["TracingEnabled"] is False
    assert "xray" not in json.dumps(resources).lower()
    assert of_type(resources, "AWS::CodeDeploy::DeploymentGroup") == {}
    functions = of_type(resources, "AWS::Lambda::Function").values()
    assert not [one for one in functions if "ReservedConcurrentExecutions" in one["Properties"]]
    assert not [one for one in functions if "TracingConfig" in one["Properties"]]
    assert not [
        one for one in of_type(resources, "AWS::CloudWatch::Alarm").values() if "AlarmActions" in one["Properties"]
    ]
    assert resources["Table"]["Properties"]["DeletionProtectionEnabled"] == "false"
    assert resources["Table"]["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_every_function_logs_to_the_group_that_goes_with_the_stack() -> None:
    resources = translate(LogRetentionDays="7", LogLevel="DEBUG")
    functions = of_type(resources, "AWS::Lambda::Function").values()
    assert functions
    for function in functions:
        assert function["Properties"]["LoggingConfig"] == {"LogGroup": {"Ref": "Logs"}}
        assert function["Properties"]["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"] == "DEBUG"
    assert of_type(resources, "AWS::Logs::LogGroup") == {
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": "7"}}
    }


def test_the_access_log_is_one_json_object_a_request() -> None:
    resources = translate(AccessLog="true", LogRetentionDays="7")
    log = stage(resources)["AccessLogSetting"]
    assert log["DestinationArn"] == {"Fn::GetAtt": ["AccessLogs", "Arn"]}
    assert {"requestId", "status", "milliseconds"} <= json.loads(log["Format"]).keys()
    assert "\n" not in log["Format"]
    assert resources["AccessLogs"]["Properties"]["RetentionInDays"] == "7"


def test_throttles_of_the_stage() -> None:
    (setting,) = stage(translate(ThrottleRate="50", ThrottleBurst="20"))["MethodSettings"]
    assert setting == {
        "HttpMethod": "*",
        "ResourcePath": "/*",
        "ThrottlingRateLimit": "50",
        "ThrottlingBurstLimit": "20",
    }


def test_reserved_concurrency_is_for_the_functions_that_answer_messages() -> None:
    functions = of_type(translate(ReservedConcurrency="40"), "AWS::Lambda::Function")
    reserved = {
        name: one["Properties"]["ReservedConcurrentExecutions"]
        for name, one in functions.items()
        if "ReservedConcurrentExecutions" in one["Properties"]
    }
    doors = ("ChatCompletions", "TextCompletions", "Embeddings", "AnthropicMessages", "CreateResponse")
    answering = ("SendMessageFunction", "WhatIfFunction", *(f"{door}Function" for door in doors))
    assert reserved == dict.fromkeys(answering, "40")


def test_snapstart_is_off_unless_it_is_asked_for() -> None:
    """Of the functions that publish versions. The others have no snapshot to start from."""
    for given, applied in (({}, "None"), ({"SnapStart": "PublishedVersions"}, "PublishedVersions")):
        resources = translate(**given)
        aliases = of_type(resources, "AWS::Lambda::Alias").values()
        publishing = {one["Properties"]["FunctionName"]["Ref"] for one in aliases}
        found = {
            name: one["Properties"]["SnapStart"]["ApplyOn"]
            for name, one in of_type(resources, "AWS::Lambda::Function").items()
            if "SnapStart" in one["Properties"]
        }
        assert publishing
        assert found == dict.fromkeys(publishing, applied)


def test_tracing_is_allowed_to_every_function() -> None:
    resources = translate(Tracing="Active")
    assert stage(resources)["TracingEnabled"] is True
    functions = of_type(resources, "AWS::Lambda::Function")
    assert {one["Properties"]["TracingConfig"]["Mode"] for one in functions.values()} == {"Active"}
    own = {role["Ref"] for role in resources["TracingPolicy"]["Properties"]["Roles"]}
    for function in functions.values():
        (role, _) = function["Properties"]["Role"]["Fn::GetAtt"]
        managed = json.dumps(resources[role]["Properties"]["ManagedPolicyArns"])
        assert (role in own) != bool(re.search("AWSXRayDaemonWriteAccess|AWSXrayWriteOnlyAccess", managed)), role


def test_alarms_notify_the_topic() -> None:
    topic = EXAMPLES["AlarmTopicArn"][1]
    alarms = of_type(translate(AlarmTopicArn=topic), "AWS::CloudWatch::Alarm")
    assert len(alarms) == 6
    for alarm in alarms.values():
        assert alarm["Properties"]["AlarmActions"] == alarm["Properties"]["OKActions"] == [topic]


def test_what_checks_tokens_is_in_a_layer_of_functions_that_take_tokens() -> None:
    """It is as large as all else that they load."""
    for mode, layers in (("keys", 1), ("iam", 1), ("jwt", 2)):
        resources = translate(AuthMode=mode)
        assert len(of_type(resources, "AWS::Lambda::LayerVersion")) == layers
        functions = of_type(resources, "AWS::Lambda::Function").values()
        assert {len(function["Properties"]["Layers"]) for function in functions} == {layers}


def test_the_layer_is_named_after_its_stack() -> None:
    (layer,) = of_type(translate(), "AWS::Lambda::LayerVersion").values()
    assert layer["Properties"]["LayerName"] == {"Fn::Sub": "${AWS::StackName}-agentos"}

"""New versions: when one is published, how requests get to it, and what takes it back."""

import json
from typing import Any

import pytest

from tests.stack.translated import Resources, of_type, translate
from tests.support.template import template

RUN_TURNS = {
    "SendMessageFunction",
    "ChatCompletionsFunction",
    "CreateResponseFunction",
    "AnthropicMessagesFunction",
    "TextCompletionsFunction",
    "EmbeddingsFunction",
    "RunTurnFunction",
}
CHANGE_FUNCTIONS = {
    "AuthMode": "none",
    "IamTenant": "acme",
    "CorsOrigins": "https://app.example.com",
    "ConfigFile": "x.yaml",
    "BedrockModels": "arn:any",
    "LogLevel": "DEBUG",
    "LogContent": "true",
    "LogSampleRate": "1",
    "Tracing": "Active",
    "TraceEndpoint": "xray",
    "TraceLayer": "arn:aws:lambda:eu-west-1:123456789012:layer:opentelemetry:1",
    "TraceSampleRate": "0",
}
"""Parameters whose values are in the environment or the settings of a function."""

KINDS = list(template()["Parameters"]["Deployment"]["AllowedValues"])


@pytest.fixture(autouse=True)
def region(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_DEFAULT_REGION", "eu-west-1")


def versions(resources: Resources) -> dict[str, Any]:
    """Their names and properties: CloudFormation publishes a new version where either of them changes."""
    return {name: one["Properties"] for name, one in of_type(resources, "AWS::Lambda::Version").items()}


@pytest.mark.parametrize("kind", KINDS)
def test_requests_come_in_by_the_alias(kind: str) -> None:
    resources = translate(Deployment=kind)
    aliases = {f"{name}Aliaslive" for name in RUN_TURNS}
    assert set(of_type(resources, "AWS::Lambda::Alias")) == aliases
    body = json.dumps(resources["Api"]["Properties"]["Body"])
    mapped = json.dumps(of_type(resources, "AWS::Lambda::EventSourceMapping"))
    permitted = [
        one["Properties"]["FunctionName"]["Ref"] for one in of_type(resources, "AWS::Lambda::Permission").values()
    ]
    for name in RUN_TURNS - {"RunTurnFunction"}:
        assert f"functions/${{{name}Aliaslive}}/" in body
        assert f"functions/${{{name}.Arn}}/" not in body
        assert f"{name}Aliaslive" in permitted
        assert name not in permitted
    assert '{"Ref": "RunTurnFunctionAliaslive"}' in mapped
    assert '{"Ref": "RunTurnFunction"}' not in mapped


def test_all_at_once_needs_no_codedeploy() -> None:
    resources = translate(Deployment="AllAtOnce")
    assert "CodeDeploy" not in json.dumps(resources)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_alarms_roll_a_gradual_deployment_back(kind: str) -> None:
    resources = translate(Deployment=kind)
    groups = of_type(resources, "AWS::CodeDeploy::DeploymentGroup")
    assert set(groups) == {f"{name}DeploymentGroup" for name in RUN_TURNS}
    for name in RUN_TURNS:
        group = groups[f"{name}DeploymentGroup"]["Properties"]
        assert kind in json.dumps(group["DeploymentConfigName"])
        assert group["AlarmConfiguration"] == {
            "Enabled": True,
            "Alarms": [{"Name": {"Ref": "ErrorRateAlarm"}}, {"Name": {"Ref": "FallbackRateAlarm"}}],
        }
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        assert "CodeDeployLambdaAliasUpdate" in resources[f"{name}Aliaslive"]["UpdatePolicy"]
    for alarm in ("ErrorRateAlarm", "FallbackRateAlarm"):  # within the five minutes of a canary
        given = resources[alarm]["Properties"]
        assert given["Period"] * given["DatapointsToAlarm"] < 300


def test_a_new_layer_is_a_new_version() -> None:
    """Nearly all of the code is in the layer."""
    before, after = versions(translate(layer="s3://bucket/1")), versions(translate(layer="s3://bucket/2"))
    assert len(before) == len(after) == len(RUN_TURNS)
    assert before.keys().isdisjoint(after)
    assert versions(translate(layer="s3://bucket/1")) == before


@pytest.mark.parametrize(("name", "value"), CHANGE_FUNCTIONS.items())
def test_a_parameter_that_changes_a_function_changes_its_version(name: str, value: str) -> None:
    before, after = versions(translate()), versions(translate(**{name: value}))
    assert len(before) == len(RUN_TURNS)
    assert not [one for one in before if before[one] == after.get(one)]


def test_no_other_parameter_is_in_a_functions_settings() -> None:
    """Changing one would leave the alias at a version with the old value."""
    published = {"Environment", "Layers", "Tracing", "MemorySize", "Timeout", "Runtime", "Handler", "LoggingConfig"}
    source = template()
    functions = [source["Globals"]["Function"], *(source["Resources"][name]["Properties"] for name in RUN_TURNS)]
    settings = json.dumps([{key: value for key, value in one.items() if key in published} for one in functions])
    named = {name for name in source["Parameters"] if f'"{name}"' in settings or f"${{{name}}}" in settings}
    conditions = {
        "CallsBedrock": "BedrockModels",
        "HasConfigFile": "ConfigFile",
        "TracesToXRay": "TraceEndpoint",
        "HasTraceLayer": "TraceLayer",
        "ChecksTokens": "AuthMode",
    }
    named |= {parameter for condition, parameter in conditions.items() if f'"{condition}"' in settings}
    assert named == CHANGE_FUNCTIONS.keys()

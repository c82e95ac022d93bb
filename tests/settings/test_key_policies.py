"""Only functions that call providers may read their keys. Functions that show a provider's status read names."""

from typing import Any

import pytest

from tests.support.template import template

ANSWER = {
    f"{name}Function"
    for name in (
        "SendMessage", "WhatIf", "RunTurn", "ChatCompletions", "CreateResponse", "AnthropicMessages", "TextCompletions",
    )
}  # fmt: skip
WITHOUT_BEDROCK = {"EmbeddingsFunction", "CountMessageTokensFunction", "CountResponseTokensFunction"}
"""They call providers over wire formats that Bedrock does not have."""

CALL_PROVIDERS = ANSWER | WITHOUT_BEDROCK
SHOW_STATUS = {"HealthFunction", "ProvidersFunction", "ExplainRouteFunction", "ListModelsFunction", "GetModelFunction"}
ASK_FOR_ENDPOINTS = {"PutTenantProviderFunction"}
"""It must know whether the server has an endpoint."""

TEMPLATE: dict[str, Any] = template()
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]


def functions_with(policy: str) -> set[str]:
    roles = [role["Ref"].removesuffix("Role") for role in RESOURCES[policy]["Properties"]["Roles"]]
    return {role if role.endswith("Function") else f"{role}Function" for role in roles}


def test_functions_that_call_providers_may_read_keys() -> None:
    assert functions_with("ProviderKeysPolicy") == CALL_PROVIDERS
    assert functions_with("BedrockPolicy") == ANSWER
    reading = {
        name
        for name, resource in RESOURCES.items()
        if resource["Properties"].get("Environment", {}).get("Variables", {}).get("PROVIDER_KEYS") == "values"
    }
    assert reading == CALL_PROVIDERS
    assert TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]["PROVIDER_KEYS"] == "names"


def test_functions_that_show_a_status_may_read_names_and_not_decrypt() -> None:
    assert functions_with("ProviderNamesPolicy") == SHOW_STATUS | ASK_FOR_ENDPOINTS
    statements = RESOURCES["ProviderNamesPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert [statement["Effect"] for statement in statements] == ["Allow", "Deny"]
    assert statements[1]["Action"] == ["kms:Decrypt"]


def test_no_other_statement_names_the_parameter_store() -> None:
    allowed = {
        name
        for name, resource in RESOURCES.items()
        if name not in ("ProviderKeysPolicy", "ProviderNamesPolicy") and "ssm:" in str(resource)
    }
    assert allowed == {"PutTenantProviderFunction", "DeleteTenantProviderFunction"}


@pytest.mark.parametrize(
    ("function", "action"),
    [("PutTenantProviderFunction", "ssm:PutParameter"), ("DeleteTenantProviderFunction", "ssm:DeleteParameter")],
)
def test_who_takes_tenants_keys_writes_below_their_path_alone(function: str, action: str) -> None:
    (policy,) = RESOURCES[function]["Properties"]["Policies"]
    (statement,) = [one for one in policy["Statement"] if "ssm:" in str(one)]
    assert statement["Action"] == [action]
    assert statement["Resource"]["Fn::Sub"].endswith(":parameter/${AWS::StackName}/tenants/*/providers/*")

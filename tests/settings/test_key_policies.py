"""Only functions that call providers may read their keys; those that show a provider's status read names."""

from typing import Any

from samcli.yamlhelper import yaml_parse

from tests.support.gateway import ROOT

CALL_PROVIDERS = {"SendMessageFunction", "RunTurnFunction", "ChatCompletionsFunction"}
SHOW_STATUS = {"HealthFunction", "ProvidersFunction", "ExplainRouteFunction", "ListModelsFunction", "GetModelFunction"}

TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]


def functions_with(policy: str) -> set[str]:
    roles = [role["Ref"].removesuffix("Role") for role in RESOURCES[policy]["Properties"]["Roles"]]
    return {role if role.endswith("Function") else f"{role}Function" for role in roles}


def test_keys_are_read_by_those_who_call_providers() -> None:
    assert functions_with("ProviderKeysPolicy") == CALL_PROVIDERS == functions_with("BedrockPolicy")
    reading = {
        name
        for name, resource in RESOURCES.items()
        if resource["Properties"].get("Environment", {}).get("Variables", {}).get("PROVIDER_KEYS") == "values"
    }
    assert reading == CALL_PROVIDERS
    assert TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]["PROVIDER_KEYS"] == "names"


def test_names_are_read_without_the_right_to_decrypt() -> None:
    assert functions_with("ProviderNamesPolicy") == SHOW_STATUS
    statements = RESOURCES["ProviderNamesPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert [statement["Effect"] for statement in statements] == ["Allow", "Deny"]
    assert statements[1]["Action"] == ["kms:Decrypt"]


def test_no_other_statement_speaks_of_the_parameter_store() -> None:
    allowed = {
        name
        for name, resource in RESOURCES.items()
        if name not in ("ProviderKeysPolicy", "ProviderNamesPolicy") and "ssm:" in str(resource)
    }
    assert allowed == set()

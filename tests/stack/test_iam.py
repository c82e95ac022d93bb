"""`AuthMode=iam`: API Gateway checks the signature of every request, except on the routes that are open."""

from typing import Any

import pytest

from tests.stack.translated import of_type, translate
from tests.support.template import template

OPEN = {"/health", "/openapi.json", "/console", "/console/{file+}"}


@pytest.fixture(autouse=True)
def region(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_DEFAULT_REGION", "eu-west-1")


def security(**parameters: str) -> dict[tuple[str, str], list[Any]]:
    """What each route asks for, by method and path. SAM leaves out what it does not understand, without an error."""
    (api,) = of_type(translate(**parameters), "AWS::ApiGateway::RestApi").values()
    paths = api["Properties"]["Body"]["paths"]
    return {
        (method, path): operation.get("security", [])
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def test_every_route_that_is_not_open_is_checked() -> None:
    found = security(AuthMode="iam", ApiAuthorizer="AWS_IAM")
    assert len(found) > 30
    for (method, path), asked in found.items():
        expected = [{"NONE": []}] if path in OPEN or method == "options" else [{"AWS_IAM": []}]
        assert asked == expected, (method, path)


def test_by_default_the_gateway_checks_nothing() -> None:
    assert not [route for route, asked in security().items() if {"AWS_IAM": []} in asked]


def test_a_stack_has_both_parameters_or_none() -> None:
    rules = template()["Rules"]
    iam, signed = {"Fn::Equals": [{"Ref": "AuthMode"}, "iam"]}, {"Fn::Equals": [{"Ref": "ApiAuthorizer"}, "AWS_IAM"]}
    found = [(rule["RuleCondition"], rule["Assertions"][0]["Assert"]) for rule in rules.values()]
    assert found == [(iam, signed), (signed, iam)]

"""template.yaml as CloudFormation gets it: translated by SAM's translator, with conditions and references resolved."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from tests.support.template import template

Resources = dict[str, dict[str, Any]]
REMOVED = {"Ref": "AWS::NoValue"}
CODE, LAYER = "s3://bucket/functions", "s3://bucket/layer"


class NoPolicies:
    """In place of IAM's list of managed policies: the template names its own by ARN."""

    def load(self) -> dict[str, str]:
        return {}


def translate(layer: str = LAYER, **parameters: str) -> Resources:
    """The resources that exist with these parameters. `layer`: where `sam package` has put the layer."""
    defaults = {name: given["Default"] for name, given in template()["Parameters"].items()}
    made = _transformed(layer, tuple(sorted(parameters.items() - defaults.items())))
    values = defaults | parameters
    resolver = Resolver(values, made.get("Conditions", {}))
    return {
        name: resolver.resolve(resource)
        for name, resource in made["Resources"].items()
        if resolver.holds(resource.get("Condition"))
    }


@cache
def _transformed(layer: str, parameters: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    source = template()
    for resource in source["Resources"].values():
        properties = resource["Properties"]
        if "CodeUri" in properties:
            properties["CodeUri"] = CODE
        if "ContentUri" in properties:
            properties["ContentUri"] = layer
    return transformed(source, dict(parameters))


def transformed(source: dict[str, Any], parameters: Mapping[str, str], *, copies: bool = False) -> dict[str, Any]:
    """The template that CloudFormation receives. `source` is changed.

    For each event of a function, SAM copies the whole API twice and drops what it has copied. That takes three seconds;
    without the `copies`, nothing but the order of keys is different.
    """
    from samtranslator.swagger import swagger  # type: ignore[import-untyped]
    from samtranslator.translator.transform import transform  # type: ignore[import-untyped]

    with pytest.MonkeyPatch.context() as patched:
        if not copies:
            patched.setattr(swagger, "_deepcopy", lambda document: document)
        made: dict[str, Any] = transform(source, dict(parameters), NoPolicies())
    return made


def of_type(resources: Resources, kind: str) -> Resources:
    """The resources of one type, by their names."""
    return {name: resource for name, resource in resources.items() if resource["Type"] == kind}


class Resolver:
    """Resolves conditions, and references to parameters."""

    def __init__(self, values: dict[str, Any], conditions: dict[str, Any]) -> None:
        self._values = values
        self._conditions = conditions

    def holds(self, name: str | None) -> bool:
        return name is None or bool(self.resolve(self._conditions[name]))

    def resolve(self, value: Any) -> Any:
        """The value without what a condition removes."""
        if isinstance(value, list):
            return [kept for one in value if (kept := self.resolve(one)) != REMOVED]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function == "Ref" and argument in self._values:
                return self._values[argument]
            if resolve := getattr(self, f"_{function.removeprefix('Fn::').lower()}", None):
                return resolve(argument)
        return {name: kept for name, one in value.items() if (kept := self.resolve(one)) != REMOVED}

    def _if(self, argument: Any) -> Any:
        condition, then, otherwise = argument
        return self.resolve(then if self.holds(condition) else otherwise)

    def _equals(self, argument: Any) -> bool:
        left, right = (str(self.resolve(one)) for one in argument)
        return left == right

    def _not(self, argument: Any) -> bool:
        return not self.resolve(argument[0])

    def _sub(self, argument: Any) -> Any:
        text, own = argument if isinstance(argument, list) else (argument, {})
        for name, value in (self._values | self.resolve(own)).items():
            text = text.replace(f"${{{name}}}", str(value))
        return {"Fn::Sub": text} if "${" in text else text

    def _join(self, argument: Any) -> Any:
        separator, parts = argument[0], self.resolve(argument[1])
        if isinstance(parts, str):  # a parameter that is a list
            return parts.replace(",", separator)
        return separator.join(parts) if all(isinstance(one, str) for one in parts) else {"Fn::Join": argument}

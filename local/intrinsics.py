"""CloudFormation's functions, as far as a gateway response needs them."""

from collections.abc import Mapping
from typing import Any


class Intrinsics:
    """Resolves `Ref`, and `Fn::If` with conditions of `Fn::Equals` and `Fn::Not`. Any other function is empty."""

    def __init__(self, references: Mapping[str, str], conditions: Mapping[str, Any]) -> None:
        self._references = references
        self._conditions = conditions

    def resolve(self, value: Any) -> Any:
        """The value without functions."""
        if not isinstance(value, dict):
            return value
        ((function, argument),) = value.items()
        match function:
            case "Ref":
                return self._references.get(argument, "")
            case "Fn::If":
                name, then, otherwise = argument
                return self.resolve(then if self.resolve(self._conditions[name]) else otherwise)
            case "Fn::Equals":
                first, second = map(self.resolve, argument)
                return first == second
            case "Fn::Not":
                return not self.resolve(argument[0])
        return ""

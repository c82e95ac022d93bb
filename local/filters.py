"""Filter patterns of event sources: for which records a function is invoked.

Of Lambda's rules (https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html) these are supported: a
text, number, boolean or null that the value must equal, `{"exists": true}` or false, and `{"prefix": …}`. Any other
rule is an error, because to ignore it would let records pass that Lambda would drop.
"""

from collections.abc import Callable
from typing import Any

ABSENT: Any = object()

Matcher = Callable[[dict[str, Any]], bool]


class UnknownRule(Exception):
    """A pattern contains a rule that is not supported here."""


def matcher(pattern: dict[str, Any]) -> Matcher:
    """Returns the function that says whether a record matches. Raises UnknownRule."""
    branches = [(name, _branch(inner)) for name, inner in pattern.items()]
    return lambda record: all(matches(_child(record, name)) for name, matches in branches)


def _branch(inner: Any) -> Callable[[Any], bool]:
    """An object goes down one level; a list holds rules of which one must match."""
    if isinstance(inner, dict):
        return matcher(inner)
    if not isinstance(inner, list):
        raise UnknownRule(f"{inner!r} is neither an object nor a list of rules")
    rules = [_rule(rule) for rule in inner]
    return lambda value: any(matches(value) for matches in rules)


def _rule(rule: Any) -> Callable[[Any], bool]:
    match rule:
        case {"exists": bool(wanted)} if len(rule) == 1:
            return lambda value: (value is not ABSENT) is wanted
        case {"prefix": str(prefix)} if len(rule) == 1:
            return lambda value: isinstance(value, str) and value.startswith(prefix)
        case dict() | list():
            raise UnknownRule(f"the local host does not support the rule {rule!r}")
        case _:
            return lambda value: value is not ABSENT and type(value) is type(rule) and value == rule


def _child(value: Any, name: str) -> Any:
    return value.get(name, ABSENT) if isinstance(value, dict) else ABSENT

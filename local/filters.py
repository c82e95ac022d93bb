"""Filter patterns of event sources: which records a function is invoked for.

Of Lambda's rules (its guide, "Filter rule syntax") these are known: a text, number, boolean or null that the value must
be, `{"exists": true}` or false, and `{"prefix": …}`. Any other is an error, rather than a filter that lets pass what
Lambda would not.
"""

from collections.abc import Callable
from typing import Any

ABSENT: Any = object()

Filter = Callable[[dict[str, Any]], bool]


class UnknownRule(Exception):
    """A pattern with a rule that is not known here."""


def filter_of(pattern: dict[str, Any]) -> Filter:
    """Whether a record matches. Raises UnknownRule now, not when a record comes."""
    branches = [(name, _branch(inner)) for name, inner in pattern.items()]
    return lambda record: all(matches(_child(record, name)) for name, matches in branches)


def _branch(inner: Any) -> Callable[[Any], bool]:
    """An object goes on a level down; a list holds rules of which one is enough."""
    if isinstance(inner, dict):
        return filter_of(inner)
    if not isinstance(inner, list):
        raise UnknownRule(f"{inner!r} is neither an object nor a list of rules")
    rules = [_rule(rule) for rule in inner]
    return lambda value: any(holds(value) for holds in rules)


def _rule(rule: Any) -> Callable[[Any], bool]:
    match rule:
        case {"exists": bool(wanted)} if len(rule) == 1:
            return lambda value: (value is not ABSENT) is wanted
        case {"prefix": str(prefix)} if len(rule) == 1:
            return lambda value: isinstance(value, str) and value.startswith(prefix)
        case dict() | list():
            raise UnknownRule(f"the rule {rule!r} is not known to the local host")
        case _:
            return lambda value: value is not ABSENT and type(value) is type(rule) and value == rule


def _child(value: Any, name: str) -> Any:
    return value.get(name, ABSENT) if isinstance(value, dict) else ABSENT

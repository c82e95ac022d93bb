"""A provider's rules as a table: the requirement, its source, and the answer to a breach."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]

UNBOUNDED = 10**9
"""Tokens: the bound of a model that our configuration says nothing of, so that nobody could keep to it."""


@dataclass(frozen=True)
class Traits:
    """What a fake knows of one of its models.

    `refuses`: parameters, by their names on the wire, of which any value is a 400. `exclusive`: temperature and top_p
    cannot both be given. `thinks`: it thinks before it answers. `can`: tools, images, schema. `longest`: the most
    tokens of an answer that may be asked for. `description`: the longest of a tool. `efforts`: of
    reasoning, None is any. `thinking`: Claude's types of thinking. `caches`: it
    takes cache points.
    """

    refuses: frozenset[str] = frozenset()
    exclusive: bool = False
    thinks: bool = False
    can: frozenset[str] = frozenset({"tools", "images", "schema"})
    longest: int = 64_000
    description: int | None = None
    efforts: frozenset[str] | None = None
    thinking: frozenset[str] = frozenset()
    caches: bool = False


@dataclass(frozen=True)
class Asked:
    """One request as the rules see it. `signed`: what the provider itself has signed, see `Memory`.
    `media`: kinds of files and audio that the model takes (`File.kind`)."""

    body: Body
    model: Traits = Traits()
    streamed: bool = False
    signed: Mapping[str, str] = field(default_factory=dict)
    media: frozenset[str] = frozenset()


Faults = Callable[[Asked], Iterable[str]]
"""The provider's words for each breach of a rule, none where it holds."""


@dataclass(frozen=True)
class Rule:
    """`source`: the page or the report that says so. `code`: the error's code or type, where the provider has one."""

    what: str
    source: str
    faults: Faults
    status: int = 400
    code: str | None = None


class Refused(Exception):
    """The provider's documentation, or a report, says that it refuses this; `words` are the provider's."""

    def __init__(self, words: str, rule: Rule | None = None, status: int = 400, code: str | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.rule = rule
        self.status = rule.status if rule else status
        self.code = rule.code if rule else code


def require(holds: object, words: str) -> None:
    """Raises Refused."""
    if not holds:
        raise Refused(words)


def check(rules: Iterable[Rule], asked: Asked) -> None:
    """Raises Refused for the first breach."""
    for rule in rules:
        for words in rule.faults(asked):
            raise Refused(words, rule)


def blank(text: object) -> bool:
    return not (isinstance(text, str) and text.strip())


def number_between(low: float, high: float, value: object, *, open_low: bool = False) -> bool:
    """Whether `value` is absent or a number in the range."""
    if value is None:
        return True
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return (low < value if open_low else low <= value) and value <= high


def keywords(schema: Any, path: str = "") -> Iterator[tuple[str, str, Body]]:
    """Every keyword in a JSON Schema: the path of the schema that has it, the keyword, that schema."""
    if not isinstance(schema, dict):
        return
    for keyword, value in schema.items():
        yield path, keyword, schema
        if keyword in ("properties", "$defs", "definitions", "patternProperties") and isinstance(value, dict):
            for name, inner in value.items():
                yield from keywords(inner, f"{path}.{name}")
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from keywords(inner, f"{path}.{keyword}[{index}]")
        elif keyword not in ("enum", "const", "default", "examples"):
            yield from keywords(value, f"{path}.{keyword}")


def image_kind(data: bytes) -> str | None:
    """The media type that the bytes themselves tell."""
    kinds = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in kinds.items() if data.startswith(magic)), None)


def fits(pattern: str) -> Callable[[object], bool]:
    """Whether a value is text that matches the whole pattern."""
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def call_key(name: str, arguments: Any) -> str:
    """How a fake recognizes its own call: ids may be changed on the way, names and arguments may not."""
    return f"{name} {json.dumps(arguments, sort_keys=True)}"


def signature_of(provider: str, name: str, arguments: Any) -> str:
    """What a fake signs a call with: the same for the same call."""
    return f"{provider} thought about {call_key(name, arguments)}"

"""A model without a script. It calls the tool it is offered, fills in the schema it is given, or answers in words."""

import json
import re
from itertools import count
from typing import Any

from tests.conversations.fakes.model import Answer, Call, Offered, Received, Result, ScriptedModel

WORDS = "Hello from upstream. All is well."
MOST = 200
"""Characters of a string that fills in a schema."""
LIMIT = 3
"""How deep a schema that refers to itself is filled in."""


class WillingModel(ScriptedModel):
    """Its answers depend on nothing but the request."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = count(1)

    def answer(self, received: Received) -> Answer:
        self.received.append(received)
        last = received.said[-1].items if received.said else ()
        text = " ".join(item for item in last if isinstance(item, str))
        if received.tools and not any(isinstance(item, Result) for item in last):
            return self._call(received.tools, text).under(received)
        if received.schema is not None:
            return Answer(json.dumps(example(received.schema, text))).under(received)
        return Answer(WORDS).under(received)

    def _call(self, tools: tuple[Offered, ...], text: str) -> Answer:
        """A call of the tool that the text names, or of the first."""
        tool = next((one for one in tools if one.name in text), tools[0])
        arguments = example(tool.schema, text)
        return Answer(calls=(Call(f"call_{next(self._numbers)}", tool.name, arguments),))


def example(schema: dict[str, Any], text: str) -> Any:
    """A value of the schema. Its numbers are the first in the text, and its strings the text itself."""
    return _Filling(schema.get("$defs", {}), text).value(schema)


class _Filling:
    def __init__(self, definitions: dict[str, Any], text: str) -> None:
        self._definitions = definitions
        self._text = text[:MOST] or "words"
        found = re.search(r"\d+", text)
        self._number = int(found[0]) if found else 1

    def value(self, schema: dict[str, Any], depth: int = 0) -> Any:
        if "$ref" in schema:
            return self.value(self._definitions[schema["$ref"].rpartition("/")[2]], depth + 1)
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        for choice in ("anyOf", "oneOf", "allOf"):
            if schema.get(choice):
                return self.value(schema[choice][0], depth)
        kind = schema.get("type", "object" if "properties" in schema else "string")
        return self._of_kind(kind[0] if isinstance(kind, list) else kind, schema, depth)

    def _of_kind(self, kind: str, schema: dict[str, Any], depth: int) -> Any:
        match kind:
            case "object":
                properties: dict[str, Any] = schema.get("properties", {})
                names = properties if depth < LIMIT else schema.get("required", ())
                return {name: self.value(properties[name], depth + 1) for name in names}
            case "array":
                return [self.value(schema.get("items", {}), depth + 1)] if depth < LIMIT else []
            case "integer" | "number":
                return self._number
            case "boolean":
                return True
            case "null":
                return None
            case _:
                return self._text

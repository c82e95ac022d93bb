"""What both of OpenAI's APIs take: names, images, and the schemas of strict mode.

https://developers.openai.com/api/docs/guides/structured-outputs#supported-schemas
"""

from collections.abc import Iterator
from typing import Any

from tests.conversations.fakes.rules import keywords

NAME = "[a-zA-Z0-9_-]{1,64}"
MEDIA = {"image/png", "image/jpeg", "image/gif", "image/webp"}


def strict(schema: Any) -> Iterator[str]:
    """What strict mode refuses in a schema."""
    unknown = {
        "allOf",
        "not",
        "dependentRequired",
        "dependentSchemas",
        "if",
        "then",
        "else",
        "patternProperties",
        "default",
    }
    if schema.get("type") != "object" or "anyOf" in schema:
        yield "Invalid schema for response_format: schema must be a JSON Schema of 'type: \"object\"'."
    for path, keyword, one in keywords(schema):
        if keyword in unknown:
            yield f"Invalid schema for response_format: In context=({path}), '{keyword}' is not permitted."
        if keyword == "type" and one["type"] == "object":
            if one.get("additionalProperties") is not False:
                yield f"In context=({path}), 'additionalProperties' is required to be supplied and to be false."
            if set(one.get("required", ())) != set(one.get("properties", {})):
                yield f"In context=({path}), 'required' is required to include every key in properties."

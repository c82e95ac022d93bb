"""Parts of a request that cannot be changed to what a target takes without changing what they mean."""

from collections.abc import Collection
from typing import Any

from agentos.domain import RequestLimits
from agentos.providers.schemas import refers_to_itself

ADDRESSES = frozenset({"http", "https"})


def obstacles(
    limits: RequestLimits,
    image_kinds: Collection[str],
    response_format: dict[str, Any] | None,
    file_kinds: Collection[str] = (),
    audio_formats: Collection[str] = (),
) -> tuple[str, ...]:
    """A phrase for each, for the plan's reason; none where everything can be sent."""
    found: list[str] = []
    for what, kinds, taken in (
        ("images", image_kinds, limits.images),
        ("files", file_kinds, limits.files),
        ("audio", audio_formats, limits.audio),
    ):
        refused = set(kinds) - (set(kinds) if taken is None else taken)
        found += [f"{what} by address ({scheme})" for scheme in sorted(refused & ADDRESSES)]
        found += [f"{what} of type {kind}" for kind in sorted(refused - ADDRESSES)]
    schema = ((response_format or {}).get("json_schema") or {}).get("schema")
    if not limits.recursive_schemas and isinstance(schema, dict) and refers_to_itself(schema):
        found.append("structuredOutput with a schema that refers to itself")
    return tuple(found)

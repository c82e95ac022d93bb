"""Anthropic's marks of a prompt (`cache_control`) in our terms: whole messages, and the end of the tools.

A mark within a message splits the message, so that what is marked is the end of one.
https://platform.claude.com/docs/en/build-with-claude/prompt-caching
"""

from collections.abc import Iterator, Sequence
from typing import Any

from agentos.domain import CacheTime

Json = dict[str, Any]


def mark_of(block: Any) -> CacheTime | None:
    """The time of a block's mark, or of a tool's; None where it has none that is known."""
    control = block.get("cache_control") if isinstance(block, dict) else None
    if not isinstance(control, dict) or control.get("type") != "ephemeral":
        return None
    return "1h" if control.get("ttl") == "1h" else "5m"


def last_mark(blocks: Sequence[Any]) -> CacheTime | None:
    """The last mark among blocks or tools."""
    return next((mark for block in reversed(blocks) if (mark := mark_of(block))), None)


def split(blocks: Sequence[Json]) -> Iterator[tuple[list[tuple[int, Json]], CacheTime | None]]:
    """The blocks with their places, in runs that end with a mark, or with the last block."""
    run: list[tuple[int, Json]] = []
    for index, block in enumerate(blocks):
        run.append((index, block))
        if mark := mark_of(block):
            yield run, mark
            run = []
    if run:
        yield run, None

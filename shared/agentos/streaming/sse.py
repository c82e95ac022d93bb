"""Server-sent events on the way out.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from typing import Any

from agentos import json_text


def data(value: Any) -> str:
    """An event without a name. JSON of ours has no line breaks, so one line holds it."""
    return f"data: {json_text.dump(value)}\n\n"


def event(number: int, kind: str, value: Any) -> str:
    """A numbered event of a kind."""
    return f"id: {number}\nevent: {kind}\n{data(value)}"

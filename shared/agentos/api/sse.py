"""Server-sent events as text.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from typing import Any

from agentos.kernel import json_text


def data(value: Any) -> str:
    """An event without a name. Our JSON has no line breaks, so it fits on one line."""
    return f"data: {json_text.dump(value)}\n\n"


def named(kind: str, value: Any) -> str:
    """An event with a name."""
    return f"event: {kind}\n{data(value)}"


def event(number: int, kind: str, value: Any) -> str:
    """An event with a number and a name."""
    return f"id: {number}\nevent: {kind}\n{data(value)}"

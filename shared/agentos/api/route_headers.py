"""A reply's route in response headers."""

import string
from urllib.parse import quote

from agentos.domain import Reply

_VISIBLE = string.punctuation.replace("%", "")


def headers_of(reply: Reply) -> dict[str, str]:
    """The headers of a reply that is complete."""
    return route_headers(reply.model, len(reply.route.attempts))


def route_headers(model: str, attempts: int) -> dict[str, str]:
    """The model that answers, percent-encoded where a header needs it, and the number of upstream calls."""
    return {"x-agentos-model": quote(model, safe=_VISIBLE), "x-agentos-attempts": str(attempts)}

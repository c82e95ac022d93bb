"""Cross-origin requests: which pages may call the API from a browser.

https://fetch.spec.whatwg.org/#http-cors-protocol
"""

import re
from typing import NamedTuple

EXPOSED = (
    "x-request-id", "x-agentos-model", "x-agentos-attempts", "retry-after", "etag", "location", "preference-applied",
    "www-authenticate", "request-id",
)  # fmt: skip
"""The headers of a response that a page may read."""

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")

_HEADER_NAMES = re.compile(r"[A-Za-z0-9-]+(\s*,\s*[A-Za-z0-9-]+)*")

MAX_AGE_SECONDS = 7200
"""How long a browser remembers a preflight. Chrome takes no longer time.

https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Access-Control-Max-Age
"""


class Origins(NamedTuple):
    """The origins that may call: patterns in which `*` is any text, such as `https://*.example.com`. None is none."""

    patterns: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> "Origins":
        """From a list that is parted by commas."""
        return cls(tuple(filter(None, (one.strip().rstrip("/") for one in text.split(",")))))

    def response_headers(self, origin: str | None) -> dict[str, str]:
        """What a response says. `Vary` keeps a cache from handing one origin's response to another."""
        if not self.patterns:
            return {}
        if origin is None or not self._allow(origin):
            return {"vary": "Origin"}
        return {
            "vary": "Origin",
            "access-control-allow-origin": origin,
            "access-control-expose-headers": ", ".join(EXPOSED),
        }

    def preflight_headers(self, origin: str | None, wanted: str | None) -> dict[str, str]:
        """What the response to a preflight says besides. `wanted` are the headers that the page wants to send.

        All methods and headers are allowed to a page that may call at all: who may do what is decided by the key.
        """
        if origin is None or not self._allow(origin):
            return {}
        named = wanted is not None and _HEADER_NAMES.fullmatch(wanted) is not None
        return {
            "access-control-allow-methods": ", ".join(METHODS),
            "access-control-allow-headers": wanted if wanted is not None and named else "content-type",
            "access-control-max-age": str(MAX_AGE_SECONDS),
        }

    def _allow(self, origin: str) -> bool:
        return any(one == "*" or re.fullmatch(_expression(one), origin) for one in self.patterns)


def _expression(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*", "[^/]*")

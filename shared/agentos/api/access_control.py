"""Who may send a request: the caller must be known and have the scope that a route asks for; a page must be of an
allowed origin (CORS)."""

from collections.abc import Callable, Mapping

from agentos.api.callers import Callers, Credentials
from agentos.api.cors import Origins
from agentos.domain.callers import UNKNOWN, Access, Caller
from agentos.kernel.errors import Forbidden, Throttled, Unauthorized, Unavailable


class AccessControl:
    """`callers` builds what tells who sent a request; routes that are open to everybody never call it."""

    def __init__(self, callers: Callable[[], Callers], origins: Origins) -> None:
        self.callers = callers
        self.origins = origins

    def admitted(self, credentials: Credentials, access: Access) -> Caller:
        """The caller of a route that asks for `access`.

        Raises Unauthorized, Forbidden and what `Callers.identify` raises.
        """
        if access == "open":
            return UNKNOWN
        try:
            caller = self.callers().identify(credentials)
        except (Unauthorized, Throttled, Unavailable):
            if access == "optional":
                return UNKNOWN
            raise
        if not caller.may(access):
            raise Forbidden(f"The key lacks the scope {access}.", {"scope": access})
        return caller

    def response_headers(self, request_headers: Mapping[str, str]) -> dict[str, str]:
        """What every response says of the request's origin."""
        return self.origins.response_headers(request_headers.get("origin"))

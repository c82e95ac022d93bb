"""GET /keys/current"""

from agentos.api.endpoint import Request, endpoint
from agentos.domain.callers import CurrentKey
from agentos.wiring import access_control


@endpoint(access_control, "any", query=())
def handler(request: Request) -> CurrentKey:
    return CurrentKey.of(request.caller)
